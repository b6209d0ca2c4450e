import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatChunk, ChatResult, ResultHead } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Warning } from "../../canonical/warnings.ts";
import type { Names } from "../shared/names.ts";
import { list, number, object, others, text } from "../shared/read.ts";
import type { Restore } from "../shared/schema/index.ts";
import type { ReplyDecoder } from "../wire.ts";
import { decodeInnerError, errorIn } from "./errors.ts";
import { blockedFinish } from "./finish.ts";
import { name as wireName } from "./name.ts";
import { OpenCandidate, type Reading } from "./open-candidate.ts";
import { decodeUsage, mergeUsage } from "./usage.ts";

export interface DecoderOptions {
  readonly provider: string;
  readonly model: string;
  /** From it ids are made for calls that have none. */
  readonly callId: string;
  /** Finds the tool names again that the request had to shorten. */
  readonly names: Names;
  readonly restores?: ReadonlyMap<string, Restore> | undefined;
  readonly custom?: ReadonlySet<string> | undefined;
  /** See `ownFunctions`. */
  readonly own?: ReadonlySet<string> | undefined;
  readonly answer?: Restore | undefined;
}

type UsageChunk = Extract<ChatChunk, { type: "usage" }>;

/** Members of a reply that the decoder reads; all others go to the head's `extra`, for the same wire. */
const known = new Set(["candidates", "usageMetadata", "modelVersion", "responseId"]);
const longestId = 40;

/**
 * Reads Gemini's replies, whole or streamed. There is no end marker: an answer is whole once every candidate has its finish
 * reason, and candidates are closed only when the stream is, as some go on after one.
 */
export class CandidateDecoder implements ReplyDecoder<"chat"> {
  readonly #options: DecoderOptions;
  readonly #reading: Reading;
  readonly #candidates = new Map<number, OpenCandidate>();
  #started = false;
  #usage: JsonObject | undefined;
  /** A chunk has told of `#usage`. */
  #told = true;
  #feedback: JsonObject | undefined;
  #calls = 0;
  #failed = false;
  readonly done = false;
  readonly warnings: Warning[] = [];

  constructor(options: DecoderOptions) {
    this.#options = options;
    const { provider, model, names, restores, custom, own, answer } = options;
    this.#reading = {
      origin: { wire: wireName, provider, model },
      names,
      restores: restores ?? new Map(),
      custom: custom ?? new Set(),
      own,
      answer,
      newId: () => this.#newId(),
    };
  }

  get ended(): boolean {
    if (this.#candidates.size === 0) return this.#blocked !== undefined;
    for (const candidate of this.#candidates.values()) if (candidate.finish === null) return false;
    return true;
  }

  whole(body: JsonObject): ChatResult {
    const error = errorIn(body);
    if (error !== undefined) throw decodeInnerError(error, this.#options.provider);
    if (!isArray(body["candidates"]) && !isObject(body["promptFeedback"])) {
      const { provider } = this.#options;
      throw new GatewayError("bad_reply", `Provider ${provider} answered without \`candidates\`. Try again, or another model.`, {
        upstream: { provider, body },
      });
    }
    const out: ChatChunk[] = [];
    this.#chunk(body, out);
    this.#close(true, out);
    return accumulate(out);
  }

  push(event: WireEvent): readonly ChatChunk[] {
    const out: ChatChunk[] = [];
    const value = this.#parse(event.data);
    if (value === undefined) return out;
    const error = errorIn(value);
    if (error === undefined) {
      if (isObject(value)) this.#chunk(value, out);
    } else if (!this.#failed) {
      this.#failed = true;
      this.#count(out);
      out.push({ type: "error", error: decodeInnerError(error, this.#options.provider) });
    }
    return out;
  }

  end(): readonly ChatChunk[] {
    const out: ChatChunk[] = [];
    this.#close(this.ended, out);
    return out;
  }

  get counted(): UsageChunk | undefined {
    const usage = this.#told || this.#usage === undefined ? undefined : decodeUsage(this.#usage);
    return usage === undefined ? undefined : { type: "usage", usage };
  }

  get #blocked(): string | undefined {
    return text(this.#feedback?.["blockReason"]);
  }

  /** One malformed event does not make the others wrong: it is skipped and reported. */
  #parse(data: string): Json | undefined {
    try {
      const value: Json = JSON.parse(data);
      return value;
    } catch {
      // A stream of nothing but rubbish must not fill the memory with warnings about it.
      if (data.trim() !== "" && this.warnings.length < 64)
        this.warnings.push({ kind: "repaired", code: "malformed_event_skipped", detail: `${data.length} characters` });
      return undefined;
    }
  }

  #chunk(body: JsonObject, out: ChatChunk[]): void {
    if (isObject(body["promptFeedback"])) this.#feedback = body["promptFeedback"];
    if (!this.#started) {
      this.#started = true;
      out.push({ type: "start", head: headOf(body) });
    }
    let at = -1;
    for (const item of list(body["candidates"]) ?? []) {
      at++;
      if (!isObject(item)) continue;
      const index = number(item["index"]) ?? at;
      let candidate = this.#candidates.get(index);
      if (candidate === undefined) {
        candidate = new OpenCandidate(index, this.#reading);
        this.#candidates.set(index, candidate);
      }
      candidate.read(item, out);
    }
    if (isObject(body["usageMetadata"])) {
      this.#usage = mergeUsage(this.#usage, body["usageMetadata"]);
      this.#told = false;
    }
    if (this.ended) this.#count(out);
  }

  #count(out: ChatChunk[]): void {
    const { counted } = this;
    if (counted !== undefined) out.push(counted);
    this.#told = true;
  }

  #close(clean: boolean, out: ChatChunk[]): void {
    this.#count(out);
    const blocked = this.#blocked;
    if (this.#candidates.size === 0 && blocked !== undefined && this.#feedback !== undefined) {
      out.push({ type: "finish", choice: 0, finish: blockedFinish(blocked, this.#feedback) });
    }
    for (const candidate of this.#candidates.values()) candidate.close(clean, out);
  }

  #newId(): string {
    const suffix = `_${this.#calls++}`;
    return this.#options.callId.replace(/[^\w-]/g, "_").slice(0, longestId - suffix.length) + suffix;
  }
}

export function headOf(body: JsonObject): ResultHead {
  const unread = others(body, known);
  const created = text(body["createTime"]);
  const at = created === undefined ? Number.NaN : Date.parse(created);
  return {
    id: text(body["responseId"]) || undefined,
    model: text(body["modelVersion"]) || undefined,
    createdAt: Number.isNaN(at) ? undefined : Math.floor(at / 1000),
    serviceTier: text(object(body["usageMetadata"])?.["serviceTier"]),
    ...(unread && { extra: { [wireName]: unread } }),
  };
}
