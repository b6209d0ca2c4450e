import type { ChatChunk, Delta } from "../../canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Origin, Part } from "../../canonical/parts.ts";
import type { Names } from "../shared/names.ts";
import { list, text } from "../shared/read.ts";
import { citation } from "./decode-blocks.ts";
import { parseInput } from "./encode-blocks.ts";

/** What reading a reply's blocks needs to know of its request. */
export interface PartContext {
  readonly origin: Origin;
  readonly names: Names;
  /** Names (as sent) of tools whose input is free text in `{"input": …}`. */
  readonly custom: ReadonlySet<string>;
  /** An id for a tool call that came without one: nobody could answer it. */
  readonly newId: () => string;
}

/** A block of a reply as a part; for a stream, as far as its start tells. */
function partOf(block: JsonObject, { origin, names, custom, newId }: PartContext): Part {
  switch (block["type"]) {
    case "text":
      return { type: "text", text: text(block["text"]) ?? "", citations: list(block["citations"])?.map(citation) };
    case "thinking":
      return { type: "reasoning", text: text(block["thinking"]) ?? "", signature: text(block["signature"]), origin };
    case "redacted_thinking":
      return { type: "reasoning", text: "", redacted: text(block["data"]) ?? "", origin };
    case "tool_use": {
      const name = text(block["name"]) ?? "";
      return {
        type: "tool-call",
        id: text(block["id"]) || newId(),
        name: names.original(name),
        arguments: "",
        ...(custom.has(name) && { kind: "custom" as const }),
        ...(calledByCode(block["caller"]) && { caller: block["caller"] }),
      };
    }
    default:
      return { type: "opaque", origin, kind: text(block["type"]) ?? "unknown", value: block };
  }
}

/** `direct`, the model itself, is what is meant without a caller. */
const calledByCode = (caller: Json | undefined): boolean => isObject(caller) && caller["type"] !== "direct";

/** A whole block as a part. */
export function wholePart(block: JsonObject, context: PartContext): Part {
  const part = partOf(block, context);
  return part.type === "tool-call" ? { ...part, arguments: argumentsOf(block["input"], part.kind === "custom") } : part;
}

function argumentsOf(input: Json | undefined, custom: boolean): string {
  if (typeof input === "string") return input === "" ? "{}" : input;
  if (custom && isObject(input) && typeof input["input"] === "string") return input["input"];
  return JSON.stringify(input ?? {});
}

const nothing: readonly ChatChunk[] = [];

/** A block of a stream between its start and its stop. */
export class OpenBlock {
  readonly #part: number;
  readonly #block: JsonObject;
  readonly #first: Part;
  /** Text of input or compaction gathered until the block stops. */
  #gathered = "";
  #told = false;

  constructor(part: number, block: JsonObject, context: PartContext) {
    this.#part = part;
    this.#block = block;
    const first = partOf(block, context);
    // A signature in the start is usually "" and then comes as a delta; citations likewise.
    this.#first = first.type === "reasoning" && first.signature === "" ? { ...first, signature: undefined } : first;
  }

  start(): readonly ChatChunk[] {
    return [{ type: "part-start", choice: 0, part: this.#part, content: this.#first }];
  }

  delta(delta: Json | undefined): readonly ChatChunk[] {
    if (!isObject(delta)) return nothing;
    switch (delta["type"]) {
      case "text_delta":
        return typeof delta["text"] === "string" && delta["text"] !== ""
          ? this.#emit({ type: "text", text: delta["text"] })
          : nothing;
      case "input_json_delta":
        return this.#input(text(delta["partial_json"]) ?? "");
      case "thinking_delta":
        return delta["thinking"] ? this.#emit({ type: "reasoning", text: text(delta["thinking"]) ?? "" }) : nothing;
      case "signature_delta":
        return this.#emit({ type: "signature", signature: text(delta["signature"]) ?? "" });
      case "citations_delta":
        return delta["citation"] === undefined
          ? nothing
          : this.#emit({ type: "citation", citation: citation(delta["citation"]) });
      case "compaction_delta":
        this.#gathered += text(delta["content"]) ?? "";
        return nothing;
      default:
        return this.#unknown(delta);
    }
  }

  stop(): readonly ChatChunk[] {
    const chunks: ChatChunk[] = [...this.#last(), { type: "part-end", choice: 0, part: this.#part }];
    return chunks;
  }

  #emit(delta: Delta): readonly ChatChunk[] {
    return [{ type: "part-delta", choice: 0, part: this.#part, delta }];
  }

  #input(json: string): readonly ChatChunk[] {
    if (json === "") return nothing;
    if (this.#first.type !== "tool-call" || this.#first.kind === "custom") {
      this.#gathered += json;
      return nothing;
    }
    this.#told = true;
    return this.#emit({ type: "arguments", text: json });
  }

  /** A delta of a kind we do not know: its members belong to the block. */
  #unknown(delta: JsonObject): readonly ChatChunk[] {
    if (this.#first.type !== "opaque") return nothing;
    const { type: _, ...rest } = delta;
    return this.#emit({ type: "opaque", value: rest });
  }

  /** What could only be said once all was there. */
  #last(): readonly ChatChunk[] {
    const { type } = this.#first;
    if (type === "tool-call" && !this.#told) {
      const input = this.#gathered === "" ? this.#block["input"] : (parseInput(this.#gathered) ?? this.#gathered);
      return this.#emit({ type: "arguments", text: argumentsOf(input, this.#first.kind === "custom") });
    }
    if (type !== "opaque" || this.#gathered === "") return nothing;
    if (this.#first.kind === "compaction") return this.#emit({ type: "opaque", value: { content: this.#gathered } });
    return this.#emit({ type: "opaque", value: { input: parseInput(this.#gathered) ?? this.#gathered } });
  }
}
