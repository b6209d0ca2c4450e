import type { ChatChunk, Delta } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Citation, Origin, Part, ReasoningPart } from "../../canonical/parts.ts";
import { digest, type Names } from "../shared/names.ts";
import { readUrl } from "../shared/openai/media.ts";
import { list, number, object, others, text } from "../shared/read.ts";
import { decodeCitation } from "./citations.ts";
import { decodeFinish } from "./finish.ts";
import { legacyIndex, OpenCalls, readCall } from "./open-calls.ts";
import { readSeal } from "./seal.ts";

/** Text-like parts are said one after the other; each kind of them has a delta of its name. */
type Spoken = "text" | "reasoning" | "refusal";

/** Who makes the answer, and how its plain reasoning begins. */
export interface Maker {
  readonly origin: Origin;
  readonly reasoning: ReasoningPart;
}

/**
 * One choice of an answer being read: turns deltas (and whole messages, which are taken as one delta) into parts. Text-like
 * parts follow each other; tool calls stay open beside each other until the choice is closed.
 */
export class OpenChoice {
  readonly #index: number;
  readonly #names: Names;
  readonly #maker: Maker;
  #parts = 0;
  #spoken: Spoken | undefined;
  #part = -1;
  /** Which of the provider's reasoning details is being said. */
  #detail: string | undefined;
  readonly #calls = new OpenCalls();
  readonly #cited = new Set<string>();
  #audio = -1;
  #said = "";
  /** The provider's finish word so far; undefined until it sent a choice that could have one. */
  finish: string | null = null;
  closed = false;

  constructor(index: number, names: Names, maker: Maker) {
    this.#index = index;
    this.#names = names;
    this.#maker = maker;
  }

  /** Whether a tool call was made that the caller is to run. */
  get called(): boolean {
    return this.#calls.list.length > 0;
  }

  /** The usual delta, text alone while text is open; false where it is another. */
  plain(content: string, out: ChatChunk[]): boolean {
    if (this.#spoken !== "text") return false;
    if (content !== "") {
      out.push({ type: "part-delta", choice: this.#index, part: this.#part, delta: { type: "text", text: content } });
    }
    return true;
  }

  /** @param seed tells answers apart where ids of calls must be made up */
  read(delta: JsonObject, logprobs: Json | undefined, seed: string, out: ChatChunk[]): void {
    this.#reasoning(delta, out);
    const content = delta["content"];
    if (typeof content === "string") {
      if (content !== "" || logprobs !== undefined) this.#say("text", content, out, logprobs);
    } else if (isArray(content)) {
      for (const item of content) this.#item(item, out);
    } else if (isObject(content)) this.#say("text", JSON.stringify(content), out);
    else if (logprobs !== undefined) this.#say("text", "", out, logprobs);
    const refusal = text(delta["refusal"]);
    if (refusal) this.#say("refusal", refusal, out);
    for (const annotation of list(delta["annotations"]) ?? []) this.cite(decodeCitation(annotation), out);
    if (delta["audio"]) this.#hear(object(delta["audio"]), out);
    for (const image of list(delta["images"]) ?? []) this.#show(image, out);
    const executed = list(delta["executed_tools"]);
    if (executed)
      this.#place(
        { type: "opaque", origin: this.#maker.origin, kind: "executed_tools", value: { executed_tools: executed } },
        out,
      );
    for (const call of list(delta["tool_calls"]) ?? []) if (isObject(call)) this.#call(call, seed, out);
    const legacy = object(delta["function_call"]);
    if (legacy && (legacy["name"] || legacy["arguments"])) this.#call({ index: legacyIndex, function: legacy }, seed, out);
  }

  /** A whole message in place of a delta: what it says beyond what was said already. */
  readWhole(message: JsonObject, seed: string, out: ChatChunk[]): void {
    const content = text(message["content"]);
    if (content === undefined || this.#parts === 0) {
      if (this.#parts > 0) return;
      this.#said = content ?? "";
      this.read(message, undefined, seed, out);
    } else if (this.#said !== "" && content.startsWith(this.#said)) {
      this.read({ content: content.slice(this.#said.length) }, undefined, seed, out);
      this.#said = content;
    }
  }

  /** Attaches a citation to the text being said. `bare`: a URL from a list beside the message, which may repeat annotations. */
  cite(citation: Citation, out: ChatChunk[], bare = false): void {
    if (bare && citation.url !== undefined && this.#cited.has(citation.url)) return;
    if (citation.url !== undefined) this.#cited.add(citation.url);
    if (this.#spoken !== "text") this.#open("text", { type: "text", text: "" }, out);
    this.#add(this.#part, { type: "citation", citation }, out);
  }

  /**
   * Ends all parts and says how the choice finished.
   *
   * @param clean the whole answer was received, so that a missing finish word means a stop; else it means nothing
   */
  close(clean: boolean, out: ChatChunk[]): void {
    if (this.closed) return;
    this.closed = true;
    this.#endSpoken(out);
    for (const call of this.#calls.list) {
      if (call.arguments === "" && !call.custom) this.#add(call.part, { type: "arguments", text: "{}" }, out);
      out.push({ type: "part-end", choice: this.#index, part: call.part });
    }
    if (this.#audio >= 0) out.push({ type: "part-end", choice: this.#index, part: this.#audio });
    if (!clean && this.finish === null) return;
    out.push({ type: "finish", choice: this.#index, finish: decodeFinish(this.finish, this.called) });
  }

  #add(part: number, delta: Delta, out: ChatChunk[]): void {
    out.push({ type: "part-delta", choice: this.#index, part, delta });
  }

  #start(content: Part, out: ChatChunk[]): number {
    const part = this.#parts++;
    out.push({ type: "part-start", choice: this.#index, part, content });
    return part;
  }

  #open(kind: Spoken, content: Part, out: ChatChunk[]): void {
    this.#endSpoken(out);
    this.#spoken = kind;
    this.#part = this.#start(content, out);
  }

  #endSpoken(out: ChatChunk[]): void {
    if (this.#spoken === undefined) return;
    out.push({ type: "part-end", choice: this.#index, part: this.#part });
    this.#spoken = undefined;
    this.#detail = undefined;
  }

  /** A part that is known whole at once. */
  #place(content: Part, out: ChatChunk[]): void {
    this.#endSpoken(out);
    const part = this.#start(content, out);
    out.push({ type: "part-end", choice: this.#index, part });
  }

  #say(kind: Spoken, said: string, out: ChatChunk[], logprobs?: Json): void {
    if (this.#spoken !== kind) {
      const { reasoning } = this.#maker;
      this.#open(kind, kind === "reasoning" ? reasoning : { type: kind, text: "" }, out);
    }
    if (kind === "text" && logprobs !== undefined) this.#add(this.#part, { type: kind, text: said, logprobs }, out);
    else if (said !== "") this.#add(this.#part, { type: kind, text: said }, out);
  }

  /** Reasoning in each of its fields. What two fields say alike is taken once. */
  #reasoning(delta: JsonObject, out: ChatChunk[]): void {
    const said = text(delta["reasoning_content"]) || text(delta["reasoning"]) || "";
    const details = list(delta["reasoning_details"]);
    if (details === undefined || details.length === 0) {
      if (said !== "") this.#say("reasoning", said, out);
      return;
    }
    const texts = details.map((item) => text(object(item)?.["text"]) ?? text(object(item)?.["summary"]) ?? "");
    const alike = said === "" || texts.join("") === said;
    if (!alike) this.#say("reasoning", said, out);
    for (const [index, item] of details.entries()) {
      if (isObject(item)) this.#reasoningDetail(item, alike ? (texts[index] ?? "") : "", out);
    }
  }

  #reasoningDetail(item: JsonObject, said: string, out: ChatChunk[]): void {
    const kind = text(item["type"]) ?? "reasoning.text";
    const unread = others(item, new Set(["text", "summary", "data", "signature"]));
    const id = text(item["id"]);
    const base = {
      type: "reasoning" as const,
      text: "",
      origin: this.#maker.origin,
      as: "reasoning_details",
      ...(id && { id }),
      ...(unread && { extra: unread }),
    };
    const data = text(item["data"]);
    if (data !== undefined) {
      this.#place({ ...base, encrypted: data }, out);
      return;
    }
    const detail = `${kind} ${number(item["index"]) ?? 0}`;
    const signature = text(item["signature"]);
    if (said === "" && !signature) return;
    if (this.#spoken !== "reasoning" || (this.#detail !== undefined && this.#detail !== detail))
      this.#open("reasoning", base, out);
    this.#detail = detail;
    if (said !== "") this.#add(this.#part, { type: "reasoning", text: said }, out);
    if (signature) this.#add(this.#part, { type: "signature", signature }, out);
  }

  /** An element of content that is a list: Mistral's text and thinking, others' text and reasoning. */
  #item(item: Json, out: ChatChunk[]): void {
    if (typeof item === "string") {
      this.#say("text", item, out);
      return;
    }
    if (!isObject(item)) return;
    const type = item["type"];
    if (type === "text" || type === "output_text") this.#say("text", text(item["text"]) ?? "", out);
    else if (type === "refusal") this.#say("refusal", text(item["refusal"]) ?? "", out);
    else if (type === "thinking" || type === "reasoning") {
      const said = item["thinking"] ?? item["summary"] ?? item["text"];
      const pieces =
        typeof said === "string" ? [said] : (list(said) ?? []).map((piece) => text(piece) ?? text(object(piece)?.["text"]) ?? "");
      const whole = pieces.join("");
      if (whole !== "") this.#say("reasoning", whole, out);
      const signature = text(item["signature"]);
      if (signature && this.#spoken === "reasoning") this.#add(this.#part, { type: "signature", signature }, out);
    } else if (type === "image_url") this.#show(item, out);
    else this.#place({ type: "opaque", origin: this.#maker.origin, kind: text(type) ?? "unknown", value: item }, out);
  }

  #hear(audio: JsonObject | undefined, out: ChatChunk[]): void {
    if (audio === undefined) return;
    const delta = {
      type: "audio" as const,
      data: text(audio["data"]) || undefined,
      transcript: text(audio["transcript"]) || undefined,
      id: text(audio["id"]) || undefined,
      expiresAt: number(audio["expires_at"]) || undefined,
    };
    if (!delta.data && !delta.transcript && !delta.id && !delta.expiresAt) return;
    if (this.#audio < 0) {
      this.#endSpoken(out);
      this.#audio = this.#start({ type: "audio", id: delta.id }, out);
    }
    this.#add(this.#audio, delta, out);
  }

  #show(image: Json, out: ChatChunk[]): void {
    const url = text(object(object(image)?.["image_url"])?.["url"]) ?? text(object(image)?.["image_url"]);
    if (url !== undefined) this.#place({ type: "image", source: readUrl(url) }, out);
  }

  #call(source: JsonObject, seed: string, out: ChatChunk[]): void {
    const delta = readCall(source);
    let call = this.#calls.find(delta);
    if (call === undefined) {
      this.#endSpoken(out);
      const id = delta.id ?? `call_${digest(`${seed} ${this.#index} ${this.#calls.list.length}`)}`;
      const content: Part = {
        type: "tool-call",
        id,
        name: this.#names.original(delta.name ?? ""),
        arguments: "",
        ...(delta.custom && { kind: "custom" }),
        ...(delta.index === legacyIndex && { as: "function_call" }),
        ...readSeal(delta.extra, this.#maker.origin),
      };
      const part = this.#start(content, out);
      call = { part, id, index: delta.index, given: delta.id !== undefined, custom: delta.custom, arguments: "" };
      this.#calls.add(call);
    }
    if (delta.arguments !== "") {
      call.arguments += delta.arguments;
      this.#add(call.part, { type: "arguments", text: delta.arguments }, out);
    }
  }
}
