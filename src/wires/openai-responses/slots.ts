import type { Delta } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Citation, Part, ReasoningPart } from "../../canonical/parts.ts";
import { spelled } from "../shared/openai/form.ts";
import type { Item } from "./item.ts";

/** A part of the answer on its way out. */
export interface Slot {
  /** None for a part that the caller is not shown. */
  readonly item: Item | undefined;
  /** Nothing else may be said while it is open. */
  readonly speaks: boolean;
  /** An event that adds text to it, but for the text and what follows: for the common case. */
  readonly textHead?: string | undefined;
  /** Adds text whose event was written already. */
  add?(text: string): void;
  delta(delta: Delta): void;
  end(): void;
}

type Emit = (type: string, members: JsonObject) => void;

export class HiddenSlot implements Slot {
  readonly item = undefined;
  readonly speaks = false;
  delta(): void {}
  end(): void {}
}

/** Log probabilities of a delta as this wire lists them: other APIs leave out what they do not know. */
function tokensOf(logprobs: Json | undefined): readonly JsonObject[] {
  const tokens = isObject(logprobs) ? logprobs["content"] : undefined;
  return isArray(tokens) ? tokens.filter(isObject).map(completeToken) : [];
}

const completeToken = (token: JsonObject): JsonObject => {
  const tops = token["top_logprobs"];
  return {
    ...token,
    bytes: token["bytes"] ?? [],
    top_logprobs: isArray(tops) ? tops.filter(isObject).map((top) => ({ ...top, bytes: top["bytes"] ?? [] })) : [],
  };
};

/** A text or refusal: content of a message. */
export class SpokenSlot implements Slot {
  readonly item: Item;
  readonly speaks = true;
  readonly textHead: string | undefined;
  readonly #emit: Emit;
  readonly #cite: (citation: Citation) => Json | undefined;
  readonly #refusal: boolean;
  readonly #place: number;
  #said = "";
  readonly #annotations: Json[] = [];
  readonly #logprobs: Json[] = [];

  constructor(item: Item, emit: Emit, content: Part, cite: (citation: Citation) => Json | undefined) {
    this.item = item;
    this.#emit = emit;
    this.#cite = cite;
    this.#refusal = content.type === "refusal";
    const part = this.#part();
    this.#place = item.push("content", part);
    emit("response.content_part.added", { ...this.#at(), part });
    const at = `"item_id":${JSON.stringify(item.id)},"output_index":${item.index},"content_index":${this.#place}`;
    if (!this.#refusal) this.textHead = `{"type":"response.output_text.delta",${at},"logprobs":[],"delta":`;
    if (content.type !== "text" && content.type !== "refusal") return;
    if (content.text !== "") this.#say(content.text);
    if (content.type === "text") for (const citation of content.citations ?? []) this.#annotate(citation);
  }

  add(text: string): void {
    this.#said += text;
  }

  delta(delta: Delta): void {
    if (delta.type === "text" || delta.type === "refusal") this.#say(delta.text, delta.logprobs);
    else if (delta.type === "citation") this.#annotate(delta.citation);
    else if (delta.type === "audio" && delta.transcript) this.#say(delta.transcript);
  }

  end(): void {
    const part = this.#part();
    this.item.replace("content", this.#place, part);
    if (this.#refusal) this.#emit("response.refusal.done", { ...this.#at(), refusal: this.#said });
    else this.#emit("response.output_text.done", { ...this.#at(), text: this.#said, logprobs: this.#logprobs });
    this.#emit("response.content_part.done", { ...this.#at(), part });
  }

  #at(): JsonObject {
    return { item_id: this.item.id, output_index: this.item.index, content_index: this.#place };
  }

  #part(): JsonObject {
    if (this.#refusal) return { type: "refusal", refusal: this.#said };
    return { type: "output_text", text: this.#said, annotations: [...this.#annotations], logprobs: [...this.#logprobs] };
  }

  #say(text: string, logprobs?: Json): void {
    this.#said += text;
    if (this.#refusal) {
      this.#emit("response.refusal.delta", { ...this.#at(), delta: text });
      return;
    }
    const tokens = tokensOf(logprobs);
    for (const token of tokens) this.#logprobs.push(token);
    if (text !== "" || tokens.length > 0)
      this.#emit("response.output_text.delta", { ...this.#at(), delta: text, logprobs: tokens });
  }

  #annotate(citation: Citation): void {
    const annotation = this.#cite(citation);
    if (annotation === undefined) return;
    const annotation_index = this.#annotations.length;
    this.#annotations.push(annotation);
    this.#emit("response.output_text.annotation.added", { ...this.#at(), annotation_index, annotation });
  }
}

/** A thought: a summary or content of a reasoning item, or what of it is encrypted. */
export class ThoughtSlot implements Slot {
  readonly item: Item;
  readonly speaks = true;
  readonly #emit: Emit;
  readonly #hidden: () => void;
  readonly #summary: boolean;
  /** Its place in the item; -1 until it says something. */
  #place = -1;
  #said = "";

  constructor(item: Item, emit: Emit, content: ReasoningPart, own: boolean, hidden: () => void) {
    this.item = item;
    this.#emit = emit;
    this.#hidden = hidden;
    this.#summary = !(own && spelled(content.as, "content"));
    if (own && content.encrypted !== undefined) item.set("encrypted_content", content.encrypted);
    if (own) for (const [field, value] of Object.entries(content.extra ?? {})) if (value !== undefined) item.set(field, value);
    if (content.text !== "" || (own && spelled(content.as, "summary"))) this.#say(content.text);
  }

  delta(delta: Delta): void {
    if (delta.type === "reasoning") this.#say(delta.text);
    else if (delta.type === "signature") this.#hidden();
  }

  end(): void {
    if (this.#place < 0) return;
    const part = this.#part();
    this.item.replace(this.#field(), this.#place, part);
    const kind = this.#summary ? "reasoning_summary" : "reasoning";
    this.#emit(`response.${kind}_text.done`, { ...this.#at(), text: this.#said });
    this.#emit(this.#summary ? "response.reasoning_summary_part.done" : "response.content_part.done", { ...this.#at(), part });
  }

  #field(): string {
    return this.#summary ? "summary" : "content";
  }

  #at(): JsonObject {
    const place = this.#summary ? { summary_index: this.#place } : { content_index: this.#place };
    return { item_id: this.item.id, output_index: this.item.index, ...place };
  }

  #part(): JsonObject {
    return { type: this.#summary ? "summary_text" : "reasoning_text", text: this.#said };
  }

  #say(text: string): void {
    if (this.#place < 0) {
      const part = this.#part();
      this.#place = this.item.push(this.#field(), part);
      this.#emit(this.#summary ? "response.reasoning_summary_part.added" : "response.content_part.added", {
        ...this.#at(),
        part,
      });
    }
    if (text === "") return;
    this.#said += text;
    this.#emit(`response.${this.#summary ? "reasoning_summary" : "reasoning"}_text.delta`, { ...this.#at(), delta: text });
  }
}

/** A call that the caller is to run. */
export class CallSlot implements Slot {
  readonly item: Item;
  readonly speaks = false;
  readonly #emit: Emit;
  readonly #custom: boolean;
  #written = "";

  constructor(item: Item, emit: Emit, custom: boolean, written: string) {
    this.item = item;
    this.#emit = emit;
    this.#custom = custom;
    if (written !== "") this.#write(written);
  }

  delta(delta: Delta): void {
    if (delta.type === "arguments" && delta.text !== "") this.#write(delta.text);
  }

  end(): void {
    const { item } = this;
    if (this.#written === "" && !this.#custom && !item.cut) this.#write("{}");
    const at = { item_id: item.id, output_index: item.index };
    if (this.#custom) {
      item.set("input", this.#written);
      this.#emit("response.custom_tool_call_input.done", { ...at, input: this.#written });
      return;
    }
    item.set("arguments", this.#written);
    const name = item.value["name"] ?? "";
    this.#emit("response.function_call_arguments.done", { ...at, name, arguments: this.#written });
  }

  #write(text: string): void {
    this.#written += text;
    const type = this.#custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
    this.#emit(type, { item_id: this.item.id, output_index: this.item.index, delta: text });
  }
}

/** An item that is told whole. */
export class OpaqueSlot implements Slot {
  readonly item: Item;
  readonly speaks = false;
  #value: JsonObject;

  constructor(item: Item, value: JsonObject) {
    this.item = item;
    this.#value = value;
  }

  delta(delta: Delta): void {
    if (delta.type === "opaque") this.#value = { ...this.#value, ...delta.value, id: this.item.id };
  }

  end(): void {
    this.item.become(this.#value);
  }
}
