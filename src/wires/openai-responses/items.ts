import type { Json, JsonObject } from "../../canonical/json.ts";
import { type Citation, isBareSeal, type Part } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { encodeCitation } from "./citations.ts";
import { Item } from "./item.ts";
import { madeId, moreOf } from "./made-ids.ts";
import { name } from "./name.ts";
import { CallSlot, HiddenSlot, OpaqueSlot, type Slot, SpokenSlot, ThoughtSlot } from "./slots.ts";

/**
 * The output items of an answer, numbered as they begin. Texts that follow each other are contents of one message, thoughts
 * those of one reasoning item, unless each came from an item of its own; all else is an item for itself. Of the last item the
 * end is told only when the next one begins or the answer ends: it may turn out to have been cut short.
 */
export class Items {
  readonly all: Item[] = [];
  readonly #seed: string;
  readonly #emit: (type: string, members: JsonObject) => void;
  readonly #warn: (warning: Warning) => void;
  readonly #ids = new Set<string>();
  /** The message or reasoning item that a next part may join. */
  #joinable: Item | undefined;

  constructor(seed: string, emit: (type: string, members: JsonObject) => void, warn: (warning: Warning) => void) {
    this.#seed = seed;
    this.#emit = emit;
    this.#warn = warn;
  }

  /** A place for the part, in the open item or a new one. */
  open(content: Part): Slot {
    if (isBareSeal(content)) return new HiddenSlot();
    switch (content.type) {
      case "text":
      case "refusal":
        return new SpokenSlot(this.#join("message", content), this.#emit, content, (citation) => this.#cited(citation));
      case "reasoning": {
        const own = content.origin === undefined || content.origin.wire === name;
        const sealed = content.redacted !== undefined || (content.encrypted !== undefined && !own);
        if (content.signature !== undefined || sealed) this.#hidden();
        if (sealed && content.text === "") return new HiddenSlot();
        return new ThoughtSlot(this.#join("reasoning", content), this.#emit, content, own, () => this.#hidden());
      }
      case "tool-call": {
        const custom = content.kind === "custom";
        const { id: call_id, name: called, namespace, arguments: written, extra } = content;
        const body = custom ? { input: "" } : { arguments: "" };
        const spaced = namespace === undefined ? {} : { namespace };
        const value = { ...extra, status: "in_progress", call_id, name: called, ...spaced, ...body };
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
        const detail = "this API speaks no answers; its transcript was sent.";
        this.#warn({ kind: "approximated", code: "audio_as_transcript", detail });
        const { transcript: text = "", itemId } = content;
        const said: Part = { type: "text", text, ...(itemId !== undefined && { itemId }) };
        return new SpokenSlot(this.#join("message", said), this.#emit, said, (citation) => this.#cited(citation));
      }
      case "video":
      case "document":
      case "tool-result":
        return this.#unseen(content.type);
    }
  }

  /** A part of the item has ended. */
  leave(item: Item): void {
    item.open--;
    if (item.open === 0 && item !== this.#joinable && item !== this.all.at(-1)) item.finish("completed");
  }

  /** @param short the last item lacks what was cut */
  end(short: boolean): void {
    this.#joinable = undefined;
    const last = this.all.at(-1);
    for (const item of this.all) item.finish(short && item === last ? "incomplete" : "completed");
  }

  /** A hosted item of this wire. */
  #opaque(content: Extract<Part, { type: "opaque" }>): Slot {
    const { value, kind, origin } = content;
    if (origin.wire !== name || value["type"] !== kind) return this.#unseen(kind);
    const { type: _, id, ...members } = value;
    const item = this.#begin(kind, "item", typeof id === "string" ? id : content.itemId, members);
    return new OpaqueSlot(item, { ...value, id: item.id });
  }

  /** The open message or reasoning item where the part belongs to it, else a new one. */
  #join(kind: "message" | "reasoning", { itemId, as }: Part): Item {
    const open = this.#joinable;
    // What is encrypted comes last in its item.
    if (open !== undefined && open.kind === kind && open.source === itemId && open.value["encrypted_content"] === undefined) {
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

  #begin(kind: string, prefix: string, source: string | undefined, members: JsonObject): Item {
    this.#joinable = undefined;
    const before = this.all.at(-1);
    if (before !== undefined && before.open === 0) before.finish("completed");
    const index = this.all.length;
    const id = source === undefined ? madeId(prefix, this.#seed, index) : this.#free(source);
    this.#ids.add(id);
    const item = new Item(kind, id, index, source, members, this.#emit);
    this.all.push(item);
    return item;
  }

  /** The id, or one like it where an item has it already. */
  #free(id: string): string {
    let free = id;
    for (let nth = 1; this.#ids.has(free); nth++) free = moreOf(id, nth);
    return free;
  }

  #cited(citation: Citation): Json | undefined {
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
