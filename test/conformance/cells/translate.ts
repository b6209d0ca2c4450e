import type { ChatChunk, ChatResult } from "../../../src/canonical/chat.ts";
import { isObject, type JsonObject } from "../../../src/canonical/json.ts";
import type { Part } from "../../../src/canonical/parts.ts";
import { finished, type Terminal } from "../../../src/canonical/terminal.ts";
import type { ReplyEncoder } from "../../../src/wires/wire.ts";
import { fidelity } from "../fidelity.ts";
import { type Diff, diff, obj, parseJson, show, toJson } from "../json.ts";
import type { Exchange, WireName } from "../loader.ts";
import { compare, type Lens, type Reading } from "../reading.ts";
import { sdkMessage, sdkStream, sdkWhole } from "../sdk-read.ts";
import { naiveEvents } from "../sse.ts";
import { chunksOf, decodeAsked, decoderFor, type Subject, wireFor } from "../subject.ts";
import { wireJudges } from "../wires/index.ts";
import { type Kit, type TargetCell, thrown } from "./cell.ts";
import { expectation } from "./decode.ts";

/** Every reply, encoded whole and as a stream to `wire`, and read back by that wire's official SDK. */
export const translate: TargetCell = async (exchange, kit, wire) => {
  if (exchange.status >= 400) return undefined;
  const expected = expectation(exchange);
  if (!expected || (expected.error && exchange.stream === undefined)) return undefined;
  // An answer that is still being made in the background is its own wire's business.
  if (exchange.whole && unfinished.has(String(exchange.whole["status"]))) return undefined;
  const { chunks, result } = decoded(exchange, kit.subject);
  if (expected.error || !expected.ended) return broken(exchange, kit, wire, chunks, expected);
  const same = wire === exchange.wire;
  // A provider's reply that departs from the specification departs from it still on its own wire.
  const judging = same ? { ...kit, judges: undefined } : kit;
  const lens = same ? wireJudges[wire].sameLens : wireJudges[wire].lens;
  const out: Diff[] = [];
  out.push(...(await whole(judging, wire, result, expected, lens)));
  out.push(...(await streamed(judging, wire, chunks, expected, lens)));
  if (!same) return out;
  out.push(...(await faithful(exchange, kit, chunks, result)));
  return withoutOwn(exchange, out);
};

const unfinished = new Set(["queued", "in_progress"]);

/** What was out of order when it came is no fault of ours. */
export function withoutOwn({ wire, stream }: Exchange, diffs: readonly Diff[]): readonly Diff[] {
  if (stream === undefined || diffs.length === 0) return diffs;
  const own = new Set(wireJudges[wire].order(naiveEvents(stream), { complete: true }));
  return diffs.filter(({ check, actual }) => !check.endsWith(".order") || ![...own].some((fault) => show(fault) === actual));
}

/** A recorded stream that the SDK itself cannot read has nothing to be compared with. */
async function faithful(exchange: Exchange, kit: Kit, chunks: readonly ChatChunk[], result: ChatResult): Promise<Diff[]> {
  const { wire } = exchange;
  if (exchange.stream === undefined) {
    const served = encoderFor(kit.subject, wire, false).whole(result);
    return fidelity("faithful.whole", wire, exchange.whole ?? {}, obj(toJson(served)));
  }
  let recorded: JsonObject;
  try {
    recorded = await sdkMessage(wire, exchange.stream);
  } catch {
    return [];
  }
  const text = serve(kit.subject, encoderFor(kit.subject, wire, true), chunks, finished);
  return fidelity("faithful.stream", wire, recorded, await sdkMessage(wire, text));
}

function decoded(exchange: Exchange, subject: Subject): { chunks: readonly ChatChunk[]; result: ChatResult } {
  if (exchange.stream !== undefined) {
    const { chunks } = chunksOf(subject, exchange, exchange.stream);
    return { chunks, result: subject.accumulate(chunks) };
  }
  const result = decoderFor(subject, exchange).whole(exchange.whole ?? {});
  return { chunks: unroll(result), result };
}

/** An encoder for a caller on `wire` who asked for usage. */
export const encoderFor = (subject: Subject, wire: WireName, stream: boolean): ReplyEncoder<"chat"> =>
  decodeAsked(subject, wire, stream).encoder({ id: "call-0001", createdAt: 1_700_000_000, model: "served-model" });

async function whole(kit: Kit, wire: WireName, result: ChatResult, expected: Reading, lens: Lens): Promise<Diff[]> {
  const body = toJson(encoderFor(kit.subject, wire, false).whole(result));
  const out = compare(`${wire}.whole`, withoutError(expected), await sdkWhole(wire, body), lens);
  for (const fault of kit.judges?.faults(wire, "reply", body) ?? []) out.push(diff(`${wire}.whole.spec`, "fits", fault));
  return out;
}

async function streamed(kit: Kit, wire: WireName, chunks: readonly ChatChunk[], expected: Reading, lens: Lens): Promise<Diff[]> {
  const text = serve(kit.subject, encoderFor(kit.subject, wire, true), chunks, finished);
  const out: Diff[] = [];
  const broken = expected.choices.some((choice) => choice.calls.some((call) => !isObject(parseJson(call.args || "{}"))));
  out.push(...judged(kit, wire, text, true, broken));
  try {
    out.push(...compare(`${wire}.stream`, withoutError(expected), await sdkStream(wire, text), lens));
  } catch (error) {
    out.push(diff(`${wire}.stream.sdk`, "an answer", `${thrown(error).code}: ${thrown(error).message}`));
  }
  return out;
}

/** A stream that failed or was cut ends as an error: no end marker, and the SDK rejects. */
async function broken(
  exchange: Exchange,
  kit: Kit,
  wire: WireName,
  chunks: readonly ChatChunk[],
  expected: Reading,
): Promise<Diff[]> {
  const failure = chunks.find((chunk) => chunk.type === "error");
  if (expected.error && !failure) return [diff(`${wire}.broken.error`, "an error chunk", "none")];
  const error = failure?.type === "error" ? failure.error : undefined;
  const cut = wireFor(kit.subject, wire).decodeError(502, {}, "", exchange.provider);
  const terminal: Terminal = error ? { kind: "error", error } : { kind: "truncated", error: cut };
  const shown = chunks.filter((chunk) => chunk.type !== "error" && chunk.type !== "finish");
  const text = serve(kit.subject, encoderFor(kit.subject, wire, true), shown, terminal);
  const out = judged(kit, wire, text, false, true);
  try {
    await sdkStream(wire, text);
    out.push(diff(`${wire}.broken.sdk`, "a rejection", "an answer"));
  } catch {}
  return out;
}

export function serve(subject: Subject, encoder: ReplyEncoder<"chat">, chunks: readonly ChatChunk[], terminal: Terminal): string {
  let text = "";
  for (const chunk of chunks) text += subject.encodeEvents(encoder.push(chunk));
  return text + subject.encodeEvents(encoder.end(terminal));
}

/** The served stream against the order validator and the specification. */
export function judged(kit: Kit, wire: WireName, text: string, complete: boolean, brokenArgs: boolean): Diff[] {
  const events = naiveEvents(text);
  const { order, described } = wireJudges[wire];
  const faults = order(events, { complete, brokenArgs });
  const out = [...new Set(faults)].map((fault) => diff(`${wire}.stream.order`, "in order", fault));
  const seen = new Set<string>();
  for (const { data } of events) {
    const body = parseJson(data);
    if (!isObject(body) || !described(body)) continue;
    for (const fault of kit.judges?.faults(wire, "event", body) ?? []) seen.add(fault);
  }
  for (const fault of seen) out.push(diff(`${wire}.stream.spec`, "fits", fault));
  return out;
}

const withoutError = (reading: Reading): Reading => ({ ...reading, error: false });

/** A whole result as the chunks that could have made it, text in two pieces. */
export function unroll(result: ChatResult): ChatChunk[] {
  const { choices, usage, ...head } = result;
  const out: ChatChunk[] = [{ type: "start", head }];
  for (const choice of choices) {
    for (const [part, content] of choice.content.entries()) {
      const at = { choice: choice.index, part };
      const { empty, deltas } = split(content);
      out.push({ type: "part-start", ...at, content: empty });
      for (const delta of deltas) out.push({ type: "part-delta", ...at, delta });
      out.push({ type: "part-end", ...at });
    }
    out.push({ type: "finish", choice: choice.index, finish: choice.finish });
  }
  if (usage) out.push({ type: "usage", usage });
  return out;
}

type Deltas = readonly (ChatChunk & { type: "part-delta" })["delta"][];

function split(part: Part): { readonly empty: Part; readonly deltas: Deltas } {
  switch (part.type) {
    case "text":
    case "refusal": {
      const middle = Math.floor(part.text.length / 2);
      const halves = [part.text.slice(0, middle), part.text.slice(middle)].filter((text) => text !== "");
      return { empty: { ...part, text: "" }, deltas: halves.map((text) => ({ type: part.type, text })) };
    }
    case "reasoning": {
      if (part.redacted !== undefined || part.encrypted !== undefined) return { empty: part, deltas: [] };
      const { signature, ...rest } = part;
      const text: Deltas = part.text === "" ? [] : [{ type: "reasoning", text: part.text }];
      return {
        empty: { ...rest, text: "" },
        deltas: signature === undefined ? text : [...text, { type: "signature", signature }],
      };
    }
    case "tool-call":
      return { empty: { ...part, arguments: "" }, deltas: [{ type: "arguments", text: part.arguments }] };
    default:
      return { empty: part, deltas: [] };
  }
}
