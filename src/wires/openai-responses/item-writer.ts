import type { Delta } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { encodeCitation } from "./citations.ts";
import { Item, type ItemKind } from "./item.ts";
import { name } from "./name.ts";
import { CallSlot, HiddenSlot, OpaqueSlot, type Slot, SpokenSlot, ThoughtSlot } from "./slots.ts";

/** Takes an event: its type and its members besides. */
export type Emit = (type: string, members: JsonObject) => void;

/**
 * Parts of an answer to output items and their events. Texts that follow each other are contents of one message, thoughts
 * those of one reasoning item, unless each came from an item of its own; all else is an item for itself. Items are numbered as
 * they begin, and end when their last part has and no other can join them.
 */
export class ItemWriter {
  readonly #seed: string;
  readonly #emit: Emit;
  readonly #warn: (warning: Warning) => void;
  readonly #items: Item[] = [];
  readonly #ids = new Set<string>();
  readonly #slots = new Map<number, Slot>();
  /** The message or reasoning item that a next part may join. */
  #joinable: Item | undefined;

  constructor(seed: string, emit: Emit, warn: (warning: Warning) => void) {
    this.#seed = seed;
    this.#emit = emit;
    this.#warn = warn;
  }

  /** The items that were begun, in order, as they stand. */
  get output(): readonly JsonObject[] {
    return this.#items.map((item) => item.value);
  }

  /** Only those that have ended. */
  get ended(): readonly JsonObject[] {
    return this.#items.filter((item) => item.done).map((item) => item.value);
  }

  slot(part: number): Slot | undefined {
    return this.#slots.get(part);
  }

  start(part: number, content: Part): void {
    this.#slots.set(part, this.#open(content));
  }

  delta(part: number, delta: Delta): void {
    this.#slots.get(part)?.delta(delta);
  }

  stop(part: number): void {
    const slot = this.#slots.get(part);
    if (slot === undefined) return;
    this.#slots.delete(part);
    slot.end();
    const { item } = slot;
    if (item === undefined) return;
    item.open--;
    if (item.open === 0 && item !== this.#joinable) item.finish("completed");
  }

  /** Ends all that is open. @param cut the answer was cut: its last item is incomplete */
  end(cut: boolean): void {
    for (const part of [...this.#slots.keys()]) {
      if (cut) this.#cutShort(part);
      this.stop(part);
    }
    const last = this.#items.at(-1);
    this.#joinable = undefined;
    for (const item of this.#items) item.finish(cut && item === last ? "incomplete" : "completed");
    if (cut) last?.cutShort();
  }

  #cutShort(part: number): void {
    const item = this.#slots.get(part)?.item;
    if (item !== undefined) item.cut = true;
  }

  #open(content: Part): Slot {
    switch (content.type) {
      case "text":
      case "refusal": {
        const item = this.#join("message", content);
        return new SpokenSlot(item, this.#emit, content, (citation) => this.#cited(citation));
      }
      case "reasoning": {
        const own = content.origin === undefined || content.origin.wire === name;
        const sealed = content.redacted !== undefined || (content.encrypted !== undefined && !own);
        if (content.signature !== undefined || sealed) this.#hidden();
        if (sealed && content.text === "") return new HiddenSlot();
        return new ThoughtSlot(this.#join("reasoning", content), this.#emit, content, own, () => this.#hidden());
      }
      case "tool-call": {
        const custom = content.kind === "custom";
        const { id: call_id, name: called, arguments: written, extra } = content;
        const body = custom ? { input: "" } : { arguments: "" };
        const value = { ...extra, status: "in_progress", call_id, name: called, ...body };
        const item = this.#begin(custom ? "custom_tool_call" : "function_call", custom ? "ctc" : "fc", content.itemId, value);
        return new CallSlot(item, this.#emit, custom, written);
      }
      case "opaque":
        return this.#opaque(content);
      case "image": {
        const { source } = content;
        if (source.kind !== "base64") return this.#unseen("image by reference");
        const item = this.#begin("image_generation_call", "ig", content.itemId, { status: "in_progress", result: null });
        return new OpaqueSlot(item, { type: "image_generation_call", id: item.id, status: "completed", result: source.data });
      }
      case "audio": {
        this.#warn({
          kind: "approximated",
          code: "audio_as_transcript",
          detail: "this API speaks no answers; its transcript was sent.",
        });
        const said: Part = { type: "text", text: content.transcript ?? "" };
        return new SpokenSlot(this.#join("message", said), this.#emit, said, (citation) => this.#cited(citation));
      }
      case "video":
      case "document":
      case "tool-result":
        return this.#unseen(content.type);
    }
  }

  /** A hosted item of this wire, or a content part of a message that only OpenAI knows. */
  #opaque(content: Extract<Part, { type: "opaque" }>): Slot {
    const { value, kind, origin } = content;
    if (origin.wire !== name || value["type"] !== kind) return this.#unseen(kind);
    const { type: _, id, ...members } = value;
    const item = this.#begin(kind, "item", typeof id === "string" ? id : undefined, members);
    return new OpaqueSlot(item, { ...value, id: item.id });
  }

  /** The open message or reasoning item where the part belongs to it, else a new one. */
  #join(kind: "message" | "reasoning", { itemId, as }: Part): Item {
    const open = this.#joinable;
    if (open !== undefined && open.kind === kind && open.source === itemId) {
      open.open++;
      return open;
    }
    const phase = /(?:^| )phase=(\S+)/.exec(as ?? "")?.[1];
    const message = { status: "in_progress", role: "assistant", content: [], ...(phase !== undefined && { phase }) };
    const item =
      kind === "message"
        ? this.#begin("message", "msg", itemId, message)
        : this.#begin("reasoning", "rs", itemId, { summary: [] });
    this.#joinable = item;
    return item;
  }

  #begin(kind: ItemKind, prefix: string, source: string | undefined, members: JsonObject): Item {
    this.#seal();
    const index = this.#items.length;
    const made = `${prefix}_${this.#seed}_${index}`;
    const id = source === undefined || this.#ids.has(source) ? made : source;
    this.#ids.add(id);
    const item = new Item(kind, id, index, source, members, this.#emit);
    this.#items.push(item);
    return item;
  }

  /** Nothing can join the open message or reasoning item any more. */
  #seal(): void {
    const item = this.#joinable;
    this.#joinable = undefined;
    if (item !== undefined && item.open === 0) item.finish("completed");
  }

  #cited(citation: Parameters<typeof encodeCitation>[0]): Json | undefined {
    const annotation = encodeCitation(citation);
    if (annotation === undefined) {
      this.#warn({ kind: "dropped", code: "citation_dropped", detail: "this API shows citations of URLs only." });
    }
    return annotation;
  }

  #hidden(): void {
    this.#warn({ kind: "dropped", code: "reasoning_signature_hidden", detail: "this API shows the text of reasoning only." });
  }

  #unseen(kind: string): Slot {
    this.#warn({ kind: "dropped", code: "part_hidden", detail: `this API cannot show a part of type ${kind}.` });
    return new HiddenSlot();
  }
}
