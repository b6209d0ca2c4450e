import type { ChatChunk, ChatResult, FinishReason } from "../../../src/canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import type { Part } from "../../../src/canonical/parts.ts";
import { finished, type Terminal } from "../../../src/canonical/terminal.ts";
import type { ReplyEncoder } from "../../../src/wires/wire.ts";
import { fidelity } from "../fidelity.ts";
import { type Diff, diff, obj, parseJson, toJson } from "../json.ts";
import type { Exchange, WireName } from "../loader.ts";
import { anthropicOrderFaults } from "../order-anthropic.ts";
import { openaiOrderFaults } from "../order-openai.ts";
import { compare, type Lens, plain, type Reading } from "../reading.ts";
import { sdkMessage, sdkStream, sdkWhole } from "../sdk-read.ts";
import { naiveEvents } from "../sse.ts";
import { chunksOf, decodeRequest, decoderFor, type Subject, stubRequest } from "../subject.ts";
import { type Cell, type Kit, thrown } from "./cell.ts";
import { expectation } from "./decode.ts";

/** What each wire cannot say: how an expectation reads once it stands there. */
export const lenses: { readonly [wire in WireName]: Lens } = {
  "openai-chat": {
    ...plain,
    opaque: false,
    finish: (finish) => openaiSays[finish],
    usage: (usage) => ({ ...usage, cacheWrite1h: undefined }),
  },
  "anthropic-messages": {
    ...plain,
    opaque: false,
    refusalIsText: true,
    oneChoice: true,
    brokenArgs: false,
    id: (id) => /^[a-zA-Z0-9_-]+$/.test(id),
    finish: (finish) => anthropicSays[finish],
    refusalMayFilter: true,
  },
};

const openaiSays: { readonly [finish in FinishReason]: FinishReason } = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool-calls",
  "content-filter": "content-filter",
  pause: "stop",
  error: "stop",
  other: "stop",
};
const anthropicSays: { readonly [finish in FinishReason]: FinishReason } = { ...openaiSays, pause: "pause" };

/** Every reply, encoded whole and as a stream to `target`, and read back by that wire's official SDK. */
export const translateTo =
  (target: "other" | "same"): Cell =>
  async (exchange, kit) => {
    if (exchange.status >= 400) return undefined;
    const expected = expectation(exchange);
    if (!expected || (expected.error && exchange.stream === undefined)) return undefined;
    const other: WireName = exchange.wire === "openai-chat" ? "anthropic-messages" : "openai-chat";
    const wire = target === "other" ? other : exchange.wire;
    const { chunks, result } = decoded(exchange, kit.subject);
    if (expected.error || !expected.ended) return broken(exchange, kit, wire, chunks, expected);
    // A provider's reply that departs from the specification departs from it still on its own wire.
    const judging = target === "other" ? kit : { ...kit, judges: undefined };
    const lens =
      target === "other"
        ? lenses[wire]
        : {
            ...lenses[wire],
            oneChoice: false,
            opaque: wire === "anthropic-messages",
            refusalIsText: wire === "anthropic-messages",
          };
    const out: Diff[] = [];
    out.push(...(await whole(exchange, judging, wire, result, expected, lens)));
    out.push(...(await streamed(exchange, judging, wire, chunks, expected, lens)));
    if (target === "same") out.push(...(await faithful(exchange, kit, chunks, result)));
    return out;
  };

/** A recorded stream that the SDK itself cannot read has nothing to be compared with. */
async function faithful(exchange: Exchange, kit: Kit, chunks: readonly ChatChunk[], result: ChatResult): Promise<Diff[]> {
  const { wire } = exchange;
  if (exchange.stream === undefined) {
    const served = encoderFor(kit.subject, exchange, wire, false).whole(result);
    return fidelity("faithful.whole", wire, exchange.whole ?? {}, obj(toJson(served)));
  }
  let recorded: JsonObject;
  try {
    recorded = await sdkMessage(wire, exchange.stream);
  } catch {
    return [];
  }
  const text = serve(kit.subject, encoderFor(kit.subject, exchange, wire, true), chunks, finished);
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
export function encoderFor(subject: Subject, exchange: Exchange, wire: WireName, stream: boolean): ReplyEncoder<"chat"> {
  const asked = {
    ...stubRequest(wire, stream),
    ...(wire === "openai-chat" && stream && { stream_options: { include_usage: true } }),
  };
  const request = decodeRequest(subject, wire, exchange, asked);
  return request.encoder({ id: "call-0001", createdAt: 1_700_000_000, model: "served-model" });
}

async function whole(
  exchange: Exchange,
  kit: Kit,
  wire: WireName,
  result: ChatResult,
  expected: Reading,
  lens: Lens,
): Promise<Diff[]> {
  const body = toJson(encoderFor(kit.subject, exchange, wire, false).whole(result));
  const out = compare(`${wire}.whole`, withoutError(expected), await sdkWhole(wire, body), lens);
  for (const fault of kit.judges?.faults(wire, "reply", body) ?? []) out.push(diff(`${wire}.whole.spec`, "fits", fault));
  return out;
}

async function streamed(
  exchange: Exchange,
  kit: Kit,
  wire: WireName,
  chunks: readonly ChatChunk[],
  expected: Reading,
  lens: Lens,
): Promise<Diff[]> {
  const text = serve(kit.subject, encoderFor(kit.subject, exchange, wire, true), chunks, finished);
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
  const cut = kit.subject.wires[wire].decodeError(502, {}, "", exchange.provider);
  const terminal: Terminal = error ? { kind: "error", error } : { kind: "truncated", error: cut };
  const shown = chunks.filter((chunk) => chunk.type !== "error" && chunk.type !== "finish");
  const text = serve(kit.subject, encoderFor(kit.subject, exchange, wire, true), shown, terminal);
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
  const faults =
    wire === "openai-chat" ? openaiOrderFaults(events, true, complete) : anthropicOrderFaults(events, complete, brokenArgs);
  const out = [...new Set(faults)].map((fault) => diff(`${wire}.stream.order`, "in order", fault));
  const seen = new Set<string>();
  for (const { data } of events) {
    const body = parseJson(data);
    if (!isObject(body) || !described(wire, body)) continue;
    for (const fault of kit.judges?.faults(wire, "event", body) ?? []) seen.add(fault);
  }
  for (const fault of seen) out.push(diff(`${wire}.stream.spec`, "fits", fault));
  return out;
}

/** The specifications describe neither errors inside streams nor Anthropic's ping. */
const described = (wire: WireName, body: { readonly [key: string]: Json | undefined }): boolean =>
  wire === "openai-chat" ? !isObject(body["error"]) : body["type"] !== "ping" && body["type"] !== "error";

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
