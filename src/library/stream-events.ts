import { accumulate, append } from "../canonical/accumulate.ts";
import type { ChatChunk, ChatResult } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";
import type { StreamEvent } from "./result.ts";

/** Turns an answer's chunks into events as they come, and keeps them for the whole. Of several choices the first is told. */
export class StreamEvents {
  readonly #chunks: ChatChunk[] = [];
  readonly #open = new Map<number, Part>();

  push(chunk: ChatChunk): readonly StreamEvent[] {
    this.#chunks.push(chunk);
    switch (chunk.type) {
      case "part-start":
        return chunk.choice === 0 ? this.#started(chunk.part, chunk.content) : [];
      case "part-delta": {
        const part = chunk.choice === 0 ? this.#open.get(chunk.part) : undefined;
        if (part === undefined) return [];
        this.#open.set(chunk.part, append(part, chunk.delta));
        return delta(chunk.part, chunk.delta);
      }
      case "part-end": {
        const part = chunk.choice === 0 ? this.#open.get(chunk.part) : undefined;
        this.#open.delete(chunk.part);
        return part === undefined ? [] : [{ type: "part", index: chunk.part, part }];
      }
      case "start":
      case "finish":
      case "usage":
      case "ping":
      case "progress":
      case "error":
        return [];
    }
  }

  /** The answer so far. */
  result(): ChatResult {
    return accumulate(this.#chunks);
  }

  #started(index: number, part: Part): readonly StreamEvent[] {
    this.#open.set(index, part);
    switch (part.type) {
      case "text":
      case "reasoning":
        return part.text === "" ? [] : [{ type: part.type, text: part.text }];
      case "tool-call": {
        const start: StreamEvent = { type: "tool-call-start", index, id: part.id, name: part.name };
        return part.arguments === "" ? [start] : [start, { type: "tool-call-delta", index, text: part.arguments }];
      }
      case "image":
      case "audio":
      case "video":
      case "document":
      case "tool-result":
      case "refusal":
      case "opaque":
        return [];
    }
  }
}

function delta(index: number, added: Extract<ChatChunk, { type: "part-delta" }>["delta"]): readonly StreamEvent[] {
  switch (added.type) {
    case "text":
    case "reasoning":
      return added.text === "" ? [] : [{ type: added.type, text: added.text }];
    case "arguments":
      return [{ type: "tool-call-delta", index, text: added.text }];
    case "signature":
    case "refusal":
    case "citation":
    case "audio":
    case "opaque":
      return [];
  }
}
