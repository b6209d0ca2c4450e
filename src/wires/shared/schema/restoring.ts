import type { ChatChunk, ChatResult } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import type { Json, JsonObject } from "../../../canonical/json.ts";
import type { Part } from "../../../canonical/parts.ts";
import type { Warning } from "../../../canonical/warnings.ts";
import type { ReplyDecoder } from "../../wire.ts";
import type { Restore } from "./schema.ts";

/** What compiled schemas owe to their callers: filled by an encoder, paid by the decoder of its reply. */
export interface Restores {
  /** By the name of the tool as its caller knows it. */
  readonly tools: Map<string, Restore>;
  /** Of the answer's text. */
  answer?: Restore | undefined;
}

/**
 * The decoder with arguments and answers put back into the form of the caller's schemas; itself where there is nothing to put
 * back. In streams such arguments (and such an answer) are held until they are whole and come in one delta.
 */
export function restoring(decoder: ReplyDecoder<"chat">, restores: Restores): ReplyDecoder<"chat"> {
  return restores.tools.size === 0 && restores.answer === undefined ? decoder : new RestoringDecoder(decoder, restores);
}

/** A whole JSON text, restored. What is no JSON stays as it is. */
export function restoredText(text: string, restore: Restore): string {
  try {
    const value: Json = JSON.parse(text);
    return JSON.stringify(restore(value));
  } catch {
    return text;
  }
}

interface Held {
  text: string;
  readonly type: "text" | "arguments";
  readonly restore: Restore;
}

class RestoringDecoder implements ReplyDecoder<"chat"> {
  readonly #decoder: ReplyDecoder<"chat">;
  readonly #restores: Restores;
  readonly #held = new Map<string, Held>();

  constructor(decoder: ReplyDecoder<"chat">, restores: Restores) {
    this.#decoder = decoder;
    this.#restores = restores;
  }

  whole(body: JsonObject): ChatResult {
    const result = this.#decoder.whole(body);
    const choices = result.choices.map((choice) => ({ ...choice, content: choice.content.map((part) => this.#part(part)) }));
    return { ...result, choices };
  }

  push(event: WireEvent): readonly ChatChunk[] {
    return this.#decoder.push(event).flatMap((chunk) => this.#pass(chunk));
  }

  end(): readonly ChatChunk[] {
    return this.#decoder.end().flatMap((chunk) => this.#pass(chunk));
  }

  get ended(): boolean {
    return this.#decoder.ended;
  }

  get done(): boolean {
    return this.#decoder.done;
  }

  get warnings(): readonly Warning[] | undefined {
    return this.#decoder.warnings;
  }

  #restoreOf(part: Part): Restore | undefined {
    if (part.type === "text") return this.#restores.answer;
    return part.type === "tool-call" && part.kind !== "custom" ? this.#restores.tools.get(part.name) : undefined;
  }

  #part(part: Part): Part {
    const restore = this.#restoreOf(part);
    if (restore === undefined) return part;
    if (part.type === "text") return { ...part, text: restoredText(part.text, restore) };
    return part.type === "tool-call" ? { ...part, arguments: restoredText(part.arguments, restore) } : part;
  }

  #pass(chunk: ChatChunk): readonly ChatChunk[] {
    switch (chunk.type) {
      case "part-start": {
        const { content } = chunk;
        const restore = this.#restoreOf(content);
        if (restore === undefined) return [chunk];
        const name = `${chunk.choice}.${chunk.part}`;
        if (content.type === "text") {
          this.#held.set(name, { text: content.text, type: "text", restore });
          return [{ ...chunk, content: { ...content, text: "" } }];
        }
        if (content.type !== "tool-call") return [chunk];
        this.#held.set(name, { text: content.arguments, type: "arguments", restore });
        return [{ ...chunk, content: { ...content, arguments: "" } }];
      }
      case "part-delta": {
        const { delta } = chunk;
        const held = this.#held.get(`${chunk.choice}.${chunk.part}`);
        if (held === undefined || held.type !== delta.type || !("text" in delta)) return [chunk];
        held.text += delta.text;
        return [];
      }
      case "part-end": {
        const name = `${chunk.choice}.${chunk.part}`;
        const held = this.#held.get(name);
        if (held === undefined) return [chunk];
        this.#held.delete(name);
        const text = restoredText(held.text, held.restore);
        return [{ type: "part-delta", choice: chunk.choice, part: chunk.part, delta: { type: held.type, text } }, chunk];
      }
      case "start":
      case "finish":
      case "usage":
      case "ping":
      case "progress":
      case "error":
        return [chunk];
    }
  }
}
