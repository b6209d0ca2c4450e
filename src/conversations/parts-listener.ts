import { append } from "../canonical/accumulate.ts";
import type { ChatChunk } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";
import { weigh } from "./weigh.ts";

/** A part of which more may come. */
interface Open {
  part: Part;
  /** What deltas added to its text, reasoning or arguments. */
  more: string;
  signature: string | undefined;
}

export interface ListenerOptions<T> {
  /** Characters that are gathered at most; an answer of more is not remembered. */
  readonly most: number;
  /** Makes of a choice's parts what is to be remembered; undefined where nothing is. */
  readonly make: (parts: readonly Part[]) => T | undefined;
  /** Images, sounds and documents are gathered, too. */
  readonly media?: boolean | undefined;
}

/** Gathers the parts of a streamed answer, of each choice, as far as they are to be remembered. */
export class PartsListener<T> {
  readonly #options: ListenerOptions<T>;
  readonly #choices = new Map<number, Map<number, Open>>();
  #characters = 0;

  constructor(options: ListenerOptions<T>) {
    this.#options = options;
  }

  /** True once the answer has grown too long to be remembered. */
  get overflown(): boolean {
    return this.#characters > this.#options.most;
  }

  /** Takes one chunk in; gives what is made of the choice that it finishes. */
  hear(chunk: ChatChunk): T | undefined {
    if (this.overflown) return undefined;
    switch (chunk.type) {
      case "part-start": {
        const parts = this.#choices.get(chunk.choice) ?? new Map<number, Open>();
        this.#choices.set(chunk.choice, parts);
        const media = isMedia(chunk.content);
        if (media && this.#options.media !== true) return undefined;
        if (media) this.#characters += weigh(chunk.content);
        parts.set(chunk.part, { part: chunk.content, more: "", signature: undefined });
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
        } else {
          open.part = append(open.part, delta);
          if (delta.type === "audio") this.#characters += delta.data?.length ?? 0;
        }
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

  /** The same of choices that nobody said were finished, of an answer that is whole all the same. */
  end(): readonly T[] {
    return [...this.#choices.keys()].flatMap((choice) => {
      const made = this.#close(choice);
      // In a list of its own: what is made may be a list.
      return made === undefined ? [] : [made];
    });
  }

  #close(choice: number): T | undefined {
    const parts = this.#choices.get(choice);
    if (parts === undefined || this.overflown) return undefined;
    this.#choices.delete(choice);
    return this.#options.make([...parts].sort(([a], [b]) => a - b).map(([, open]) => closed(open)));
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
