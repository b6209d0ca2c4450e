import type { Source } from "../../canonical/call.ts";
import type { Finish } from "../../canonical/chat.ts";
import type { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { isEmpty, Losses } from "../shared/losses.ts";
import { Names } from "../shared/names.ts";
import { number, object, text } from "../shared/read.ts";
import { splice } from "../shared/splice.ts";
import type { Observed, Relay, Relayed, Target } from "../wire.ts";
import { ResponseDecoder } from "./decode-reply.ts";
import { decodeInnerError, errorObject } from "./errors.ts";
import { decodeFinish } from "./finish.ts";
import { withoutMade } from "./made-ids.ts";
import { path } from "./name.ts";
import { echoOf, ResponseObject } from "./response-object.ts";
import { decodeUsage } from "./usage.ts";

/** Passes a call on in the caller's own bytes, with the model renamed and what the provider refuses taken out. */
export function relay(source: Source, target: Target): Relayed<"chat"> {
  const { body, warnings } = edited(source, target);
  const { provider, callId } = target;
  return {
    wireRequest: { path, headers: { "content-type": "application/json" }, body },
    warnings,
    relay: new ResponseRelay(target),
    decoder: () => new ResponseDecoder({ provider, callId, names: new Names(Number.POSITIVE_INFINITY) }),
  };
}

/** The caller's body for another provider: shared by all operations that have a body. */
export function edited(
  { json, ...source }: Source,
  target: Target,
): { readonly body: readonly Uint8Array[]; readonly warnings: readonly Warning[] } {
  const losses = new Losses();
  const remove = losses.refused(json, target);
  const known = withoutMade(json["input"]);
  for (const at of known?.at ?? []) {
    losses.drop("reasoning_dropped", at, "earlier reasoning of another API cannot be sent here.");
  }
  const renamed = json["model"] === target.model ? {} : { model: target.model };
  const set = { ...renamed, ...(known && { input: known.input }) };
  return { body: splice({ json, ...source }, { set, remove }), warnings: losses.warnings };
}

/** Reads along while a response passes unchanged. */
class ResponseRelay implements Relay {
  // A response's states, the beginnings and ends of items, errors and the end marker. Quotes inside a delta's text are escaped.
  readonly interesting =
    /"type"\s?:\s?"(?:response\.(?:completed|created|cancelled|in|failed|queued|output_item)|error")|nt: ?error|"error"\s?:\s?\{|\[DONE\]/;
  readonly #target: Target;
  #id: string | undefined;
  #model: string | undefined;
  #created = 0;
  #usage: Usage | undefined;
  #finish: Finish | undefined;
  #error: GatewayError | undefined;
  #sequence = 0;
  /** Items that are whole, for a response that has to be cut. */
  readonly #output: Json[] = [];
  #called = false;
  #content = false;
  #ended = false;
  #done = false;

  constructor(target: Target) {
    this.#target = target;
  }

  push({ data, event }: WireEvent): "keep" {
    if (data === "[DONE]" || data.trim() === "[DONE]") {
      this.#done = true;
      return "keep";
    }
    let body: Json;
    try {
      body = JSON.parse(data);
    } catch {
      return "keep";
    }
    if (isObject(body) && !this.#ended) this.#read(body, event);
    return "keep";
  }

  whole(body: JsonObject): "keep" {
    if (body["error"] || body["status"] === "failed") {
      this.#error = decodeInnerError(body["error"] ?? null, this.#target.provider);
      return "keep";
    }
    for (const item of isArray(body["output"]) ? body["output"] : []) this.#item(item, true);
    this.#content = true;
    this.#ended = this.#done = isArray(body["output"]);
    this.#head(body);
    this.#settle(body);
    return "keep";
  }

  cut(terminal: Terminal): readonly WireEvent[] {
    if (terminal.kind === "cancelled" || terminal.kind === "finished" || this.#ended || this.#error !== undefined) return [];
    const head = { id: this.#id, model: this.#model };
    const meta = { id: this.#target.callId, createdAt: this.#created, model: this.#target.model };
    const response = new ResponseObject(head, meta, echoOf({}));
    const output = this.#output;
    const usage = this.#usage;
    if (terminal.kind === "limited") {
      const cut = response.in({ status: "incomplete", why: "max_output_tokens", output, usage });
      return [this.#event("response.incomplete", { response: cut })];
    }
    const { error } = terminal;
    const said = errorObject(error);
    const { code = null, message = "", param = null }: { readonly [field: string]: Json | undefined } = said;
    return [
      this.#event("error", { code, message, param, error: said }),
      this.#event("response.failed", { response: response.in({ status: "failed", error, output, usage }) }),
    ];
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
      done: this.#done,
    };
  }

  #event(type: string, members: JsonObject): WireEvent {
    return { event: type, data: JSON.stringify({ type, sequence_number: ++this.#sequence, ...members }) };
  }

  #read(body: JsonObject, event: string | undefined): void {
    this.#sequence = number(body["sequence_number"]) ?? this.#sequence;
    const type = text(body["type"]);
    const response = object(body["response"]);
    switch (type) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        if (response !== undefined) this.#head(response);
        return;
      case "response.completed":
      case "response.incomplete":
      case "response.cancelled":
        for (const item of isArray(response?.["output"]) ? response["output"] : []) this.#item(item, true);
        this.#ended = true;
        if (response !== undefined) this.#head(response);
        this.#settle(response ?? { status: type.slice(9) });
        return;
      case "response.failed":
        if (response !== undefined) {
          this.#head(response);
          this.#count(response);
        }
        this.#error ??= decodeInnerError(response?.["error"] ?? null, this.#target.provider);
        return;
      case "response.output_item.added":
        this.#item(body["item"], false);
        return;
      case "response.output_item.done":
        this.#item(body["item"], true);
        if (body["item"] !== undefined) this.#output.push(body["item"]);
        return;
      case "error":
        this.#error ??= decodeInnerError(body["error"] ?? body, this.#target.provider);
        return;
      case undefined:
        if (event === "error" || body["error"]) this.#error ??= decodeInnerError(body["error"] ?? body, this.#target.provider);
        return;
      default:
        if (body["delta"] || body["annotation"]) this.#content = true;
    }
  }

  #head(response: JsonObject): void {
    this.#id ??= text(response["id"]) || undefined;
    this.#model ??= text(response["model"]) || undefined;
    this.#created ||= number(response["created_at"]) ?? 0;
  }

  /** An item says something by being there, but for an empty message or thought. */
  #item(item: Json | undefined, over: boolean): void {
    if (!isObject(item)) return;
    const { type } = item;
    if (type === "function_call" || type === "custom_tool_call") this.#called = true;
    const spoken = type === "message" || type === "reasoning";
    if (!spoken || !isEmpty(item["content"]) || !isEmpty(item["summary"])) this.#content = true;
    else if (over && item["encrypted_content"]) this.#content = true;
  }

  #count(response: JsonObject): void {
    const raw = object(response["usage"]);
    this.#usage = (raw && decodeUsage(raw, response["tool_usage"])) ?? this.#usage;
  }

  #settle(response: JsonObject): void {
    this.#count(response);
    this.#finish = decodeFinish(response, this.#called);
  }
}
