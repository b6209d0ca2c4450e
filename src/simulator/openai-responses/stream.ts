import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import type { Frames, Meta } from "../face.ts";
import { tokenLogprob } from "../openai-chat/write.ts";
import { frame } from "./errors.ts";
import type { OutputItem } from "./output.ts";
import { usageOf } from "./usage.ts";
import { responseObject } from "./write.ts";

/** A stream of semantic events, in the order the service sends them. `last`: the response as it is in the end. */
export function writeFrames(ask: Ask, answer: Answer, meta: Meta, output: readonly OutputItem[], last: JsonObject): Frames {
  const writer = new EventWriter(ask, answer, meta);
  writer.open();
  for (const [index, one] of output.entries()) writer.item(index, one);
  writer.close(last);
  return writer;
}

/** What is encrypted is whole only when the item is done: who keeps what came first is refused later. */
const unfinished = (item: JsonObject): JsonObject =>
  typeof item["encrypted_content"] === "string" ? { ...item, encrypted_content: item["encrypted_content"].slice(0, -12) } : item;

/** Deltas are padded to a common length, so that their sizes tell nothing. */
const padded = 16;

class EventWriter implements Frames {
  readonly texts: string[] = [];
  readonly outputTokens: number[] = [];
  readonly #ask: Ask;
  readonly #answer: Answer;
  readonly #meta: Meta;
  readonly #obfuscate: boolean;
  #delivered = 0;

  constructor(ask: Ask, answer: Answer, meta: Meta) {
    this.#ask = ask;
    this.#answer = answer;
    this.#meta = meta;
    this.#obfuscate = JSON.stringify(meta.body["stream_options"] ?? null) !== '{"include_obfuscation":false}';
  }

  open(): void {
    const { usage } = this.#meta;
    const early = usage === "misplaced" || usage === "twice" ? usageOf(this.#ask, this.#answer) : null;
    const response = responseObject(this.#ask, this.#meta, { status: "in_progress", output: [], usage: early });
    this.#event("response.created", { response });
    this.#event("response.in_progress", { response });
  }

  item(index: number, { item, pieces, hiddenTokens }: OutputItem): void {
    const at = { item_id: item.id, output_index: index };
    switch (item["type"]) {
      case "reasoning":
        this.#event("response.output_item.added", { output_index: index, item: { ...unfinished(item), summary: [] } });
        if (pieces.length > 0) this.#summary(at, pieces);
        break;
      case "message":
        this.#event("response.output_item.added", {
          output_index: index,
          item: { ...item, status: "in_progress", content: [] },
        });
        this.#content({ ...at, content_index: 0 }, item, pieces);
        break;
      case "custom_tool_call":
        this.#call("response.custom_tool_call_input", "input", at, item, pieces);
        break;
      default:
        this.#call("response.function_call_arguments", "arguments", at, item, pieces);
    }
    this.#delivered += hiddenTokens;
    this.#event("response.output_item.done", { output_index: index, item });
  }

  close(response: JsonObject): void {
    this.#event(response["status"] === "incomplete" ? "response.incomplete" : "response.completed", { response });
  }

  #summary(item: JsonObject, pieces: readonly string[]): void {
    const at = { ...item, summary_index: 0 };
    const text = pieces.join("");
    this.#event("response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } });
    for (const piece of pieces) this.#delta("response.reasoning_summary_text.delta", at, piece);
    this.#event("response.reasoning_summary_text.done", { ...at, text });
    this.#event("response.reasoning_summary_part.done", { ...at, part: { type: "summary_text", text } });
  }

  #content(at: JsonObject, item: JsonObject, pieces: readonly string[]): void {
    const text = pieces.join("");
    const [part] = Array.isArray(item["content"]) ? item["content"] : [];
    if (this.#answer.refusal.length > 0) {
      this.#event("response.content_part.added", { ...at, part: { type: "refusal", refusal: "" } });
      for (const piece of pieces) this.#delta("response.refusal.delta", at, piece);
      this.#event("response.refusal.done", { ...at, refusal: text });
    } else {
      const top = this.#ask.logprobs;
      const logprobs: Json[] = [];
      const empty = { type: "output_text", annotations: [], logprobs: [], text: "" };
      this.#event("response.content_part.added", { ...at, part: empty });
      for (const [i, piece] of pieces.entries()) {
        const own = top === undefined ? [] : [tokenLogprob(piece, i, top)];
        logprobs.push(...own);
        this.#delta("response.output_text.delta", at, piece, { logprobs: own });
      }
      this.#event("response.output_text.done", { ...at, text, logprobs });
    }
    this.#event("response.content_part.done", { ...at, part: part ?? null });
  }

  #call(event: string, field: "arguments" | "input", at: JsonObject, item: JsonObject, pieces: readonly string[]): void {
    this.#event("response.output_item.added", {
      output_index: at["output_index"],
      item: { ...item, status: "in_progress", [field]: "" },
    });
    for (const piece of pieces) this.#delta(`${event}.delta`, at, piece);
    this.#event(`${event}.done`, { ...at, [field]: pieces.join("") });
  }

  #delta(type: string, at: JsonObject, delta: string, more: JsonObject = {}): void {
    this.#delivered++;
    const growing = this.#meta.usage === "cumulative" && { usage: usageOf(this.#ask, this.#answer, this.#delivered) };
    const obfuscation = this.#obfuscate && { obfuscation: "x".repeat(Math.max(1, padded - delta.length)) };
    this.#event(type, { ...at, delta, ...more, ...obfuscation, ...growing });
  }

  #event(type: string, rest: JsonObject): void {
    this.texts.push(frame({ type, sequence_number: this.texts.length, ...rest }));
    this.outputTokens.push(this.#delivered);
  }
}
