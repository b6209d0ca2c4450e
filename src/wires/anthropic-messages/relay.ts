import type { Source } from "../../canonical/call.ts";
import type { Finish } from "../../canonical/chat.ts";
import type { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import { Losses } from "../shared/losses.ts";
import { mergeUsage } from "../shared/merge-usage.ts";
import { Names } from "../shared/names.ts";
import { number, text } from "../shared/read.ts";
import { splice } from "../shared/splice.ts";
import type { Observed, Relay, Relayed, Target } from "../wire.ts";
import { wireEvent } from "./block-writer.ts";
import { MessageDecoder } from "./decode-reply.ts";
import { apiVersion } from "./encode-request.ts";
import { decodeStreamError, errorBody } from "./errors.ts";
import { correctedWord, decodeFinish } from "./finish.ts";
import { path } from "./name.ts";
import { withoutUnsigned } from "./unsigned.ts";
import { decodeUsage, encodeDeltaUsage } from "./usage.ts";

/** The caller's own body with the model renamed and what the provider refuses taken out; its version and betas go along. */
export function relay(source: Source, target: Target): Relayed<"chat"> {
  const losses = new Losses();
  const { "anthropic-version": version, "anthropic-beta": betas } = source.headers;
  const headers = { "anthropic-version": version ?? apiVersion, ...(betas !== undefined && { "anthropic-beta": betas }) };
  const renamed = source.json["model"] === target.model ? {} : { model: target.model };
  const unsigned = target.quirks.signedThinking === true ? withoutUnsigned(source.json, losses) : undefined;
  const body = splice(source, {
    set: { ...renamed, ...(unsigned && { messages: unsigned.messages }) },
    remove: [...losses.refused(source.json, target), ...(unsigned?.thinkingOff === true ? ["thinking"] : [])],
  });
  const { provider, model, callId } = target;
  return {
    wireRequest: { path, headers, body },
    warnings: losses.warnings,
    relay: new MessageRelay(provider),
    decoder: () => new MessageDecoder({ provider, model, callId }, new Names(Number.POSITIVE_INFINITY), new Set()),
  };
}

/** Reads along while an Anthropic reply passes unchanged. */
class MessageRelay implements Relay {
  // Quotes inside a delta's text are escaped, so this cannot match there; block starts and stops are few.
  readonly interesting = /"type":\s*"(?:message_|content_block_st|error")|event:\s*error/;
  readonly #provider: string;
  #id: string | undefined;
  #model: string | undefined;
  #raw: JsonObject | undefined;
  #usage: Usage | undefined;
  #stop: JsonObject | undefined;
  #finish: Finish | undefined;
  #error: GatewayError | undefined;
  #open: number | undefined;
  #started = false;
  #calls = false;
  #content = false;
  #ended = false;

  constructor(provider: string) {
    this.#provider = provider;
  }

  push(event: WireEvent): "keep" | readonly WireEvent[] {
    if (this.#ended || (this.#content && event.event === "content_block_delta")) return "keep";
    const body = parse(event.data);
    if (body === undefined) return "keep";
    this.#read(body);
    if (body["type"] !== "message_delta" || !isObject(body["delta"])) return "keep";
    const delta = this.#corrected(body["delta"]);
    return delta === undefined ? "keep" : [{ ...event, data: JSON.stringify({ ...body, delta }) }];
  }

  whole(body: JsonObject): "keep" | JsonObject {
    this.#ended = isArray(body["content"]);
    if (body["type"] === "error" || isObject(body["error"])) this.#error = decodeStreamError(body, this.#provider);
    else {
      this.#message(body);
      this.#content = true;
      this.#settle();
      return this.#corrected(body) ?? "keep";
    }
    return "keep";
  }

  cut(terminal: Terminal): readonly WireEvent[] {
    switch (terminal.kind) {
      case "finished":
      case "cancelled":
        return [];
      case "truncated":
      case "error":
        if (this.#error !== undefined || this.#ended) return [];
        return [{ event: "error", data: JSON.stringify(errorBody(terminal.error, terminal.error.message, null)) }];
      case "limited": {
        if (this.#ended || !this.#started) return [];
        const stop = this.#open === undefined ? [] : [wireEvent({ type: "content_block_stop", index: this.#open })];
        const delta = { stop_reason: "max_tokens", stop_sequence: null, stop_details: null, container: null };
        return [
          ...stop,
          wireEvent({ type: "message_delta", delta, usage: encodeDeltaUsage(this.#usage) }),
          wireEvent({ type: "message_stop" }),
        ];
      }
    }
  }

  observed(): Observed {
    return {
      id: this.#id,
      model: this.#model,
      usage: this.#usage,
      finish: this.#finish,
      error: this.#error,
      content: this.#content,
      ended: this.#ended,
      done: this.#ended,
    };
  }

  #read(body: JsonObject): void {
    switch (body["type"]) {
      case "message_start":
        this.#started = true;
        if (isObject(body["message"])) this.#message(body["message"]);
        break;
      case "content_block_start":
        this.#open = number(body["index"]);
        if (isObject(body["content_block"])) this.#block(body["content_block"]);
        break;
      case "content_block_delta":
        this.#content ||= isObject(body["delta"]) && saysSomething(body["delta"]);
        break;
      case "content_block_stop":
        this.#open = undefined;
        break;
      case "message_delta":
        this.#count(body["usage"]);
        if (isObject(body["delta"]) && body["delta"]["stop_reason"]) this.#stop = body["delta"];
        break;
      case "message_stop":
        this.#ended = true;
        this.#settle();
        break;
      default:
        if (body["type"] === "error" || isObject(body["error"])) this.#error = decodeStreamError(body, this.#provider);
    }
  }

  #message(message: JsonObject): void {
    this.#id = text(message["id"]);
    this.#model = text(message["model"]);
    this.#count(message["usage"]);
    if (message["stop_reason"]) this.#stop = message;
    for (const block of isArray(message["content"]) ? message["content"] : []) if (isObject(block)) this.#block(block);
  }

  #block(block: JsonObject): void {
    if (block["type"] === "tool_use") this.#calls = true;
    this.#content ||= block["type"] === "text" || block["type"] === "thinking" ? saysSomething(block) : true;
  }

  #count(usage: Json | undefined): void {
    if (!isObject(usage)) return;
    this.#raw = mergeUsage(this.#raw, usage);
    this.#usage = decodeUsage(this.#raw);
  }

  #settle(): void {
    this.#finish = this.#ending(this.#stop ?? {});
  }

  #ending(stop: JsonObject): Finish {
    return decodeFinish(stop["stop_reason"], stop["stop_sequence"], stop["stop_details"], this.#calls);
  }

  /** The same with the stop reason that follows from what was said; undefined where it does already. */
  #corrected(stop: JsonObject): JsonObject | undefined {
    const stop_reason = correctedWord(stop["stop_reason"], this.#ending(stop));
    return stop_reason === undefined ? undefined : { ...stop, stop_reason };
  }
}

/** A block or delta with something for the caller to see. */
function saysSomething(value: JsonObject): boolean {
  const { type: _, ...rest } = value;
  return Object.values(rest).some((member) => (typeof member === "string" ? member !== "" : isObject(member)));
}

function parse(data: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(data);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
