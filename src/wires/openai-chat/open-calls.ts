import { isArray, isObject, type JsonObject } from "../../canonical/json.ts";
import { number, object, others, text } from "../shared/read.ts";

/** The index under which the legacy `function_call` is kept: there is one at most, and no provider uses it for another. */
export const legacyIndex = -1;

/** A tool call being streamed. */
export interface OpenCall {
  /** The number of its part. */
  readonly part: number;
  readonly id: string;
  readonly index: number | undefined;
  /** Whether the provider gave the id. */
  readonly given: boolean;
  readonly custom: boolean;
  arguments: string;
}

/** What one delta says of a call. */
export interface CallDelta {
  readonly id: string | undefined;
  readonly index: number | undefined;
  readonly name: string | undefined;
  /** What it adds to the arguments, as text whatever it came as. */
  readonly arguments: string;
  readonly custom: boolean;
  readonly extra: JsonObject | undefined;
}

const known = new Set(["id", "index", "type", "function", "custom"]);

export function readCall(call: JsonObject): CallDelta {
  const fn = object(call["function"]);
  // Some servers send an empty `custom` beside every function.
  const custom = isObject(call["custom"]) && (call["type"] === "custom" || fn === undefined);
  const inner = (custom ? object(call["custom"]) : fn) ?? {};
  const written = inner[custom ? "input" : "arguments"];
  return {
    id: text(call["id"]) || undefined,
    index: number(call["index"]),
    name: text(inner["name"]) || undefined,
    arguments: typeof written === "string" ? written : isObject(written) || isArray(written) ? JSON.stringify(written) : "",
    custom,
    extra: others(call, known),
  };
}

/** The calls of a choice so far. */
export class OpenCalls {
  readonly list: OpenCall[] = [];
  /** The last call of each id that the provider gave, and of each index. */
  readonly #byId = new Map<string, OpenCall>();
  readonly #byIndex = new Map<number, OpenCall>();

  add(call: OpenCall): void {
    this.list.push(call);
    if (call.given) this.#byId.set(call.id, call);
    if (call.index !== undefined) this.#byIndex.set(call.index, call);
  }

  /**
   * The call that a delta goes on with; undefined where it begins a new one: a new id (on whatever index), a name without index
   * or id, or whole arguments after whole arguments.
   */
  find({ id, index, name, arguments: written }: CallDelta): OpenCall | undefined {
    const same = id === undefined ? undefined : this.#byId.get(id);
    if (same) return same;
    const open = index === undefined ? this.list.at(-1) : this.#byIndex.get(index);
    if (open === undefined) return undefined;
    // An id that comes late is of the call that had none.
    if (id !== undefined) return index === undefined || open.given ? undefined : open;
    if (name === undefined) return open;
    if (index === undefined) return undefined;
    return written.trimStart().startsWith("{") && isComplete(open.arguments) ? undefined : open;
  }
}

/** Whether the arguments of a call are a whole JSON object already, so that more of them must belong to another call. */
function isComplete(written: string): boolean {
  if (!written.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(written);
    return true;
  } catch {
    return false;
  }
}
