import { isObject, type JsonObject } from "../../../src/canonical/json.ts";
import { asksUsage, isUsageOnly } from "../expect-openai.ts";
import { type Diff, diff, differences, obj, parseJson, textDiff } from "../json.ts";
import type { Exchange, WireName } from "../loader.ts";
import { compare, type Reading } from "../reading.ts";
import { sdkStream, sdkWhole } from "../sdk-read.ts";
import { naiveEvents, naiveFrames } from "../sse.ts";
import { otherWire, stubRequest } from "../subject.ts";
import { type Cell, type Kit, thrown } from "./cell.ts";
import { expectation } from "./decode.ts";
import { sentUpstream } from "./relay.ts";
import { judged, lenses } from "./translate.ts";

/** The recording played to a running gateway: passed on to a caller on its own wire, translated to one on the other. */
export const socket: Cell = async (exchange, kit) => {
  if (!kit.gateway) return undefined;
  const own = exchange.request ?? stubRequest(exchange.wire, exchange.stream !== undefined);
  const other = otherWire(exchange.wire);
  if (exchange.status >= 400) {
    // What the gateway would try again takes its time; those statuses are tested elsewhere.
    if (![400, 401, 403, 404].includes(exchange.status)) return undefined;
    const replies = [
      await kit.gateway.call(exchange.wire, exchange, own),
      await kit.gateway.call(other, exchange, asking(other, exchange)),
    ];
    return [...failed(exchange.wire, replies[0]), ...failed(other, replies[1])];
  }
  const expected = expectation(exchange);
  if (!expected) return undefined;
  return [...(await relayed(exchange, own, expected, kit)), ...(await translated(exchange, other, expected, kit))];
};

const asking = (wire: WireName, exchange: Exchange): JsonObject => {
  const stream = exchange.stream !== undefined;
  return { ...stubRequest(wire, stream), ...(wire === "openai-chat" && stream && { stream_options: { include_usage: true } }) };
};

async function relayed(exchange: Exchange, own: JsonObject, expected: Reading, kit: Kit): Promise<Diff[]> {
  const passage = await kit.gateway?.call(exchange.wire, exchange, own);
  if (!passage) return [];
  const out: Diff[] = differences("socket.asked", sentUpstream(exchange, own), passage.asked);
  const early =
    expected.error && !expected.choices.some((one) => one.text + one.reasoning + one.refusal !== "" || one.calls.length > 0);
  if (early || (exchange.stream === undefined && expected.error))
    return passage.status >= 400 ? out : [...out, diff("socket.status", "an error", passage.status)];
  if (expected.ended && !expected.error) kit.gateway?.booked.push({ callId: passage.callId, exchange, expected, relayed: true });
  if (passage.status !== 200) return [...out, diff("socket.status", 200, `${passage.status} ${passage.text}`)];
  if (exchange.stream === undefined) return [...out, ...differences("socket.whole", exchange.whole, parseJson(passage.text))];
  if (!expected.ended || expected.error) return [...out, ...brokenOff(exchange.wire, passage.text)];
  const hide = (frame: string) =>
    exchange.wire === "openai-chat" &&
    !asksUsage(exchange.request) &&
    naiveEvents(frame).some((event) => isUsageOnly(event.data));
  const due = naiveFrames(exchange.stream).filter((frame) => !hide(frame));
  out.push(...textDiff("socket.bytes", due.join(""), passage.text));
  return out;
}

/** A stream that did not end well says so and has no end marker. */
function brokenOff(wire: WireName, text: string): Diff[] {
  const last = naiveEvents(text).at(-1);
  const error = isObject(obj(parseJson(last?.data ?? ""))["error"]);
  return error ? [] : [diff(`socket.broken.${wire}`, "an error event at the end", last?.data)];
}

async function translated(exchange: Exchange, wire: WireName, expected: Reading, kit: Kit): Promise<Diff[]> {
  const passage = await kit.gateway?.call(wire, exchange, asking(wire, exchange));
  if (!passage) return [];
  if (expected.error || !expected.ended) {
    return passage.status >= 400 || exchange.stream !== undefined
      ? []
      : [diff("socket.translated.status", "an error", passage.status)];
  }
  if (passage.status !== 200) return [diff("socket.translated.status", 200, `${passage.status} ${passage.text}`)];
  kit.gateway?.booked.push({ callId: passage.callId, exchange, expected, relayed: false });
  const out: Diff[] = [];
  try {
    const streamed = exchange.stream !== undefined;
    const reading = streamed ? await sdkStream(wire, passage.text) : await sdkWhole(wire, parseJson(passage.text) ?? null);
    out.push(...compare("socket.translated", expected, reading, lenses[wire]));
    if (streamed) out.push(...judged(kit, wire, passage.text, true, true));
  } catch (error) {
    out.push(diff("socket.translated.sdk", "an answer", `${thrown(error).code}: ${thrown(error).message}`));
  }
  return out;
}

/** A provider's failure, told in the caller's own shape. */
function failed(wire: WireName, passage: { status: number; text: string } | undefined): Diff[] {
  if (!passage) return [];
  const body = obj(parseJson(passage.text));
  const shaped = isObject(body["error"]) && typeof body["error"]["message"] === "string";
  const out: Diff[] = [];
  if (!shaped || (wire === "anthropic-messages" && body["type"] !== "error"))
    out.push(diff(`socket.error.${wire}`, "an error body", passage.text));
  if (passage.status < 400) out.push(diff("socket.error.status", "an error", passage.status));
  return out;
}
