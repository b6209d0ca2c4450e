import { GatewayError } from "../canonical/error.ts";
import { isObject, type Json, type JsonObject } from "../canonical/json.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Reply } from "../canonical/reply.ts";
import { SseDecoder } from "../framing/sse-decoder.ts";
import type { Observed, Relay, ReplyDecoder } from "../wires/wire.ts";
import type { AttemptEntry } from "./attempt-entry.ts";
import { failedFinish } from "./failed-finish.ts";
import type { Prepared } from "./prepare.ts";

type WholeReply<Op extends Operation> = Extract<Reply<Op>, { stream: false }>;

/**
 * Reads a whole reply. A provider that answered with a stream all the same (some always do) is put together. Throws
 * GatewayError: the error that a reply with status 200 held, or `bad_reply`.
 */
export function wholeReply<Op extends Operation>(bytes: Uint8Array, prepared: Prepared<Op>, entry: AttemptEntry): WholeReply<Op> {
  if (prepared.relay?.skim?.(bytes) === "keep") return relayed(bytes, undefined, prepared, prepared.relay, entry);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const json = parseJson(text);
  if (!isObject(json)) return settled(put(bytes, text, prepared, entry), prepared, entry);
  const { relay } = prepared;
  if (relay === undefined) {
    const decoder = prepared.decoder();
    entry.observe(() => counted(prepared, json));
    const result = decoded(() => decoder.whole(json), entry.provider);
    entry.warn(decoder);
    return settled(result, prepared, entry);
  }
  const verdict = relay.whole(json);
  return relayed(verdict === "keep" ? bytes : Buffer.from(JSON.stringify(verdict)), json, prepared, relay, entry);
}

/** `json` is what the provider sent, where it has been parsed. */
function relayed<Op extends Operation>(
  raw: Uint8Array,
  json: JsonObject | undefined,
  { decoder }: Prepared<Op>,
  relay: Relay,
  entry: AttemptEntry,
): WholeReply<Op> {
  const facts = relay.observed();
  entry.observe(() => facts);
  if (facts.error !== undefined) throw facts.error;
  if (!facts.done && !facts.ended) throw badReply(entry.provider, "JSON that holds no answer");
  entry.settleWhole(facts);
  return new RelayedWhole<Op>(json, raw, decoder, facts.losable);
}

/** JSON nested too deep for its reader to follow is no answer either. */
function decoded<T>(read: () => T, provider: string): T {
  try {
    return read();
  } catch (thrown) {
    throw thrown instanceof RangeError ? badReply(provider, "JSON nested too deep to be read") : thrown;
  }
}

function settled<Op extends Operation>(
  result: Operations[Op]["result"],
  { shape }: Prepared<Op>,
  entry: AttemptEntry,
): WholeReply<Op> {
  const { id, model, usage, finishes } = shape.facts(result);
  entry.observe(() => ({ id, model, usage, finish: finishes[0] }));
  for (const finish of finishes) {
    const failure = failedFinish(finish);
    if (failure !== undefined) throw failure;
  }
  entry.settleWhole({ id, model, usage, finish: finishes[0] });
  return { stream: false, result };
}

/**
 * What a reply without an answer says of itself: some hold counts all the same, which are billed. Read as an event of a stream,
 * where counts may stand alone.
 */
function counted<Op extends Operation>(prepared: Prepared<Op>, json: JsonObject): Partial<Observed> {
  const { accumulate } = prepared.shape;
  if (accumulate === undefined) return {};
  try {
    const decoder = prepared.decoder();
    const chunks = decoder.push({ data: JSON.stringify(json) });
    return factsOf(accumulate([...chunks, ...decoder.end()]), prepared);
  } catch {
    return {};
  }
}

function factsOf<Op extends Operation>(result: Operations[Op]["result"], { shape }: Prepared<Op>): Partial<Observed> {
  const { id, model, usage, finishes } = shape.facts(result);
  return { id, model, usage, finish: finishes[0] };
}

/** Puts a streamed answer together. */
function put<Op extends Operation>(
  bytes: Uint8Array,
  text: string,
  prepared: Prepared<Op>,
  entry: AttemptEntry,
): Operations[Op]["result"] {
  const { accumulate } = prepared.shape;
  if (accumulate === undefined || !/^\s*(?:data|event|id|retry)?:/.test(text)) throw noAnswer(entry.provider, text);
  const decoder = prepared.decoder();
  const frames = new SseDecoder();
  const told = [...frames.push(bytes), ...frames.end()].flatMap((event) => decoder.push(event));
  const chunks = [...told, ...decoder.end()];
  entry.observe(() => factsOf(accumulate(chunks), prepared));
  for (const chunk of chunks) if (chunk.type === "error") throw chunk.error;
  if (!decoder.ended) throw new GatewayError("truncated", `${entry.provider} broke its answer off before the end. Try again.`);
  entry.warn(decoder);
  return accumulate(chunks);
}

/** What a body that is neither JSON nor a stream gets said about it. Its text stays here: it is nobody's business. */
export function noAnswer(provider: string, text: string): GatewayError {
  const what = text.trim() === "" ? "an empty body" : /^\s*</.test(text) ? "a page of HTML" : "neither JSON nor an event stream";
  return badReply(provider, what);
}

const badReply = (provider: string, what: string): GatewayError =>
  new GatewayError("bad_reply", `${provider} sent ${what} where an answer was due. The operator should check its base_url.`, {
    upstream: { provider },
  });

export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A whole reply passed on as it came; decoded only if somebody asks for the result. */
class RelayedWhole<Op extends Operation> implements WholeReply<Op> {
  readonly stream = false;
  readonly raw: Uint8Array;
  readonly losable: boolean | undefined;
  readonly #json: JsonObject | undefined;
  readonly #decoder: () => ReplyDecoder<Op>;
  #result: Operations[Op]["result"] | undefined;

  constructor(json: JsonObject | undefined, raw: Uint8Array, decoder: () => ReplyDecoder<Op>, losable: boolean | undefined) {
    this.#json = json;
    this.raw = raw;
    this.losable = losable;
    this.#decoder = decoder;
  }

  get result(): Operations[Op]["result"] {
    this.#result ??= this.#decoder().whole(this.#json ?? this.#parsed());
    return this.#result;
  }

  #parsed(): JsonObject {
    const json = parseJson(Buffer.from(this.raw.buffer, this.raw.byteOffset, this.raw.byteLength).toString("utf8"));
    return isObject(json) ? json : {};
  }
}
