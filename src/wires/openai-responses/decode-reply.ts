import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatChunk, ChatResult, ResultHead } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Warning } from "../../canonical/warnings.ts";
import type { Names } from "../shared/names.ts";
import { number, object, others, text } from "../shared/read.ts";
import type { Restore } from "../shared/schema/index.ts";
import type { ReplyDecoder } from "../wire.ts";
import { decodeInnerError } from "./errors.ts";
import { decodeFinish } from "./finish.ts";
import { name } from "./name.ts";
import { type Answer, OpenItem } from "./open-item.ts";
import { responseMembers } from "./response-members.ts";
import { decodeUsage } from "./usage.ts";

export interface DecoderOptions {
  readonly provider: string;
  /** From it ids of calls are made where the provider gives none. */
  readonly callId: string;
  /** Finds the tool names again that the request had to shorten. */
  readonly names: Names;
  /** What undoes on arguments what the request did to the schema of the tool, by its name as sent. */
  readonly restores?: ReadonlyMap<string, Restore> | undefined;
  /** The same for an answer that was to follow a schema. */
  readonly answer?: Restore | undefined;
}

const nothing: readonly ChatChunk[] = [];

/** Reads the replies of every provider that speaks this wire, whole or streamed. A response is one choice. */
export class ResponseDecoder implements ReplyDecoder<"chat"> {
  readonly #provider: string;
  readonly #answer: Answer;
  readonly #items = new Map<number, OpenItem>();
  #out: ChatChunk[] = [];
  #parts = 0;
  #made = 0;
  #started = false;
  #moderated = false;
  #called = false;
  #failed = false;
  #ended = false;
  #done = false;
  readonly warnings: Warning[] = [];

  constructor({ provider, callId, names, restores, answer }: DecoderOptions) {
    this.#provider = provider;
    const emit = (chunk: ChatChunk): void => {
      this.#out.push(chunk);
    };
    this.#answer = {
      origin: { wire: name, provider },
      names,
      restores,
      answer,
      next: () => this.#parts++,
      callId: () => madeCallId(callId, this.#made++),
      emit,
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  get done(): boolean {
    return this.#done;
  }

  whole(body: JsonObject): ChatResult {
    if (body["error"] || body["status"] === "failed") throw decodeInnerError(body["error"] ?? null, this.#provider);
    if (!isArray(body["output"])) {
      const said = `Provider ${this.#provider} answered without \`output\`. Try again, or another model.`;
      throw new GatewayError("bad_reply", said, { upstream: { provider: this.#provider } });
    }
    this.#start(body);
    this.#end(body);
    return accumulate(this.#take());
  }

  push(event: WireEvent): readonly ChatChunk[] {
    if (this.#done || event.data === "") return nothing;
    if (event.data === "[DONE]" || event.data.trim() === "[DONE]") {
      this.#done = this.#ended;
      return nothing;
    }
    const body = this.#parse(event.data);
    if (body === undefined || this.#ended) return nothing;
    this.#read(body, event.event);
    return this.#take();
  }

  end(): readonly ChatChunk[] {
    for (const item of this.#items.values()) item.close();
    return this.#take();
  }

  #take(): ChatChunk[] {
    const taken = this.#out;
    this.#out = [];
    return taken;
  }

  /** One malformed event does not make the others wrong: it is skipped and reported. */
  #parse(data: string): JsonObject | undefined {
    let value: Json;
    try {
      value = JSON.parse(data);
    } catch {
      // A stream of nothing but rubbish must not fill the memory with warnings about it.
      if (data.trim() !== "" && this.warnings.length < 64) {
        this.warnings.push({ kind: "repaired", code: "malformed_event_skipped", detail: `${data.length} characters` });
      }
      return undefined;
    }
    return isObject(value) ? value : undefined;
  }

  #read(body: JsonObject, event: string | undefined): void {
    switch (body["type"]) {
      case "response.output_text.delta":
        this.#spoken(body)?.say(number(body["content_index"]) ?? 0, "text", text(body["delta"]) ?? "", body["logprobs"]);
        break;
      case "response.refusal.delta":
        this.#spoken(body)?.say(number(body["content_index"]) ?? 0, "refusal", text(body["delta"]) ?? "");
        break;
      case "response.reasoning_summary_text.delta":
        this.#item(body, "reasoning").think(number(body["summary_index"]) ?? 0, true, text(body["delta"]) ?? "");
        break;
      case "response.reasoning_text.delta":
        this.#item(body, "reasoning").think(number(body["content_index"]) ?? 0, false, text(body["delta"]) ?? "");
        break;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        this.#items.get(number(body["output_index"]) ?? -1)?.argue(text(body["delta"]) ?? "");
        break;
      case "response.output_text.annotation.added":
        if (body["annotation"]) this.#spoken(body)?.cite(number(body["content_index"]) ?? 0, body["annotation"]);
        break;
      case "response.output_item.added":
        if (isObject(body["item"])) this.#open(number(body["output_index"]) ?? this.#items.size, body["item"]);
        break;
      case "response.output_item.done":
        if (isObject(body["item"])) this.#close(number(body["output_index"]) ?? this.#items.size, body["item"]);
        break;
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        if (isObject(body["response"])) this.#start(body["response"]);
        break;
      case "response.completed":
      case "response.incomplete":
      case "response.cancelled":
        this.#late(object(body["response"]));
        this.#ended = true;
        this.#end(object(body["response"]) ?? { status: text(body["type"])?.slice(9) });
        break;
      case "response.failed":
        this.#fail(object(body["response"]));
        break;
      case "keepalive":
        this.#out.push({ type: "ping" });
        break;
      case "error":
        this.#error(body["error"] ?? body);
        break;
      default:
        if (body["type"] === undefined && (body["error"] || event === "error")) this.#error(body["error"] ?? body);
    }
  }

  /** The item that an event is about, begun where the provider left its beginning out. */
  #item(body: JsonObject, type: string): OpenItem {
    const index = number(body["output_index"]) ?? Math.max(0, this.#items.size - 1);
    return this.#items.get(index) ?? this.#open(index, { type, id: text(body["item_id"]) });
  }

  #spoken(body: JsonObject): OpenItem | undefined {
    const item = this.#item(body, "message");
    return item.type === "message" ? item : undefined;
  }

  #open(index: number, item: JsonObject): OpenItem {
    const open = new OpenItem(item, this.#answer);
    if (open.called) this.#called = true;
    this.#items.set(index, open);
    return open;
  }

  #close(index: number, item: JsonObject): void {
    const open = this.#items.get(index) ?? this.#open(index, item);
    open.finish(item);
  }

  /** The head, told with the first event that holds the response. */
  #start(response: JsonObject): void {
    if (this.#started) return;
    this.#started = true;
    this.#moderated = Boolean(response["moderation"]);
    const extra = others(response, responseMembers);
    const head: ResultHead = {
      id: text(response["id"]) || undefined,
      model: text(response["model"]) || undefined,
      createdAt: number(response["created_at"]) || undefined,
      serviceTier: text(response["service_tier"]),
      fingerprint: text(response["system_fingerprint"]) || undefined,
      moderation: response["moderation"] ?? undefined,
      ...(extra && { extra }),
    };
    this.#out.push({ type: "start", head });
  }

  /** The response at its end, of which the head may have been told long ago. */
  #late(response: JsonObject | undefined): void {
    if (this.#started && response?.["moderation"] && !this.#moderated) {
      const detail = "the answer's moderation results came after its beginning";
      this.warnings.push({ kind: "dropped", code: "moderation_dropped", detail });
    }
    if (response !== undefined) this.#start(response);
  }

  #end(response: JsonObject): void {
    const known = new Set<OpenItem>(this.#items.values());
    const output = isArray(response["output"]) ? response["output"] : [];
    for (const [index, item] of output.entries()) {
      if (!isObject(item)) continue;
      const same = this.#same(known, index, item);
      if (same === undefined) this.#close(this.#free(index), item);
      else {
        known.delete(same);
        same.finish(item);
      }
    }
    for (const item of this.#items.values()) item.close();
    this.#count(response);
    this.#out.push({ type: "finish", choice: 0, finish: decodeFinish(response, this.#called) });
  }

  /** The item that was streamed before: of the same id, or, where ids change from event to event, in the same place. */
  #same(known: ReadonlySet<OpenItem>, index: number, { id, type }: JsonObject): OpenItem | undefined {
    if (known.size === 0) return undefined;
    if (typeof id === "string") for (const item of known) if (item.id === id) return item;
    const there = this.#items.get(index);
    return there !== undefined && known.has(there) && there.type === type ? there : undefined;
  }

  #free(index: number): number {
    let free = index;
    while (this.#items.has(free)) free++;
    return free;
  }

  #count(response: JsonObject): void {
    const raw = object(response["usage"]);
    const usage = raw && decodeUsage(raw, response["tool_usage"]);
    if (usage !== undefined) this.#out.push({ type: "usage", usage });
  }

  #fail(response: JsonObject | undefined): void {
    if (response !== undefined) {
      this.#start(response);
      this.#count(response);
    }
    this.#error(response?.["error"] ?? null);
  }

  /** OpenAI tells an error twice: in an event of its own and in the failed response. */
  #error(error: Json): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#out.push({ type: "error", error: decodeInnerError(error, this.#provider) });
  }
}

/** An id of a call's number: unique, and short enough for every provider. */
const madeCallId = (callId: string, number: number): string => `${callId.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 34)}_${number}`;
