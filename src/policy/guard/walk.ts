import { type Around, type Encoded, unreadable } from "./opaque.ts";
import { runsOf, textPart } from "./seams.ts";

/*
 * Walks through requests and answers as the plain data they are: nothing is missed because a part is new or a wire's own.
 */

/** Members whose texts name something and are not for reading: changed, they would no longer. */
const names = new Set([
  ...["type", "role", "id", "toolCallId", "itemId", "name", "model", "kind", "as", "wire", "provider", "mediaType", "format"],
  ...["signature", "encrypted", "redacted", "value", "previousResponse", "namespace", "effort", "callId", "call_id", "$ref"],
  ...["extraOrigin", "required", "serviceTier", "modalities", "include", "betas", "spelling", "logprobs", "status", "object"],
]);

/** Members that are JSON as text. */
const json = new Set(["arguments"]);

/** Deeper than any body that was let in. */
const deepest = 400;

export interface Place {
  /** As a path from the root: `messages[2].content`. */
  path(): string;
  /** The text is JSON. */
  readonly json: boolean;
  /** A number, or a member's name. */
  readonly bare: boolean;
  /** It names something and is not changed. */
  readonly fixed: boolean;
}

/** Shown what stands in a value. */
export interface Look {
  /** Every text. */
  readonly text: (text: string, place: Place) => void;
  /** Texts that are read as one: neighbouring text parts of a message, the first at that place. */
  readonly neighbours?: ((texts: readonly string[], place: Place) => void) | undefined;
}

/** Shows every text that stands in a value; long numbers too, and members' names, each once. */
export function visit(value: unknown, look: Look): void {
  const steps: (string | number)[] = [];
  const seen = new Set<string>();
  const path = (): string => spell(steps);
  const read: Place = { path, json: false, bare: false, fixed: false };
  const asJson: Place = { ...read, json: true };
  const asFixed: Place = { ...read, fixed: true };
  const asBare: Place = { ...asFixed, bare: true };
  const go = (at: unknown, key: string, holder: object, outer: string): void => {
    if (typeof at === "string") {
      const kind = unreadable(at, { key, holder, outer });
      if (kind === "opaque") return;
      look.text(kind?.text ?? at, json.has(key) ? asJson : names.has(key) ? asFixed : read);
    } else if (typeof at === "number") {
      if (at >= 1e9 && Number.isSafeInteger(at)) look.text(String(at), asBare);
    } else if (Array.isArray(at)) {
      if (steps.length > deepest) throw new RangeError("nested too deep to be looked through");
      for (let index = 0; index < at.length; index++) {
        steps.push(index);
        go(at[index], key, holder, outer);
        steps.pop();
      }
      if (look.neighbours === undefined) return;
      for (const [from, to] of runsOf(at)) {
        steps.push(from);
        look.neighbours(textsOf(at, from, to), read);
        steps.pop();
      }
    } else if (typeof at === "object" && at !== null) {
      if (steps.length > deepest) throw new RangeError("nested too deep to be looked through");
      for (const [name, member] of Object.entries(at)) {
        steps.push(name);
        if (!seen.has(name)) {
          seen.add(name);
          look.text(name, asBare);
        }
        go(member, name, at, key);
        steps.pop();
      }
    }
  };
  go(value, "", nobody, "");
}

const nobody: object = {};

const textsOf = (list: readonly unknown[], from: number, to: number): readonly string[] =>
  list.slice(from, to).map((part) => textPart(part) ?? "");

/** What becomes of a value's texts. */
export interface Change {
  readonly text: (text: string, json: boolean) => string;
  /** Of neighbouring text parts, before each is changed by itself: as many texts. Themselves where nothing is to be changed. */
  readonly neighbours?: ((texts: readonly string[]) => readonly string[]) | undefined;
}

/**
 * The value with its texts changed; itself where none was. Names and identifiers are not changed: what must not stand in them
 * is still there, and to be refused.
 */
export function rewritten<T>(value: T, change: Change): T;
export function rewritten(value: unknown, change: Change): unknown {
  return changed(value, { key: "", holder: nobody, outer: "" }, change);
}

function changed(value: unknown, around: Around, change: Change): unknown {
  const { key } = around;
  if (typeof value === "string") {
    if (names.has(key)) return value;
    const kind = unreadable(value, around);
    if (kind === undefined) return change.text(value, json.has(key));
    return kind === "opaque" ? value : encodedAgain(value, kind, change);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    // Before each by itself, whose change would leave the other half.
    const given = change.neighbours === undefined ? value : withNeighbours(value, change.neighbours);
    const items = given.map((item) => changed(item, around, change));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  let made: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const other = changed(member, { key: name, holder: value, outer: key }, change);
    if (other === member) continue;
    made ??= { ...value };
    // A member of this name is the caller's data, not the object's origin.
    Object.defineProperty(made, name, { value: other, enumerable: true, configurable: true, writable: true });
  }
  // A thought was signed as it was: changed, its maker would refuse it.
  if (made !== undefined && "signature" in value && "type" in value && value.type === "reasoning") made["signature"] = undefined;
  return made ?? value;
}

function encodedAgain(value: string, { prefix, text }: Encoded, change: Change): string {
  const made = change.text(text, false);
  return made === text ? value : prefix + Buffer.from(made).toString("base64");
}

function withNeighbours(items: readonly unknown[], change: (texts: readonly string[]) => readonly string[]): readonly unknown[] {
  let out: unknown[] | undefined;
  for (const [from, to] of runsOf(items)) {
    const texts = textsOf(items, from, to);
    const made = change(texts);
    if (made === texts) continue;
    out ??= [...items];
    for (let at = from; at < to; at++) {
      const part = items[at];
      const text = made[at - from];
      if (typeof part === "object" && part !== null && text !== texts[at - from]) out[at] = { ...part, text };
    }
  }
  return out ?? items;
}

const spell = (steps: readonly (string | number)[]): string =>
  steps.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${plain(step)}`)).join("");

/** A member's name may be anything: only plain ones are told. */
const plain = (name: string): string => (/^[A-Za-z_$][A-Za-z0-9_$-]{0,40}$/.test(name) ? name : "*");
