import type { Json, JsonObject } from "../../canonical/json.ts";

/** An output item on its way out. */
export class Item {
  readonly kind: string;
  readonly id: string;
  readonly index: number;
  /** The id of the item that its parts came from, where they came from this wire. */
  readonly source: string | undefined;
  /** Its open parts. */
  open = 1;
  /** The answer was cut while one of them was open. */
  cut = false;
  done = false;
  readonly #emit: (type: string, members: JsonObject) => void;
  #value: Record<string, Json | undefined>;

  constructor(
    kind: string,
    id: string,
    index: number,
    source: string | undefined,
    members: JsonObject,
    emit: (type: string, members: JsonObject) => void,
  ) {
    this.kind = kind;
    this.id = id;
    this.index = index;
    this.source = source;
    this.#emit = emit;
    this.#value = { id, type: kind, ...members };
    emit("response.output_item.added", { output_index: index, item: this.#value });
  }

  get value(): JsonObject {
    return this.#value;
  }

  set(field: string, value: Json): void {
    this.#value = { ...this.#value, [field]: value };
  }

  /** Another value altogether, of the same id. */
  become(value: JsonObject): void {
    this.#value = { ...value };
  }

  /** Adds to a list member; gives the new element's place. */
  push(field: string, value: Json): number {
    const there = this.#value[field];
    const list = Array.isArray(there) ? there : [];
    this.#value = { ...this.#value, [field]: [...list, value] };
    return list.length;
  }

  replace(field: string, place: number, value: Json): void {
    const there = this.#value[field];
    if (Array.isArray(there)) this.#value = { ...this.#value, [field]: there.with(place, value) };
  }

  finish(status: "completed" | "incomplete"): void {
    if (this.done) return;
    this.done = true;
    if (this.#value["status"] === "in_progress") this.set("status", this.cut ? "incomplete" : status);
    this.#emit("response.output_item.done", { output_index: this.index, item: this.#value });
  }
}
