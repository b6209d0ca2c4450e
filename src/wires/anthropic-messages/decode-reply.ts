import type { ChatChunk, ChatResult, ResultHead } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { mergeUsage } from "../shared/merge-usage.ts";
import type { Names } from "../shared/names.ts";
import { number, others, text } from "../shared/read.ts";
import type { ReplyDecoder, Target } from "../wire.ts";
import { decodeStreamError } from "./errors.ts";
import { decodeFinish } from "./finish.ts";
import { OpenBlock, type PartContext, wholePart } from "./reply-blocks.ts";
import { decodeUsage } from "./usage.ts";

const nothing: readonly ChatChunk[] = [];

/** Reads an Anthropic reply, whole or as a stream. What follows message_stop is no part of the answer. */
export class MessageDecoder implements ReplyDecoder<"chat"> {
  readonly #provider: string;
  readonly #context: PartContext;
  readonly #open = new Map<number, OpenBlock>();
  #parts = 0;
  #minted = 0;
  #calls = false;
  #usage: JsonObject | undefined;
  #malformed = 0;
  readonly warnings: Warning[] = [];
  #stop: { reason: Json | undefined; sequence: Json | undefined; details: Json | undefined } | undefined;
  #late: { container?: Json; contextManagement?: Json } = {};
  #finished = false;
  #ended = false;

  constructor(
    { provider, model, callId }: Pick<Target, "provider" | "model" | "callId">,
    names: Names,
    custom: ReadonlySet<string>,
  ) {
    this.#provider = provider;
    this.#context = {
      origin: { wire: "anthropic-messages", provider, model },
      names,
      custom,
      newId: () => `toolu_${callId.slice(-24)}_${this.#minted++}`,
    };
  }

  get done(): boolean {
    return this.#ended;
  }

  get ended(): boolean {
    return this.#ended;
  }

  whole(body: JsonObject): ChatResult {
    if (body["type"] === "error" || isObject(body["error"])) throw decodeStreamError(body, this.#provider);
    const blocks = body["content"];
    if (!isArray(blocks)) {
      throw new GatewayError("bad_reply", `${this.#provider} answered with something that is no Anthropic message.`, {
        upstream: { provider: this.#provider, body },
      });
    }
    const content = blocks.filter(isObject).map((block) => wholePart(block, this.#context));
    const calls = content.some((part) => part.type === "tool-call");
    const finish = decodeFinish(body["stop_reason"], body["stop_sequence"], body["stop_details"], calls);
    const usage = isObject(body["usage"]) ? decodeUsage(body["usage"]) : undefined;
    return { ...headOf(body), choices: [{ index: 0, content, finish }], ...(usage && { usage }) };
  }

  push(event: WireEvent): readonly ChatChunk[] {
    if (this.#ended) return nothing;
    const body = this.#parse(event.data);
    if (body === undefined) return nothing;
    switch (body["type"]) {
      case "content_block_delta":
        return this.#open.get(number(body["index"]) ?? 0)?.delta(body["delta"]) ?? nothing;
      case "content_block_start":
        return isObject(body["content_block"]) ? this.#startBlock(number(body["index"]) ?? 0, body["content_block"]) : nothing;
      case "content_block_stop":
        return this.#stopBlock(number(body["index"]) ?? 0);
      case "message_start":
        return isObject(body["message"]) ? this.#start(body["message"]) : nothing;
      case "message_delta":
        return this.#messageDelta(body);
      case "message_stop":
        this.#ended = true;
        return [...this.#closeAll(), ...this.#finish()];
      case "ping":
        return [{ type: "ping" }];
      case "error":
        return [{ type: "error", error: decodeStreamError(body, this.#provider) }];
      default:
        return body["type"] === undefined && isObject(body["error"])
          ? [{ type: "error", error: decodeStreamError(body, this.#provider) }]
          : nothing;
    }
  }

  end(): readonly ChatChunk[] {
    return this.#closeAll();
  }

  #parse(data: string): JsonObject | undefined {
    try {
      const value: Json = JSON.parse(data);
      return isObject(value) ? value : undefined;
    } catch {
      if (data !== "" && data !== "[DONE]") this.#skip(data);
      return undefined;
    }
  }

  /** One malformed event does not make the others wrong: it is skipped and reported. */
  #skip(data: string): void {
    this.#malformed++;
    // A stream of nothing but rubbish must not fill the memory with warnings about it.
    if (this.warnings.length < 64)
      this.warnings.push({ kind: "repaired", code: "malformed_event_skipped", detail: `${data.length} characters` });
  }

  #start(message: JsonObject): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [{ type: "start", head: headOf(message) }];
    if (isObject(message["usage"])) chunks.push(this.#count(message["usage"]));
    if (message["stop_reason"]) {
      this.#stop = { reason: message["stop_reason"], sequence: message["stop_sequence"], details: message["stop_details"] };
    }
    for (const [index, block] of (isArray(message["content"]) ? message["content"] : []).entries()) {
      if (isObject(block)) chunks.push(...this.#startBlock(index, block), ...this.#stopBlock(index));
    }
    return chunks;
  }

  #startBlock(index: number, block: JsonObject): readonly ChatChunk[] {
    const before = this.#stopBlock(index);
    if (block["type"] === "tool_use") this.#calls = true;
    const open = new OpenBlock(this.#parts++, block, this.#context);
    this.#open.set(index, open);
    return before.length === 0 ? open.start() : [...before, ...open.start()];
  }

  #stopBlock(index: number): readonly ChatChunk[] {
    const open = this.#open.get(index);
    if (open === undefined) return nothing;
    this.#open.delete(index);
    return open.stop();
  }

  #closeAll(): readonly ChatChunk[] {
    return [...this.#open.keys()].flatMap((index) => this.#stopBlock(index));
  }

  #messageDelta(body: JsonObject): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [];
    if (isObject(body["usage"])) chunks.push(this.#count(body["usage"]));
    const delta = isObject(body["delta"]) ? body["delta"] : {};
    if (delta["stop_reason"]) {
      this.#stop = { reason: delta["stop_reason"], sequence: delta["stop_sequence"], details: delta["stop_details"] };
    }
    if (delta["container"] != null) this.#late.container = delta["container"];
    if (body["context_management"] != null) this.#late.contextManagement = body["context_management"];
    return chunks;
  }

  #count(usage: JsonObject): ChatChunk {
    this.#usage = mergeUsage(this.#usage, usage);
    const counted = decodeUsage(this.#usage);
    if (this.#malformed === 0) return { type: "usage", usage: counted };
    const unread = `${this.#malformed} events of the stream could not be read`;
    return {
      type: "usage",
      usage: { ...counted, anomaly: counted.anomaly === undefined ? unread : `${counted.anomaly}; ${unread}` },
    };
  }

  #finish(): readonly ChatChunk[] {
    if (this.#finished) return nothing;
    this.#finished = true;
    const finish = decodeFinish(this.#stop?.reason, this.#stop?.sequence, this.#stop?.details, this.#calls);
    return [{ type: "finish", choice: 0, finish: { ...finish, ...this.#late } }];
  }
}

const headMembers = new Set([
  ...["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage"],
  ...["container", "context_management", "diagnostics"],
]);

function headOf(message: JsonObject): ResultHead {
  const usage = message["usage"];
  return {
    id: text(message["id"]) || undefined,
    model: text(message["model"]) || undefined,
    serviceTier: isObject(usage) ? text(usage["service_tier"]) : undefined,
    container: message["container"] ?? undefined,
    contextManagement: message["context_management"] ?? undefined,
    diagnostics: message["diagnostics"] ?? undefined,
    extra: others(message, headMembers),
  };
}
