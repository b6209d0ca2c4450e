import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { text } from "../shared/read.ts";

/*
 * Arguments of a call that come in pieces (Vertex's streamFunctionCallArguments): each names a place in the object by a JSON
 * path and gives a value for it; texts may go on in the next piece.
 */

interface Step {
  readonly holder: Tree;
  readonly key: string;
}

/** A JSON value under construction: an object or a list by their keys, or a finished value. */
interface Tree {
  readonly list: boolean;
  readonly members: Map<string, Tree | Json>;
}

const most = 10_000;
const deepest = 64;

/** Gathers the pieces of one call's arguments. */
export class PartialArgs {
  readonly #root: Tree = { list: false, members: new Map() };
  #pieces = 0;

  add(pieces: readonly Json[]): void {
    for (const piece of pieces) {
      if (!isObject(piece) || ++this.#pieces > most) continue;
      const step = this.#find(text(piece["jsonPath"]) ?? "");
      const value = told(piece);
      if (step === undefined || value === undefined) continue;
      const before = step.holder.members.get(step.key);
      const goesOn = typeof before === "string" && typeof value === "string";
      step.holder.members.set(step.key, goesOn ? before + value : value);
    }
  }

  /** The arguments as far as they came. */
  value(): JsonObject {
    const made = built(this.#root);
    return isObject(made) ? made : {};
  }

  #find(path: string): Step | undefined {
    const keys = [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/g)];
    if (keys.length > deepest) return undefined;
    let holder = this.#root;
    for (const [index, found] of keys.entries()) {
      const key = found[1] ?? found[2] ?? found[3] ?? found[4] ?? "";
      const next = keys[index + 1];
      if (next === undefined) return { holder, key };
      const there = holder.members.get(key);
      const inner = isTree(there) ? there : { list: next[2] !== undefined, members: new Map() };
      if (inner !== there) holder.members.set(key, inner);
      holder = inner;
    }
    return undefined;
  }
}

const isTree = (value: Tree | Json | undefined): value is Tree =>
  typeof value === "object" && value !== null && "members" in value && value.members instanceof Map;

function told(piece: JsonObject): Json | undefined {
  const { stringValue, numberValue, boolValue } = piece;
  if ("nullValue" in piece) return null;
  return stringValue ?? numberValue ?? boolValue;
}

function built(value: Tree | Json): Json {
  if (!isTree(value)) return value;
  const members = [...value.members].map(([key, member]): [string, Json] => [key, built(member)]);
  return value.list ? members.map(([, member]) => member) : Object.fromEntries(members);
}
