import { isArray, type JsonObject } from "../../../src/canonical/json.ts";
import { atProvider, type LiveGateway, ownRequest, type Passage } from "../gateway.ts";
import { type Diff, diff, differences, obj, parseJson, textDiff } from "../json.ts";
import type { Exchange, WireName } from "../loader.ts";
import { compare, type Reading } from "../reading.ts";
import { reasonedWhole } from "../reasons.ts";
import { sdkStream, sdkWhole } from "../sdk-read.ts";
import { hash, naiveEvents } from "../sse.ts";
import { sentBy } from "../subject.ts";
import { wireJudges } from "../wires/index.ts";
import type { Asked } from "../wires/wire-judge.ts";
import { type Cell, type Kit, thrown } from "./cell.ts";
import { expectation } from "./decode.ts";
import { shownFrames } from "./relay.ts";
import { judged } from "./translate.ts";

/** The recording played to a running gateway: passed on to a caller on its own wire, translated to one on another. */
export const socket: Cell = async (exchange, kit) => {
  const { gateway } = kit;
  if (!gateway?.wires.includes(exchange.wire)) return undefined;
  const other = another(gateway, exchange);
  if (exchange.status >= 400) {
    // What the gateway would try again takes its time; those statuses are tested elsewhere.
    if (![400, 401, 403, 404].includes(exchange.status)) return undefined;
    return [
      ...failed(exchange.wire, await gateway.call(ownRequest(exchange), exchange)),
      ...failed(other, await gateway.call(asking(other, exchange), exchange)),
    ];
  }
  const expected = expectation(exchange);
  if (!expected) return undefined;
  return [...(await relayed(gateway, exchange, expected)), ...(await translated(gateway, exchange, other, expected, kit))];
};

/** One of the other wires, each in its turn. */
function another({ wires }: LiveGateway, { wire, id }: Exchange): WireName {
  const others = wires.filter((name) => name !== wire);
  return others[hash(id) % others.length] ?? wire;
}

const asking = (wire: WireName, exchange: Exchange): Asked =>
  wireJudges[wire].ask(atProvider(exchange), exchange.stream !== undefined);

const silent = ({ choices }: Reading): boolean =>
  !choices.some((one) => one.text + one.reasoning + one.refusal !== "" || one.calls.length > 0);

async function relayed(gateway: LiveGateway, exchange: Exchange, expected: Reading): Promise<Diff[]> {
  const passage = await gateway.call(ownRequest(exchange), exchange);
  const out: Diff[] = asked(exchange, passage);
  if ((expected.error && silent(expected)) || (exchange.stream === undefined && expected.error))
    return passage.status >= 400 ? out : [...out, diff("socket.status", "an error", passage.status)];
  if (expected.ended && !expected.error) gateway.booked.push({ callId: passage.callId, exchange, expected, relayed: true });
  if (passage.status !== 200) return [...out, diff("socket.status", 200, `${passage.status} ${passage.text}`)];
  if (exchange.stream === undefined) {
    const due = reasonedWhole(exchange.wire, exchange.whole ?? {});
    return [...out, ...differences("socket.whole", due, parseJson(passage.text))];
  }
  if (!expected.ended || expected.error) return [...out, ...brokenOff(exchange.wire, passage.text)];
  out.push(...textDiff("socket.bytes", shownFrames(exchange, exchange.stream).join(""), passage.text));
  return out;
}

/** The provider got what its caller sent, its model named as the provider names it. */
function asked(exchange: Exchange, passage: Passage): Diff[] {
  const sent: JsonObject = sentBy(exchange);
  const due = exchange.named === undefined ? { ...sent, model: sent["model"] } : sent;
  const out = differences("socket.asked", wireJudges[exchange.wire].upstream(due), passage.asked);
  if (exchange.named === undefined) return out;
  const at = `${exchange.path}${exchange.query === "" ? "" : `?${exchange.query}`}`;
  return passage.askedAt === at ? out : [...out, diff("socket.askedAt", at, passage.askedAt)];
}

/** A stream that did not end well says so and has no end marker. */
function brokenOff(wire: WireName, text: string): Diff[] {
  const last = naiveEvents(text).at(-1);
  const told = wireJudges[wire].isError(obj(parseJson(last?.data ?? "")));
  return told ? [] : [diff(`socket.broken.${wire}`, "an error event at the end", last?.data)];
}

async function translated(
  gateway: LiveGateway,
  exchange: Exchange,
  wire: WireName,
  expected: Reading,
  kit: Kit,
): Promise<Diff[]> {
  const request = asking(wire, exchange);
  // Google's own streams are JSON arrays for whoever does not ask for SSE: every other caller does not.
  const array = wire === "gemini" && exchange.stream !== undefined && hash(exchange.id) % 2 === 1;
  const passage = await gateway.call(array ? { ...request, query: "" } : request, exchange);
  if (expected.error || !expected.ended) {
    return passage.status >= 400 || exchange.stream !== undefined
      ? []
      : [diff("socket.translated.status", "an error", passage.status)];
  }
  // An answer that its provider says went wrong is none for callers whose wire has no word for that.
  if (passage.status >= 400 && expected.choices.some(({ finish }) => finish === "error")) return [];
  if (passage.status !== 200) return [diff("socket.translated.status", 200, `${passage.status} ${passage.text}`)];
  gateway.booked.push({ callId: passage.callId, exchange, expected, relayed: false });
  const out: Diff[] = [];
  try {
    const streamed = exchange.stream !== undefined;
    const text = array ? asEvents(passage.text) : passage.text;
    const reading = streamed ? await sdkStream(wire, text) : await sdkWhole(wire, parseJson(text) ?? null);
    out.push(...compare("socket.translated", expected, reading, wireJudges[wire].lens));
    if (streamed) out.push(...judged(kit, wire, text, true, true));
  } catch (error) {
    out.push(diff("socket.translated.sdk", "an answer", `${thrown(error).code}: ${thrown(error).message}`));
  }
  return out;
}

function asEvents(text: string): string {
  const list = parseJson(text);
  if (!isArray(list)) throw new Error(`no JSON array: ${text.slice(0, 60)}`);
  return list.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("");
}

/** A provider's failure, told in the caller's own shape. */
function failed(wire: WireName, passage: Passage): Diff[] {
  const out: Diff[] = [];
  if (!wireJudges[wire].isError(obj(parseJson(passage.text))))
    out.push(diff(`socket.error.${wire}`, "an error body", passage.text));
  if (passage.status < 400) out.push(diff("socket.error.status", "an error", passage.status));
  return out;
}
