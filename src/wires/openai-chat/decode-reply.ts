import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatChunk, ChatResult, Choice, ResultHead } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Origin } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { mergeUsage } from "../shared/merge-usage.ts";
import type { Names } from "../shared/names.ts";
import { list, number, object, others, text } from "../shared/read.ts";
import type { ReplyDecoder } from "../wire.ts";
import { decodeCitation } from "./citations.ts";
import { decodeInnerError } from "./errors.ts";
import { finishWord } from "./finish.ts";
import { name } from "./name.ts";
import { type Maker, OpenChoice } from "./open-choice.ts";
import { decodeUsage } from "./usage.ts";

/** Members of a reply that the decoder reads; all others go to the head's `extra`. */
const known = new Set([
  ...["id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint", "obfuscation", "p", "error"],
  ...["moderation", "citations"],
]);
const knownOfChoice = new Set(["index", "message", "delta", "finish_reason", "logprobs", "text"]);
const knownOfMessage = new Set([
  ...["role", "content", "refusal", "annotations", "audio", "tool_calls", "function_call", "reasoning", "reasoning_content"],
  ...["reasoning_details", "images", "executed_tools"],
]);

export interface DecoderOptions {
  readonly provider: string;
  /** Finds the tool names again that the request had to shorten. */
  readonly names: Names;
  /** How many choices were asked for. */
  readonly choices: number;
  /** The provider wants its reasoning back; see `Quirks.reasoningBack`. */
  readonly reasoningBack?: boolean | undefined;
}

/**
 * Reads the replies of every provider that speaks this wire, whole or streamed. A choice is closed (its parts ended, its
 * finish reason told) only when the stream is: some providers repeat the finish reason on every chunk, or go on after it.
 */
export class ChatDecoder implements ReplyDecoder<"chat"> {
  readonly #options: DecoderOptions;
  readonly #maker: Maker;
  readonly #choices = new Map<number, OpenChoice>();
  /** The choice most streams have alone. */
  #first: OpenChoice | undefined;
  #started = false;
  #extra: JsonObject | undefined;
  #seed = "";
  #usage: JsonObject | undefined;
  #citations: readonly Json[] | undefined;
  #done = false;
  readonly warnings: Warning[] = [];

  constructor(options: DecoderOptions) {
    this.#options = options;
    const made: Origin = { wire: name, provider: options.provider };
    const wanted = options.reasoningBack === true;
    this.#maker = { origin: made, reasoning: { type: "reasoning", text: "", origin: made, ...(wanted && { wanted }) } };
  }

  get done(): boolean {
    return this.#done;
  }

  get ended(): boolean {
    if (this.#done) return true;
    // Some providers send no end marker: all that can be known is that every choice has its finish reason.
    if (this.#choices.size < this.#options.choices || this.#choices.size === 0) return false;
    for (const choice of this.#choices.values()) if (choice.finish === null) return false;
    return true;
  }

  whole(body: JsonObject): ChatResult {
    if (body["error"]) throw decodeInnerError(body["error"], this.#options.provider);
    const choices = list(body["choices"]);
    if (choices === undefined) {
      const { provider } = this.#options;
      throw new GatewayError("bad_reply", `Provider ${provider} answered without \`choices\`. Try again, or another model.`);
    }
    const out: ChatChunk[] = [];
    this.#chunk(body, out);
    this.#close(true, out);
    const result = accumulate(out);
    const sources = new Map<number, JsonObject>();
    for (const [at, item] of choices.entries()) {
      if (!isObject(item)) continue;
      const index = number(item["index"]) ?? at;
      if (!sources.has(index)) sources.set(index, item);
    }
    return { ...result, choices: result.choices.map((choice) => withUnread(choice, sources.get(choice.index))) };
  }

  push(event: WireEvent): readonly ChatChunk[] {
    const out: ChatChunk[] = [];
    if (this.#done) return out;
    const { data } = event;
    if (data === "[DONE]" || data.trim() === "[DONE]") {
      this.#done = true;
      this.#close(true, out);
      return out;
    }
    const value = this.#parse(data);
    if (value === undefined) return out;
    if (event.event === "error" && value["error"] === undefined) this.#fail(value, out);
    else this.#chunk(value, out);
    return out;
  }

  end(): readonly ChatChunk[] {
    const out: ChatChunk[] = [];
    this.#close(this.ended, out);
    return out;
  }

  /** One malformed event does not make the others wrong: it is skipped and reported. */
  #parse(data: string): JsonObject | undefined {
    let value: Json;
    try {
      value = JSON.parse(data);
    } catch {
      // A stream of nothing but rubbish must not fill the memory with warnings about it.
      if (data.trim() !== "" && this.warnings.length < 64)
        this.warnings.push({ kind: "repaired", code: "malformed_event_skipped", detail: `${data.length} characters` });
      return undefined;
    }
    return isObject(value) ? value : undefined;
  }

  #fail(error: Json, out: ChatChunk[]): void {
    out.push({ type: "error", error: decodeInnerError(error, this.#options.provider) });
  }

  #chunk(body: JsonObject, out: ChatChunk[]): void {
    const choices = body["choices"];
    const items = isArray(choices) ? choices : [];
    if (!this.#started) this.#start(body, items.length > 0, out);
    else if (body["moderation"]) {
      this.warnings.push({
        kind: "dropped",
        code: "moderation_dropped",
        detail: "the answer's moderation results came after its beginning",
      });
    }
    for (let at = 0; at < items.length; at++) {
      const item = items[at];
      if (isObject(item)) this.#choice(item, at, out);
    }
    if (body["citations"] !== undefined) this.#citations = list(body["citations"]) ?? this.#citations;
    const usage = body["usage"] ?? object(body["x_groq"])?.["usage"];
    if (isObject(usage)) {
      this.#usage = mergeUsage(this.#usage, usage);
      const read = decodeUsage(this.#usage);
      if (read !== undefined) out.push({ type: "usage", usage: read });
    }
    if (body["error"]) this.#fail(body["error"], out);
  }

  /** Azure's first chunk is empty but for the prompt's filter results: the head is told with the first that names itself. */
  #start(body: JsonObject, begun: boolean, out: ChatChunk[]): void {
    const id = text(body["id"]) || undefined;
    const unread = others(body, known);
    if (unread !== undefined) this.#extra = { ...this.#extra, ...unread };
    const model = text(body["model"]) || undefined;
    if (!begun && (id === undefined || model === undefined)) return;
    this.#started = true;
    this.#seed = id ?? `${model ?? ""} ${number(body["created"]) ?? ""}`;
    const head: ResultHead = {
      id,
      model,
      createdAt: number(body["created"]) || undefined,
      serviceTier: text(body["service_tier"]),
      fingerprint: text(body["system_fingerprint"]) || undefined,
      moderation: body["moderation"] ?? undefined,
      ...(this.#extra && { extra: this.#extra }),
    };
    out.push({ type: "start", head });
  }

  #choice(item: JsonObject, at: number, out: ChatChunk[]): void {
    const index = number(item["index"]) ?? at;
    let choice = index === 0 ? this.#first : this.#choices.get(index);
    if (choice === undefined) {
      choice = new OpenChoice(index, this.#options.names, this.#maker);
      this.#choices.set(index, choice);
      if (index === 0) this.#first = choice;
    }
    const logprobs = item["logprobs"] ? tokens(item["logprobs"]) : undefined;
    const delta = item["delta"];
    if (isObject(delta)) {
      const content = delta["content"];
      const alone = typeof content === "string" && logprobs === undefined && isPlain(delta);
      if (!(alone && choice.plain(content, out))) choice.read(delta, logprobs, this.#seed, out);
    }
    const message = item["message"];
    if (isObject(message)) choice.readWhole(message, this.#seed, out);
    const word = finishWord(item["finish_reason"]);
    if (word !== null) choice.finish = word;
  }

  #close(clean: boolean, out: ChatChunk[]): void {
    const first = this.#first ?? this.#choices.values().next().value;
    if (first !== undefined && !first.closed) {
      for (const citation of this.#citations ?? []) first.cite(decodeCitation(citation), out, true);
    }
    for (const choice of this.#choices.values()) choice.close(clean, out);
  }
}

/** Log probabilities, where they are of any token. */
const tokens = (logprobs: Json): Json | undefined =>
  isObject(logprobs) && Object.values(logprobs).some((value) => isArray(value) && value.length > 0) ? logprobs : undefined;

/** A delta with nothing to read besides its content. */
function isPlain(delta: JsonObject): boolean {
  for (const field in delta) {
    if (field !== "content" && field !== "role" && delta[field] !== null) return false;
  }
  return true;
}

/** The members of a whole reply's choice and message that nothing else reads; its logprobs as they came. */
function withUnread(choice: Choice, item: JsonObject | undefined): Choice {
  if (item === undefined) return choice;
  const message = object(item["message"]);
  const unread = message && others(message, knownOfMessage);
  const extra: JsonObject = { ...others(item, knownOfChoice), ...(unread && { message: unread }) };
  const logprobs = item["logprobs"];
  const { logprobs: _, ...rest } = choice;
  return { ...rest, ...(isObject(logprobs) && { logprobs }), ...(Object.keys(extra).length > 0 && { extra }) };
}
