import type { Delta } from "../../canonical/chat.ts";
import type { WireEvent } from "../../canonical/event.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { citationOf, ownReasoning, startBlock } from "./serve-blocks.ts";
import { put } from "./spelling.ts";

const nothing: readonly WireEvent[] = [];

export const wireEvent = (body: JsonObject & { readonly type: string }): WireEvent => ({
  event: body.type,
  data: JSON.stringify(body),
});

/** A part of the answer on its way out. */
interface Slot {
  readonly part: number;
  readonly content: Part;
  /** Deltas that came before its turn. */
  readonly waiting: Delta[];
  ended: boolean;
  /** Its number among the blocks the caller sees; -1 for a part it does not see. */
  index: number;
  signature: string;
  /** An opaque part, told whole when it ends. */
  value: JsonObject | undefined;
}

/**
 * Parts to content blocks. Anthropic's blocks are strictly serial, so a part that starts while another is open waits, with its
 * deltas, until that one has stopped.
 */
export class BlockWriter {
  readonly #warnings: Warning[];
  readonly #slots = new Map<number, Slot>();
  #current: Slot | undefined;
  #blocks = 0;

  constructor(warnings: Warning[]) {
    this.#warnings = warnings;
  }

  start(part: number, content: Part): readonly WireEvent[] {
    const slot: Slot = { part, content, waiting: [], ended: false, index: -1, signature: "", value: undefined };
    this.#slots.set(part, slot);
    return this.#current === undefined ? this.#open(slot) : nothing;
  }

  delta(part: number, delta: Delta): readonly WireEvent[] {
    const current = this.#current;
    if (current !== undefined && current.part === part) return this.#write(current, delta);
    this.#slots.get(part)?.waiting.push(delta);
    return nothing;
  }

  stop(part: number): readonly WireEvent[] {
    const slot = this.#slots.get(part);
    if (slot === undefined) return nothing;
    slot.ended = true;
    return slot === this.#current ? this.#advance() : nothing;
  }

  /** Stops what is open and tells what waits. */
  end(): readonly WireEvent[] {
    for (const slot of this.#slots.values()) slot.ended = true;
    return this.#current === undefined ? nothing : this.#advance();
  }

  /** Stops the open block and opens those that waited, up to one that goes on. */
  #advance(): readonly WireEvent[] {
    const events: (readonly WireEvent[])[] = [];
    for (let slot = this.#current; slot?.ended; slot = this.#current) {
      events.push(this.#close(slot));
      this.#slots.delete(slot.part);
      this.#current = undefined;
      const [next] = this.#slots.values();
      if (next !== undefined) events.push(this.#open(next));
    }
    return events.flat();
  }

  #open(slot: Slot): readonly WireEvent[] {
    this.#current = slot;
    const { content } = slot;
    const block = startBlock(content, this.#warnings);
    if (block === undefined) return nothing;
    slot.index = this.#blocks++;
    const events: WireEvent[] = [];
    if (content.type === "opaque") slot.value = block;
    else events.push(wireEvent({ type: "content_block_start", index: slot.index, content_block: block }));
    if (isFreeText(content)) events.push(inputDelta(slot.index, '{"input":"'));
    for (const delta of [...initial(content), ...slot.waiting]) events.push(...this.#write(slot, delta));
    return events;
  }

  #write(slot: Slot, delta: Delta): readonly WireEvent[] {
    if (slot.index < 0) return nothing;
    if (delta.type === "signature") slot.signature += delta.signature;
    else if (delta.type === "opaque" && slot.value !== undefined) slot.value = { ...slot.value, ...delta.value };
    else if (delta.type === "arguments" && isFreeText(slot.content)) {
      return [inputDelta(slot.index, JSON.stringify(delta.text).slice(1, -1))];
    } else {
      const data = deltaText(delta);
      if (data === undefined) return nothing;
      return [
        { event: "content_block_delta", data: `{"type":"content_block_delta","index":${slot.index},"delta":{"type":${data}}}` },
      ];
    }
    return nothing;
  }

  #close(slot: Slot): readonly WireEvent[] {
    const { index, signature, value } = slot;
    if (index < 0) return nothing;
    const events: WireEvent[] = [];
    if (value !== undefined) events.push(...opaqueEvents(index, value));
    if (isFreeText(slot.content)) events.push(inputDelta(index, '"}'));
    // The official SDK takes the last signature delta as the whole signature: it is told once.
    if (signature !== "" && ownReasoning(slot.content)) {
      events.push(wireEvent({ type: "content_block_delta", index, delta: { type: "signature_delta", signature } }));
    }
    events.push(wireEvent({ type: "content_block_stop", index }));
    return events;
  }
}

/** A custom tool takes free text, Anthropic's take objects: the text travels as the one member of one. */
const isFreeText = (part: Part): boolean => part.type === "tool-call" && part.kind === "custom";

const inputDelta = (index: number, partial_json: string): WireEvent =>
  wireEvent({ type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json } });

/** What a part already holds when it starts, as deltas. */
function initial(content: Part): readonly Delta[] {
  switch (content.type) {
    case "text": {
      const cited = (content.citations ?? []).map((citation): Delta => ({ type: "citation", citation }));
      return content.text === "" ? cited : [{ type: "text", text: content.text }, ...cited];
    }
    case "refusal":
      return content.text === "" ? [] : [{ type: "text", text: content.text }];
    case "reasoning": {
      if (content.redacted !== undefined) return [];
      const signature: readonly Delta[] = content.signature ? [{ type: "signature", signature: content.signature }] : [];
      return content.text === "" ? signature : [{ type: "reasoning", text: content.text }, ...signature];
    }
    case "tool-call":
      return content.arguments === "" ? [] : [{ type: "arguments", text: content.arguments }];
    case "audio":
      return content.transcript ? [{ type: "text", text: content.transcript }] : [];
    case "image":
    case "video":
    case "document":
    case "tool-result":
    case "opaque":
      return [];
  }
}

/** The inner of a delta from its type's value on; none where the wire has no such delta. */
function deltaText(delta: Delta): string | undefined {
  switch (delta.type) {
    case "text":
    case "refusal":
      return `"text_delta","text":${JSON.stringify(delta.text)}`;
    case "reasoning":
      return `"thinking_delta","thinking":${JSON.stringify(delta.text)}`;
    case "arguments":
      return `"input_json_delta","partial_json":${JSON.stringify(delta.text)}`;
    case "citation": {
      const found = citationOf(delta.citation);
      return found === undefined ? undefined : `"citations_delta","citation":${JSON.stringify(found)}`;
    }
    case "audio":
      return delta.transcript === undefined ? undefined : `"text_delta","text":${JSON.stringify(delta.transcript)}`;
    case "signature":
    case "opaque":
      return undefined;
  }
}

/** A tool's input streams as text, a compaction as its delta; all else stands in the start. */
function opaqueEvents(index: number, value: JsonObject): readonly WireEvent[] {
  const start = (block: JsonObject): WireEvent => wireEvent({ type: "content_block_start", index, content_block: block });
  const { input, content, type } = value;
  if (typeof type === "string" && type.endsWith("tool_use") && input !== undefined) {
    const delta = { type: "input_json_delta", partial_json: JSON.stringify(input) };
    return [start({ ...value, input: {} }), wireEvent({ type: "content_block_delta", index, delta })];
  }
  if (type === "compaction" && typeof content === "string") {
    const delta: Record<string, Json> = { type: "compaction_delta", content };
    put(delta, "encrypted_content", value["encrypted_content"]);
    return [start({ ...value, content: null }), wireEvent({ type: "content_block_delta", index, delta })];
  }
  return [start(value)];
}
