import type { Source } from "../../canonical/call.ts";
import type { Finish } from "../../canonical/chat.ts";
import type { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Operation } from "../../canonical/operations.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import { Losses } from "../shared/losses.ts";
import { Names } from "../shared/names.ts";
import { list, number, object, text } from "../shared/read.ts";
import { splice } from "../shared/splice.ts";
import type { Observed, Relay, Relayed, Target } from "../wire.ts";
import { CandidateDecoder } from "./decode-reply.ts";
import { decodeInnerError, errorIn, errorObject } from "./errors.ts";
import { blockedFinish, decodeFinish, finishWord } from "./finish.ts";
import { pathFor, resource, type Verb } from "./name.ts";
import { ownFunctions } from "./own-functions.ts";
import { decodeUsage, mergeUsage } from "./usage.ts";

/**
 * The caller's own body, but for what the provider refuses. The model is in the path, and renamed where the body names it again
 * (embeddings, counts); the caller's query (its key) stays here.
 */
export function relayBody(source: Source, target: Target, verb: Verb): Pick<Relayed<Operation>, "wireRequest" | "warnings"> {
  const losses = new Losses();
  const body = splice(source, { set: renamed(source.json, resource(target.model)), remove: losses.refused(source.json, target) });
  return {
    wireRequest: { path: pathFor(target.model, verb), headers: { "content-type": "application/json" }, body },
    warnings: losses.warnings,
  };
}

/** Members of the body in which the model is named again, with its name there. */
function renamed(json: JsonObject, model: string): { readonly [member: string]: Json } {
  const set: Record<string, Json> = {};
  const { requests } = json;
  if (text(json["model"]) !== undefined && json["model"] !== model) set["model"] = model;
  if (isArray(requests) && requests.some((one) => isNamed(one, model)))
    set["requests"] = requests.map((one) => (isNamed(one, model) ? { ...one, model } : one));
  for (const member of ["generateContentRequest", "generate_content_request"]) {
    const inner = json[member];
    if (isNamed(inner, model)) set[member] = { ...inner, model };
  }
  return set;
}

/** Whether something names a model, and another. */
const isNamed = (value: Json | undefined, model: string): value is JsonObject =>
  isObject(value) && text(value["model"]) !== undefined && value["model"] !== model;

export function relay(source: Source, target: Target): Relayed<"chat"> {
  const { provider, model, callId } = target;
  const own = ownFunctions(source.json["tools"]);
  return {
    ...relayBody(source, target, target.stream ? "streamGenerateContent" : "generateContent"),
    relay: new CandidateRelay(provider, own),
    decoder: () => new CandidateDecoder({ provider, model, callId, own, names: new Names(Number.POSITIVE_INFINITY) }),
  };
}

/** Reads along while an answer passes unchanged. */
class CandidateRelay implements Relay {
  /**
   * A finish reason that is told, the beginning of a call, an error, a refused prompt. Usage comes with every event, but only
   * that of an event with a finish reason is the whole. Written so that the engine can skip ahead: uncommon beginnings, nearly
   * three times as fast as the whole names.
   */
  readonly interesting = /hReason"\s?:\s?["\d]|nCall"|error"\s?:|kReason"|nResponse"|nt: ?error/;
  readonly #provider: string;
  readonly #own: ReadonlySet<string> | undefined;
  readonly #finishes = new Map<number, { word: string | null }>();
  #id: string | undefined;
  #model: string | undefined;
  #raw: JsonObject | undefined;
  #feedback: JsonObject | undefined;
  #error: GatewayError | undefined;
  #called = false;
  #content = false;

  /** @param own see `ownFunctions` */
  constructor(provider: string, own: ReadonlySet<string> | undefined) {
    this.#provider = provider;
    this.#own = own;
  }

  push(event: WireEvent): "keep" {
    let value: Json;
    try {
      value = JSON.parse(event.data);
    } catch {
      return "keep";
    }
    this.#read(value);
    return "keep";
  }

  whole(body: JsonObject): "keep" {
    this.#read(body);
    // A whole answer may name no finish reason.
    for (const finish of this.#finishes.values()) finish.word ??= "";
    return "keep";
  }

  cut(terminal: Terminal): readonly WireEvent[] {
    switch (terminal.kind) {
      case "cancelled":
      case "finished":
        return [];
      case "truncated":
      case "error": {
        if (this.#error !== undefined) return [];
        const data = JSON.stringify({ error: errorObject(terminal.error) });
        return [{ data }, { event: "error", data }];
      }
      case "limited": {
        const open = [...this.#finishes].filter(([, { word }]) => word === null);
        if (open.length === 0 && this.#finishes.size > 0) return [];
        const indexes = open.length > 0 ? open.map(([index]) => index) : [0];
        const content = { parts: [{ text: "" }], role: "model" };
        const candidates = indexes.map((index) => ({ content, finishReason: "MAX_TOKENS", index }));
        const usage = this.#raw && { usageMetadata: this.#raw };
        return [{ data: JSON.stringify({ candidates, ...usage, modelVersion: this.#model, responseId: this.#id }) }];
      }
    }
  }

  observed(): Observed {
    const finish = this.#finish();
    return {
      id: this.#id,
      model: this.#model,
      usage: this.#usage(),
      finish,
      error: this.#error,
      content: this.#content,
      ended: finish !== undefined && [...this.#finishes.values()].every(({ word }) => word !== null),
      done: false,
    };
  }

  #usage(): Usage | undefined {
    return this.#raw && decodeUsage(this.#raw);
  }

  #finish(): Finish | undefined {
    const first = this.#finishes.size === 0 ? undefined : this.#finishes.get(Math.min(...this.#finishes.keys()));
    if (first !== undefined) {
      if (first.word === null) return undefined;
      const finish = decodeFinish(first.word === "" ? null : first.word, this.#called);
      return first.word === "" && finish.reason === "other" && this.#content ? { ...finish, reason: "stop" } : finish;
    }
    const blocked = text(this.#feedback?.["blockReason"]);
    return blocked === undefined || this.#feedback === undefined ? undefined : blockedFinish(blocked, this.#feedback);
  }

  #read(value: Json): void {
    const error = errorIn(value);
    if (error !== undefined) this.#error ??= decodeInnerError(error, this.#provider);
    if (!isObject(value)) return;
    this.#id ??= text(value["responseId"]) || undefined;
    this.#model ??= text(value["modelVersion"]) || undefined;
    if (isObject(value["usageMetadata"])) this.#raw = mergeUsage(this.#raw, value["usageMetadata"]);
    if (isObject(value["promptFeedback"])) this.#feedback = value["promptFeedback"];
    for (const [at, candidate] of (list(value["candidates"]) ?? []).entries()) {
      if (isObject(candidate)) this.#candidate(candidate, number(candidate["index"]) ?? at);
    }
  }

  #candidate(candidate: JsonObject, index: number): void {
    const parts = list(object(candidate["content"])?.["parts"]) ?? [];
    for (const part of parts) if (isObject(part)) this.#part(part);
    const word = finishWord(candidate["finishReason"]);
    const finish = this.#finishes.get(index);
    // What was not asked for is passed on, and is nothing to keep.
    if (finish === undefined) {
      if (index < mostCandidates) this.#finishes.set(index, { word });
    } else if (word !== null || parts.length > 0) finish.word = word;
  }

  #part(part: JsonObject): void {
    const call = object(part["functionCall"]);
    // A call whose arguments come in pieces has its name in the first alone.
    if (call?.["name"] !== undefined && this.#own?.has(text(call["name"]) ?? "") !== false) this.#called = true;
    if (!this.#content) this.#content = part["text"] !== undefined ? part["text"] !== "" : Object.keys(part).some(isData);
  }
}

/** More candidates than any provider gives. */
const mostCandidates = 64;

const isData = (field: string): boolean => field !== "thought" && field !== "thoughtSignature";
