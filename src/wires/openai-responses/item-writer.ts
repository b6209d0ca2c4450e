import type { Delta } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { Item } from "./item.ts";
import { Items } from "./items.ts";
import type { Slot } from "./slots.ts";

/** A part that began while calls were open, and what was said of it since. */
interface Waiting {
  readonly content: Part;
  readonly deltas: Delta[];
  ended: boolean;
}

/** A part on its way out. */
interface Open {
  readonly slot: Slot;
  readonly content: Part;
  /** Its events were ended before it was, to make room for the next. */
  closed: boolean;
}

/**
 * Parts of an answer as output items and their events, in the order that OpenAI keeps: only calls are open side by side. A text
 * or thought ends when the next part begins (should more of it come, it goes on in a new one), and what begins while calls are
 * open waits for their end.
 */
export class ItemWriter {
  readonly #items: Items;
  readonly #open = new Map<number, Open>();
  readonly #waiting = new Map<number, Waiting>();
  /** Open calls. */
  #calls = 0;
  /** The open text or thought. */
  #speaking: Open | undefined;

  /** @param seed makes ids of items unique */
  constructor(seed: string, emit: (type: string, members: JsonObject) => void, warn: (warning: Warning) => void) {
    this.#items = new Items(seed, emit, warn);
  }

  /** The items that were begun, in order, as they stand. */
  get output(): readonly JsonObject[] {
    return this.#items.all.map(({ value }) => value);
  }

  /** Only those that have ended. */
  get ended(): readonly JsonObject[] {
    return this.#items.all.filter(({ done }) => done).map(({ value }) => value);
  }

  /** The slot of a part that can be added to as it is. */
  slot(part: number): Slot | undefined {
    const open = this.#open.get(part);
    return open === undefined || open.closed ? undefined : open.slot;
  }

  start(part: number, content: Part): void {
    const waits = this.#waiting.size > 0 || (this.#calls > 0 && content.type !== "tool-call");
    if (waits) this.#waiting.set(part, { content, deltas: [], ended: false });
    else this.#begin(part, content);
  }

  delta(part: number, delta: Delta): void {
    const open = this.#open.get(part);
    if (open === undefined) this.#waiting.get(part)?.deltas.push(delta);
    else if (!open.closed) open.slot.delta(delta);
    else this.#begin(part, again(open.content)).slot.delta(delta);
  }

  stop(part: number): void {
    const waiting = this.#waiting.get(part);
    if (waiting !== undefined) waiting.ended = true;
    const open = this.#open.get(part);
    if (open === undefined) return;
    this.#open.delete(part);
    this.#close(open);
    if (open.content.type !== "tool-call") return;
    this.#calls--;
    if (this.#calls === 0) this.#drain();
  }

  /** Ends all that is open. @param cut who cut the answer short: its provider, in the last item, or we, in what is open */
  end(cut: "provider" | "us" | undefined): void {
    for (let parts = [...this.#open]; parts.length > 0; parts = [...this.#open]) {
      for (const [part, { slot }] of parts) {
        if (cut !== undefined && slot.item !== undefined) slot.item.cut = true;
        this.stop(part);
      }
    }
    this.#items.end(cut === "provider");
  }

  #begin(part: number, content: Part): Open {
    if (this.#speaking !== undefined) this.#close(this.#speaking);
    const open: Open = { slot: this.#items.open(content), content, closed: false };
    this.#open.set(part, open);
    if (content.type === "tool-call") this.#calls++;
    else if (open.slot.speaks) this.#speaking = open;
    return open;
  }

  #close(open: Open): void {
    if (this.#speaking === open) this.#speaking = undefined;
    if (open.closed) return;
    open.closed = true;
    open.slot.end();
    if (open.slot.item instanceof Item) this.#items.leave(open.slot.item);
  }

  /** Begins what waited for the calls to end. */
  #drain(): void {
    for (const [part, { content, deltas, ended }] of this.#waiting) {
      if (this.#calls > 0 && content.type !== "tool-call") return;
      this.#waiting.delete(part);
      this.#begin(part, content);
      for (const delta of deltas) this.delta(part, delta);
      if (ended) this.stop(part);
    }
  }
}

/** The part as it goes on after it was ended. */
function again(content: Part): Part {
  if (content.type === "text") return { ...content, text: "", citations: undefined };
  if (content.type === "reasoning") return { ...content, text: "", encrypted: undefined };
  return content.type === "refusal" ? { ...content, text: "" } : content;
}
