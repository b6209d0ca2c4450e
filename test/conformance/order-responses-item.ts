import type { JsonObject } from "../../src/canonical/json.ts";
import { num, obj, objects, str } from "./json.ts";

/** The text events of an item's parts: how a part is named in the event, in the item, and where its text stands. */
const parted: { readonly [kind: string]: { readonly index: string; readonly text: string } } = {
  output_text: { index: "content_index", text: "text" },
  refusal: { index: "content_index", text: "refusal" },
  reasoning_text: { index: "content_index", text: "text" },
  reasoning_summary_text: { index: "summary_index", text: "text" },
};

/** Events that fill an item as a whole, by the item's type. */
const filling: { readonly [type: string]: { readonly kind: string; readonly text: string } } = {
  function_call: { kind: "function_call_arguments", text: "arguments" },
  custom_tool_call: { kind: "custom_tool_call_input", text: "input" },
};

interface OpenPart {
  text: string;
  told: boolean;
  done: boolean;
}

/** One output item of a stream, from its `added` event to its `done` event. */
export class OpenItem {
  readonly type: string;
  readonly id: string | undefined;
  readonly #added: JsonObject;
  readonly #content: OpenPart[] = [];
  readonly #summary: OpenPart[] = [];
  #text = "";
  #told = false;
  /** The item as its `done` event tells it. */
  last: JsonObject = {};
  done = false;

  constructor(item: JsonObject, faults: string[]) {
    this.type = str(item["type"]) ?? "";
    this.id = str(item["id"]);
    this.#added = item;
    if (this.type === "message" && item["role"] !== "assistant") faults.push("a message without role");
    if (this.type === "message" && objects(item["content"]).length > 0) faults.push("a message that begins with content");
    if (this.type === "reasoning" && !Array.isArray(item["summary"])) faults.push("a reasoning item without summary");
    if (filling[this.type]) {
      if (!str(item["call_id"])) faults.push("a call without call_id");
      if (!str(item["name"])) faults.push("a call without name");
    }
  }

  /** False: no such event belongs into an item of this type. */
  take(type: string, data: JsonObject, faults: string[]): boolean {
    const [, kind = "", step = ""] = /^response\.(.+)\.([a-z]+)$/.exec(type) ?? [];
    const own = filling[this.type];
    if (own?.kind === kind) {
      if (step === "delta") this.#text += str(data["delta"]) ?? "";
      else {
        this.#told = true;
        if (str(data[own.text]) !== this.#text) faults.push(`${type} differs from its deltas`);
      }
      return true;
    }
    if (kind === "content_part" || kind === "reasoning_summary_part") {
      this.#part(kind === "content_part" ? this.#content : this.#summary, kind, step, data, faults);
      return true;
    }
    if (kind === "output_text.annotation") return this.type === "message";
    const place = parted[kind];
    if (!place || (this.type !== "message" && this.type !== "reasoning")) return false;
    this.#texts(place, kind, step, data, faults);
    return true;
  }

  #part(parts: OpenPart[], kind: string, step: string, data: JsonObject, faults: string[]): void {
    const index = num(data[kind === "content_part" ? "content_index" : "summary_index"]);
    if (step === "added") {
      if (index !== parts.length) faults.push(`${kind} ${String(index)}, ${parts.length} next`);
      if (parts.some((one) => !one.done)) faults.push(`a ${kind} added inside an open one`);
      parts.push({ text: "", told: false, done: false });
      return;
    }
    const part = parts[index ?? -1];
    if (!part || part.done) {
      faults.push(`${kind}.done without its part`);
      return;
    }
    part.done = true;
    if (!part.told) faults.push(`a ${kind} whose text is never done`);
    const told = obj(data["part"]);
    if ((str(told["text"]) ?? str(told["refusal"])) !== part.text) faults.push(`${kind}.done differs from its deltas`);
  }

  #texts(place: { index: string; text: string }, kind: string, step: string, data: JsonObject, faults: string[]): void {
    const parts = kind === "reasoning_summary_text" ? this.#summary : this.#content;
    const part = parts[num(data[place.index]) ?? -1];
    if (!part || part.done) faults.push(`${kind}.${step} outside its part`);
    else if (step === "delta") part.text += str(data["delta"]) ?? "";
    else {
      part.told = true;
      if (str(data[place.text]) !== part.text) faults.push(`${kind}.done differs from its deltas`);
    }
  }

  finish(item: JsonObject, faults: string[]): void {
    this.done = true;
    this.last = item;
    for (const key of filling[this.type] ? ["type", "id", "call_id", "name"] : ["type", "id"])
      if (item[key] !== this.#added[key]) faults.push(`a ${this.type}'s ${key} changes`);
    if ([...this.#content, ...this.#summary].some((part) => !part.done)) faults.push(`a ${this.type} ends inside a part`);
    const own = filling[this.type];
    if (own) {
      if (!this.#told) faults.push(`a ${this.type} whose ${own.text} are never done`);
      if (str(item[own.text]) !== this.#text) faults.push(`a ${this.type} differs from its deltas`);
    }
    const texts = (key: string): string[] => objects(item[key]).map((part) => str(part["text"]) ?? str(part["refusal"]) ?? "");
    const same = (parts: readonly OpenPart[], key: string): boolean =>
      texts(key).join("\0") === parts.map((part) => part.text).join("\0");
    if (this.type === "message" && !same(this.#content, "content")) faults.push("a message differs from its parts");
    if (this.type !== "reasoning") return;
    if (!same(this.#summary, "summary")) faults.push("a reasoning item differs from its parts");
    if (this.#content.length > 0 && !same(this.#content, "content")) faults.push("a reasoning item differs from its parts");
  }
}
