import type { Source } from "../../canonical/call.ts";
import type { Finish } from "../../canonical/chat.ts";
import type { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import { isEmpty, Losses } from "../shared/losses.ts";
import { mergeUsage } from "../shared/merge-usage.ts";
import { Names } from "../shared/names.ts";
import { number, object, text } from "../shared/read.ts";
import { splice } from "../shared/splice.ts";
import type { Observed, Relay, Relayed, Target } from "../wire.ts";
import { ChatDecoder } from "./decode-reply.ts";
import { decodeInnerError, errorObject } from "./errors.ts";
import { correctedWord, decodeFinish, finishWord } from "./finish.ts";
import { emulated, jsonInWords } from "./json-in-words.ts";
import { path } from "./name.ts";
import { decodeUsage } from "./usage.ts";

/**
 * Passes a call on in the caller's own bytes. What is edited: the model, the usage option of streams, and what the target's
 * quirks name (refused fields, the output limit's name, the developer role).
 */
export function relay(source: Source, target: Target): Relayed<"chat"> {
  const { json } = source;
  const { quirks } = target;
  const losses = new Losses();
  const set: Record<string, Json> = {};
  const remove: string[] = [];
  if (json["model"] !== target.model) set["model"] = target.model;

  const options = object(json["stream_options"]);
  const asked = options?.["include_usage"] === true;
  if (target.stream && quirks.streamUsage !== false) {
    if (!asked) set["stream_options"] = { ...options, include_usage: true };
  } else if (quirks.streamUsage === false && json["stream_options"] !== undefined) {
    remove.push("stream_options");
    if (asked) losses.drop("stream_options_dropped", "stream_options", "the provider tells no usage in streams.");
  }

  const limits = ["max_tokens", "max_completion_tokens"];
  const field = quirks.maxTokensField;
  for (const other of limits) {
    if (field === undefined || other === field || json[other] === undefined) continue;
    remove.push(other);
    if (isEmpty(json[field]) && !isEmpty(json[other])) set[field] = json[other] ?? null;
  }
  remove.push(...losses.refused(json, target));
  if (quirks.developerRole === false) {
    const messages = withoutDeveloper(json["messages"]);
    if (messages !== undefined) {
      set["messages"] = messages;
      losses.approximate("developer_role_as_system", "messages", "the provider does not know the developer role.");
    }
  }
  const worded =
    quirks.schemaOutput === false ? jsonInWords({ ...json, messages: set["messages"] ?? json["messages"] }) : undefined;
  if (worded !== undefined) {
    set["messages"] = worded.messages;
    if (worded.response_format !== undefined) set["response_format"] = worded.response_format;
    else remove.push("response_format");
    losses.emulate(emulated.code, emulated.at, emulated.detail);
  }
  const body = splice(source, { set, remove });
  const { provider } = target;
  const choices = number(json["n"]) ?? 1;
  return {
    wireRequest: { path, headers: { "content-type": "application/json" }, body },
    warnings: losses.warnings,
    relay: new ChatRelay(target, asked, choices, source.members.has("tools")),
    decoder: () =>
      new ChatDecoder({ provider, names: new Names(Number.POSITIVE_INFINITY), choices, reasoningBack: quirks.reasoningBack }),
  };
}

/** The messages with system for developer; undefined where there is none to change. */
function withoutDeveloper(messages: Json | undefined): Json | undefined {
  if (!isArray(messages) || !messages.some((message) => object(message)?.["role"] === "developer")) return undefined;
  return messages.map((message) =>
    isObject(message) && message["role"] === "developer" ? { ...message, role: "system" } : message,
  );
}

/** More choices than any provider gives. */
const mostChoices = 128;

/**
 * Usage that is an object, a finish reason that is text, a tool's name (the beginning of a call), an error, the end.
 * OpenAI sends `"usage":null` and `"finish_reason":null` with every chunk: those do not match. Written so that the engine
 * can skip ahead (at most one blank, uncommon beginnings): three times as fast as the tidier form.
 */
const facts = /usage"\s?:\s?\{|_reason"\s?:\s?"|"name"\s?:\s?"|error"\s?:\s?[^n\s]|\[DONE\]|nt: ?error/;
/** The same and reasoning details, which begin like a name and therefore cost nothing more. */
const factsAndDetails = new RegExp(`${facts.source}|"reasoning_details"\\s?:\\s?\\[`);

class ChatRelay implements Relay {
  readonly #provider: string;
  /** The caller asked to be told the usage itself. */
  readonly #asked: boolean;
  /** Choices asked for. */
  readonly #choices: number;
  readonly #reasoningBack: boolean;
  /** Tools are offered, so that something of this answer may be wanted back. */
  readonly #tools: boolean;
  /** How each choice ended, of those that have. */
  readonly #finishes = new Map<number, Finish>();
  #id: string | undefined;
  #model: string | undefined;
  #created = 0;
  #usage: JsonObject | undefined;
  #error: GatewayError | undefined;
  /** The choices that call tools, and those that do it as `function_call`. */
  readonly #called = new Set<number>();
  readonly #legacy = new Set<number>();
  #content = false;
  #losable = false;
  #done = false;

  constructor(target: Target, asked: boolean, choices: number, tools: boolean) {
    this.#tools = tools;
    this.#provider = target.provider;
    this.#asked = asked;
    this.#reasoningBack = target.quirks.reasoningBack === true;
    this.#choices = Math.min(Math.max(choices, 1), mostChoices);
  }

  get interesting(): RegExp {
    return this.#tools && !this.#losable ? factsAndDetails : facts;
  }

  push(event: WireEvent): "keep" | "drop" | readonly WireEvent[] {
    const { data } = event;
    if (data === "[DONE]" || data.trim() === "[DONE]") {
      const told = this.#done || this.#error !== undefined || !this.#content || this.#finishes.size > 0;
      this.#done = true;
      return told ? "keep" : [this.#finish(0, this.#wordOf(0, "stop")), event];
    }
    let value: Json;
    try {
      value = JSON.parse(data);
    } catch {
      return "keep";
    }
    if (!isObject(value)) return "keep";
    if (event.event === "error" && value["error"] === undefined) this.#error = decodeInnerError(value, this.#provider);
    if (this.#read(value) && !this.#asked) return "drop";
    const corrected = this.#corrected(value, null);
    return corrected === undefined ? "keep" : [{ ...event, data: JSON.stringify(corrected) }];
  }

  whole(body: JsonObject): "keep" | JsonObject {
    this.#read(body);
    this.#done = isArray(body["choices"]);
    return this.#corrected(body, "stop") ?? "keep";
  }

  cut(terminal: Terminal): readonly WireEvent[] {
    switch (terminal.kind) {
      case "cancelled":
        return [];
      case "truncated":
      case "error":
        return [{ data: JSON.stringify({ error: errorObject(terminal.error) }) }];
      case "finished":
        return this.#done ? [] : [{ data: "[DONE]" }];
      case "limited": {
        return [...this.#open().map((index) => this.#finish(index, "length")), { data: "[DONE]" }];
      }
    }
  }

  observed(): Observed {
    return {
      id: this.#id,
      model: this.#model,
      usage: this.#usage && decodeUsage(this.#usage),
      finish: this.#firstFinish() ?? (this.#done ? decodeFinish(null, this.#called.size > 0) : undefined),
      error: this.#error,
      content: this.#content,
      losable: this.#losable,
      done: this.#done,
      // Some providers send no marker: their answer is whole once every choice has its finish reason.
      ended: this.#done || this.#open().length === 0,
    };
  }

  #firstFinish(): Finish | undefined {
    return this.#finishes.size === 0 ? undefined : this.#finishes.get(Math.min(...this.#finishes.keys()));
  }

  /** The choices that have not ended yet. */
  #open(): readonly number[] {
    const open: number[] = [];
    for (let index = 0; index < this.#choices; index++) if (!this.#finishes.has(index)) open.push(index);
    return open;
  }

  #finish(index: number, finish_reason: string): WireEvent {
    const choice = { index, delta: {}, finish_reason };
    const chunk = {
      id: this.#id ?? "",
      object: "chat.completion.chunk",
      created: this.#created,
      model: this.#model ?? "",
      choices: [choice],
    };
    return { data: JSON.stringify(chunk) };
  }

  /** Takes note of what a chunk or a whole body says. Gives whether it tells nothing but the usage. */
  #read(body: JsonObject): boolean {
    this.#id ??= text(body["id"]) || undefined;
    this.#model ??= text(body["model"]) || undefined;
    this.#created ||= number(body["created"]) ?? 0;
    const usage = body["usage"] ?? object(body["x_groq"])?.["usage"];
    if (isObject(usage)) this.#usage = mergeUsage(this.#usage, usage);
    if (body["error"]) this.#error = decodeInnerError(body["error"], this.#provider);
    const choices = body["choices"];
    if (!isArray(choices)) return false;
    for (const [at, choice] of choices.entries()) if (isObject(choice)) this.#choice(choice, at);
    return choices.length === 0 && isObject(body["usage"]) && !body["error"] && !body["moderation"];
  }

  #choice(choice: JsonObject, at: number): void {
    const index = number(choice["index"]) ?? at;
    this.#said(object(choice["delta"]), index);
    this.#said(object(choice["message"]), index);
    const word = finishWord(choice["finish_reason"]);
    // What was not asked for is passed on, and is nothing to keep.
    if (word !== null && index < mostChoices) this.#finishes.set(index, decodeFinish(word, this.#called.has(index)));
  }

  /**
   * The same with the finish reasons that follow from what was said; undefined where they do already. Agents stop for good
   * where calls end in `stop`, and some latch on to the first reason they see, were it empty: `unsaid` is what that becomes.
   */
  #corrected(body: JsonObject, unsaid: "stop" | null): JsonObject | undefined {
    const { choices } = body;
    if (!isArray(choices)) return undefined;
    let corrected: Json[] | undefined;
    for (const [at, choice] of choices.entries()) {
      const raw = isObject(choice) ? choice["finish_reason"] : undefined;
      if (!isObject(choice) || typeof raw !== "string") continue;
      const index = number(choice["index"]) ?? at;
      const finish_reason = raw === "" ? unsaid && this.#wordOf(index, unsaid) : this.#wordOf(index, raw);
      if (finish_reason === raw) continue;
      corrected ??= [...choices];
      corrected[at] = { ...choice, finish_reason };
    }
    return corrected && { ...body, choices: corrected };
  }

  #wordOf(index: number, raw: string): string {
    return correctedWord(raw, this.#called.has(index), this.#legacy.has(index)) ?? raw;
  }

  #said(said: JsonObject | undefined, index: number): void {
    if (said === undefined) return;
    const calls = said["tool_calls"];
    const legacy = Boolean(object(said["function_call"])?.["name"]);
    if (((isArray(calls) && calls.length > 0) || legacy) && index < mostChoices) {
      this.#called.add(index);
      if (legacy) this.#legacy.add(index);
    }
    if (!this.#content) this.#content = hasContent(said);
    if (this.#tools && !this.#losable) this.#losable = isLosable(said) || (this.#reasoningBack && hasReasoning(said));
  }
}

const hasReasoning = (said: JsonObject): boolean => Boolean(text(said["reasoning_content"]) || text(said["reasoning"]));

/** Whether a delta or message bears what OpenAI's SDKs lose when they put a message together: details, signatures of calls. */
function isLosable(said: JsonObject): boolean {
  const details = said["reasoning_details"];
  if (isArray(details) && details.length > 0) return true;
  const calls = said["tool_calls"];
  return isArray(calls) && calls.some((call) => object(call)?.["extra_content"] !== undefined);
}

const spoken = [
  ...["content", "tool_calls", "reasoning_content", "reasoning", "refusal", "function_call", "reasoning_details", "audio"],
  ...["images", "annotations", "executed_tools"],
];

/** Whether a caller sees anything in this delta or message: a role alone and empty strings are nothing. */
function hasContent(said: JsonObject): boolean {
  for (const field of spoken) {
    const value = said[field];
    if (value === undefined || value === null || value === "") continue;
    if (isArray(value) ? value.length > 0 : isObject(value) ? Object.values(value).some((item) => item) : true) return true;
  }
  return false;
}
