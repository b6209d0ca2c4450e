import type { ChatChunk, Delta } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Origin, Part } from "../../canonical/parts.ts";
import type { Names } from "../shared/names.ts";
import { list, object, others, text } from "../shared/read.ts";
import type { Restore } from "../shared/schema/index.ts";
import { decodeCitation } from "./citations.ts";
import { reasoningParts } from "./reasoning.ts";

/** What the items of one answer share while they are read. */
export interface Answer {
  readonly origin: Origin;
  readonly names: Names;
  readonly restores: ReadonlyMap<string, Restore> | undefined;
  readonly answer: Restore | undefined;
  /** Gives the next part's number. */
  readonly next: () => number;
  /** Makes an id for a call that has none. */
  readonly callId: () => string;
  readonly emit: (chunk: ChatChunk) => void;
}

/** A part being said. */
interface OpenPart {
  readonly part: number;
  /** What of its text was told. */
  told: string;
  cited: number;
  ended: boolean;
  /** What puts it into the form its schema wants: until it is whole, it is held back. */
  readonly restore: Restore | undefined;
  held: string;
}

type Kind = "text" | "refusal" | "reasoning";

/** An output item between its beginning and its end: what its events and its final form tell, as chunks. */
export class OpenItem {
  readonly type: string;
  readonly id: string | undefined;
  readonly #item: JsonObject;
  readonly #answer: Answer;
  /** Contents of a message, summaries and thoughts of a reasoning item, by a letter and their index. */
  readonly #parts = new Map<string, OpenPart>();
  /** The one part of any other item. */
  #only: OpenPart | undefined;
  done = false;

  constructor(item: JsonObject, answer: Answer) {
    this.#item = item;
    this.#answer = answer;
    this.type = text(item["type"]) ?? "message";
    this.id = text(item["id"]) || text(item["item_id"]) || undefined;
    if (this.called) this.#only = this.#start(this.#call(item), answer.restores?.get(text(item["name"]) ?? ""));
    else if (this.type !== "message" && this.type !== "reasoning") {
      this.#only = this.#start({ type: "opaque", origin: answer.origin, kind: this.type, value: item });
    }
  }

  /** Whether it is a call that the caller is to run. */
  get called(): boolean {
    return this.type === "function_call" || this.type === "custom_tool_call";
  }

  /** A piece of a message's content. */
  say(index: number, kind: "text" | "refusal", said: string, logprobs?: Json): void {
    const part = this.#parts.get(`c${index}`) ?? this.#open(`c${index}`, kind, this.#spoken(kind));
    this.#add(part, kind, said, logprobs);
  }

  /** A piece of a summary or of a thought. */
  think(index: number, summary: boolean, said: string): void {
    const key = summary ? `s${index}` : `r${index}`;
    const part = this.#parts.get(key) ?? this.#open(key, "reasoning", this.#thought(summary));
    this.#add(part, "reasoning", said);
  }

  /** A piece of a call's arguments or input. */
  argue(said: string): void {
    const only = this.#only;
    if (only === undefined || !this.called || said === "") return;
    only.told += said;
    if (only.restore === undefined) this.#tell(only, { type: "arguments", text: said });
    else only.held += said;
  }

  cite(index: number, annotation: Json): void {
    const part = this.#parts.get(`c${index}`) ?? this.#open(`c${index}`, "text", this.#spoken("text"));
    part.cited++;
    this.#tell(part, { type: "citation", citation: decodeCitation(annotation) });
  }

  /** The item as it is in the end: tells what its events left out. */
  finish(item: JsonObject): void {
    if (this.done) return;
    this.done = true;
    if (this.type === "message") this.#finishMessage(item);
    else if (this.type === "reasoning") this.#finishReasoning(item);
    else if (this.#only !== undefined) {
      if (this.called) {
        this.argue(rest(argumentsOf(item), this.#only.told));
      } else this.#tell(this.#only, { type: "opaque", value: item });
    }
    this.close();
  }

  /** Ends all its parts. */
  close(): void {
    if (this.#only !== undefined) this.#end(this.#only);
    for (const part of this.#parts.values()) this.#end(part);
  }

  #finishMessage(item: JsonObject): void {
    for (const [index, value] of (list(item["content"]) ?? []).entries()) {
      const content = object(value);
      if (content === undefined) continue;
      const key = `c${index}`;
      if (content["type"] === "refusal") {
        this.#rest(key, "refusal", text(content["refusal"]) ?? "", this.#spoken("refusal"));
      } else if (text(content["text"]) !== undefined) {
        const logprobs = this.#parts.has(key) ? undefined : list(content["logprobs"]);
        const part = this.#rest(key, "text", text(content["text"]) ?? "", this.#spoken("text"), logprobs);
        for (const annotation of (list(content["annotations"]) ?? []).slice(part.cited)) this.cite(index, annotation);
      } else if (!this.#parts.has(key)) {
        const kind = text(content["type"]) ?? "unknown";
        this.#parts.set(key, this.#start({ type: "opaque", origin: this.#answer.origin, kind, value: content }));
      }
    }
  }

  #finishReasoning(item: JsonObject): void {
    const { origin } = this.#answer;
    const whole = reasoningParts({ ...item, ...(this.id !== undefined && { id: this.id }) }, origin);
    let summaries = 0;
    let thoughts = 0;
    for (const part of whole) {
      if (part.type === "opaque" || part.encrypted !== undefined) this.#parts.set(`e${this.#parts.size}`, this.#start(part));
      else if (part.as === "content") this.#rest(`r${thoughts++}`, "reasoning", part.text, part);
      else if (part.text !== "" || part.as === "summary") this.#rest(`s${summaries++}`, "reasoning", part.text, part);
      else if (this.#parts.size === 0) this.#parts.set("e", this.#start(part));
    }
  }

  /** What of a text was not told yet. */
  #rest(key: string, kind: Kind, said: string, content: Part, logprobs?: readonly Json[]): OpenPart {
    const part = this.#parts.get(key) ?? this.#open(key, kind, content);
    const more = rest(said, part.told);
    if (more !== "") this.#add(part, kind, more, logprobs);
    return part;
  }

  #spoken(kind: "text" | "refusal"): Part {
    const phase = text(this.#item["phase"]);
    const as = this.#parts.size === 0 && phase !== undefined && /^\S+$/.test(phase) ? `phase=${phase}` : undefined;
    return { type: kind, text: "", ...(this.id !== undefined && { itemId: this.id }), ...(as !== undefined && { as }) };
  }

  #thought(summary: boolean): Part {
    const { origin } = this.#answer;
    return {
      type: "reasoning",
      text: "",
      origin,
      ...(this.id !== undefined && { itemId: this.id }),
      ...(!summary && { as: "content" }),
    };
  }

  #call(item: JsonObject): Part {
    const custom = this.type === "custom_tool_call";
    const extra = others(item, callMembers);
    const namespace = text(item["namespace"]);
    return {
      type: "tool-call",
      id: text(item["call_id"]) || this.id || this.#answer.callId(),
      name: this.#answer.names.original(text(item["name"]) ?? ""),
      arguments: "",
      ...(custom && { kind: "custom" }),
      ...(namespace !== undefined && { namespace }),
      ...(this.id !== undefined && { itemId: this.id }),
      ...(extra && { extra }),
    };
  }

  #open(key: string, kind: Kind, content: Part): OpenPart {
    // Texts follow each other; a provider that never says that one is over begins the next.
    for (const part of this.#parts.values()) this.#end(part);
    const empty = content.type === kind ? { ...content, text: "" } : content;
    const part = this.#start(empty, kind === "text" ? this.#answer.answer : undefined);
    this.#parts.set(key, part);
    return part;
  }

  #start(content: Part, restore?: Restore): OpenPart {
    const part = this.#answer.next();
    this.#answer.emit({ type: "part-start", choice: 0, part, content });
    return { part, told: "", cited: 0, ended: false, restore, held: "" };
  }

  #add(part: OpenPart, kind: Kind, said: string, logprobs?: Json): void {
    const tokens = list(logprobs);
    part.told += said;
    if (part.restore !== undefined) {
      part.held += said;
      return;
    }
    if (tokens !== undefined && tokens.length > 0) {
      const held = kind === "refusal" ? { content: null, refusal: tokens } : { content: tokens, refusal: null };
      if (kind !== "reasoning") this.#tell(part, { type: kind, text: said, logprobs: held });
    } else if (said !== "") this.#tell(part, { type: kind, text: said });
  }

  #tell(part: OpenPart, delta: Delta): void {
    this.#answer.emit({ type: "part-delta", choice: 0, part: part.part, delta });
  }

  #end(part: OpenPart): void {
    if (part.ended) return;
    part.ended = true;
    if (part.restore !== undefined && part.held !== "") {
      const whole = restored(part.held, part.restore);
      this.#tell(part, this.called ? { type: "arguments", text: whole } : { type: "text", text: whole });
    }
    this.#answer.emit({ type: "part-end", choice: 0, part: part.part });
  }
}

const callMembers = new Set([
  "type",
  "namespace",
  "id",
  "call_id",
  "name",
  "arguments",
  "input",
  "status",
  "item_id",
  "output_index",
]);

/** What was not told yet; nothing where what was told is another text. */
const rest = (whole: string, told: string): string =>
  whole.length > told.length && whole.startsWith(told) ? whole.slice(told.length) : "";

/** JSON that was cut in the middle stays as it is. */
function restored(written: string, restore: Restore): string {
  let value: Json;
  try {
    value = JSON.parse(written);
  } catch {
    return written;
  }
  return JSON.stringify(restore(value));
}

function argumentsOf(item: JsonObject): string {
  if (item["type"] === "custom_tool_call") return text(item["input"]) ?? "";
  const written = item["arguments"];
  if (typeof written === "string") return written === "" ? "{}" : written;
  return JSON.stringify(written ?? {});
}
