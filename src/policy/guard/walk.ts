/*
 * Walks through requests and answers as the plain data they are: nothing is missed because a part is new or a wire's own.
 */

/** Members that hold what only machines read, where it looks so: base64 of some length. */
const opaque = new Set([
  ...["data", "file_data", "fileData", "value", "signature", "thoughtSignature", "thought_signature"],
  ...["encrypted", "encrypted_content", "redacted", "b64_json"],
]);
const base64 = /^[A-Za-z0-9+/_=-]{64,}$/;
const dataUrl = /^data:[^,]{0,100};base64,/;

const isOpaque = (key: string, text: string): boolean =>
  (text.length >= 64 && opaque.has(key) && base64.test(text)) || (text.length > 100 && dataUrl.test(text));

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
}

/** Shows every text that stands in a value; long numbers too, and members' names, each once. */
export function visit(value: unknown, look: (text: string, place: Place) => void): void {
  const steps: (string | number)[] = [];
  const seen = new Set<string>();
  const path = (): string => spell(steps);
  const read: Place = { path, json: false, bare: false };
  const asJson: Place = { path, json: true, bare: false };
  const asBare: Place = { path, json: false, bare: true };
  const go = (at: unknown, key: string): void => {
    if (typeof at === "string") {
      if (!isOpaque(key, at)) look(at, json.has(key) ? asJson : read);
    } else if (typeof at === "number") {
      if (at >= 1e9 && Number.isSafeInteger(at)) look(String(at), asBare);
    } else if (Array.isArray(at)) {
      if (steps.length > deepest) throw new RangeError("nested too deep to be looked through");
      for (let index = 0; index < at.length; index++) {
        steps.push(index);
        go(at[index], key);
        steps.pop();
      }
    } else if (typeof at === "object" && at !== null) {
      if (steps.length > deepest) throw new RangeError("nested too deep to be looked through");
      for (const [name, member] of Object.entries(at)) {
        steps.push(name);
        if (!seen.has(name)) {
          seen.add(name);
          look(name, asBare);
        }
        go(member, name);
        steps.pop();
      }
    }
  };
  go(value, "");
}

/**
 * The value with its texts changed; itself where none was. Names and identifiers are not changed: what must not stand in them
 * is still there, and to be refused.
 */
export function rewritten<T>(value: T, change: (text: string, json: boolean) => string): T;
export function rewritten(value: unknown, change: (text: string, json: boolean) => string): unknown {
  return changed(value, "", change);
}

function changed(value: unknown, key: string, change: (text: string, json: boolean) => string): unknown {
  if (typeof value === "string") return names.has(key) || isOpaque(key, value) ? value : change(value, json.has(key));
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => changed(item, key, change));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  let made: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const other = changed(member, name, change);
    if (other === member) continue;
    made ??= { ...value };
    // A member of this name is the caller's data, not the object's origin.
    Object.defineProperty(made, name, { value: other, enumerable: true, configurable: true, writable: true });
  }
  // A thought was signed as it was: changed, its maker would refuse it.
  if (made !== undefined && "signature" in value && "type" in value && value.type === "reasoning") made["signature"] = undefined;
  return made ?? value;
}

const spell = (steps: readonly (string | number)[]): string =>
  steps.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${plain(step)}`)).join("");

/** A member's name may be anything: only plain ones are told. */
const plain = (name: string): string => (/^[A-Za-z_$][A-Za-z0-9_$-]{0,40}$/.test(name) ? name : "*");
