import { append } from "../canonical/accumulate.ts";
import type { ChatChunk } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";
import { type Turn, turnOf } from "./turn.ts";

/** A part of which more may come. */
interface Open {
  part: Part;
  /** What deltas added to its text, reasoning or arguments. */
  more: string;
  signature: string | undefined;
}

/** Gathers the turns of a streamed answer, one for each choice, as far as they are to be remembered. */
export class TurnListener {
  readonly #most: number;
  readonly #choices = new Map<number, Map<number, Open>>();
  #characters = 0;

  /** @param most characters that are gathered at most; an answer of more is not remembered */
  constructor(most: number) {
    this.#most = most;
  }

  /** True once the answer has grown too long to be remembered. */
  get overflown(): boolean {
    return this.#characters > this.#most;
  }

  /** Takes one chunk in; gives the turn of the choice that it finishes. */
  hear(chunk: ChatChunk): Turn | undefined {
    if (this.overflown) return undefined;
    switch (chunk.type) {
      case "part-start": {
        const parts = this.#choices.get(chunk.choice) ?? new Map<number, Open>();
        this.#choices.set(chunk.choice, parts);
        if (!isMedia(chunk.content)) parts.set(chunk.part, { part: chunk.content, more: "", signature: undefined });
        return undefined;
      }
      case "part-delta": {
        const open = this.#choices.get(chunk.choice)?.get(chunk.part);
        if (open === undefined) return undefined;
        const { delta } = chunk;
        if ("text" in delta) {
          open.more += delta.text;
          this.#characters += delta.text.length;
        } else if (delta.type === "signature") {
          open.signature = (open.signature ?? "") + delta.signature;
          this.#characters += delta.signature.length;
        } else open.part = append(open.part, delta);
        return undefined;
      }
      case "finish":
        return this.#close(chunk.choice);
      case "start":
      case "part-end":
      case "usage":
      case "ping":
      case "progress":
      case "error":
        return undefined;
    }
  }

  /** The turns of choices that nobody said were finished, of an answer that is whole all the same. */
  end(): readonly Turn[] {
    return [...this.#choices.keys()].flatMap((choice) => this.#close(choice) ?? []);
  }

  #close(choice: number): Turn | undefined {
    const parts = this.#choices.get(choice);
    if (parts === undefined || this.overflown) return undefined;
    this.#choices.delete(choice);
    return turnOf([...parts].sort(([a], [b]) => a - b).map(([, open]) => closed(open)));
  }
}

function closed({ part, more, signature }: Open): Part {
  switch (part.type) {
    case "text":
    case "refusal":
      return more === "" ? part : { ...part, text: part.text + more };
    case "reasoning":
      return {
        ...part,
        text: part.text + more,
        ...(signature !== undefined && { signature: (part.signature ?? "") + signature }),
      };
    case "tool-call":
      return more === "" ? part : { ...part, arguments: part.arguments + more };
    case "image":
    case "audio":
    case "video":
    case "document":
    case "tool-result":
    case "opaque":
      return part;
  }
}

const isMedia = ({ type }: Part): boolean => type === "image" || type === "audio" || type === "video" || type === "document";
