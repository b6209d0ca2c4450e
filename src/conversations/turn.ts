import type { Part, ToolCallPart } from "../canonical/parts.ts";
import { weigh } from "./weigh.ts";

/**
 * An assistant's turn that called tools, as its provider gave it: reasoning, texts, tool calls and opaque parts in their order.
 * Media are not kept.
 */
export interface Turn {
  readonly parts: readonly Part[];
  /** What it takes in memory, roughly. */
  readonly bytes: number;
}

/** The turn to be remembered of an answer's parts; undefined where its caller can echo all of it, or called no tools. */
export function turnOf(parts: readonly Part[]): Turn | undefined {
  const kept = parts.filter(({ type }) => type === "reasoning" || type === "text" || type === "tool-call" || type === "opaque");
  if (!kept.some(({ type }) => type === "tool-call") || !kept.some(isUnechoed)) return undefined;
  return { parts: kept, bytes: kept.reduce((sum, part) => sum + weigh(part), 0) };
}

/** Whether the part, or a mark on it, can be read by its maker only, or is wanted back by it. */
export function isUnechoed(part: Part): boolean {
  if (part.seal !== undefined || part.type === "opaque") return true;
  return part.type === "reasoning" && (isSigned(part) || part.wanted === true);
}

/** Whether reasoning bears what its maker checks. An empty signature is none. */
export const isSigned = (part: Extract<Part, { type: "reasoning" }>): boolean =>
  Boolean(part.signature) || part.redacted !== undefined || part.encrypted !== undefined;

export const callsOf = (parts: readonly Part[]): readonly ToolCallPart[] => parts.filter((part) => part.type === "tool-call");

/** Characters of arguments that are read anew to compare the calls of one request. */
const mostRead = 4_000_000;

/**
 * Whether two calls are the same one, told again: SDKs may write arguments anew, with other blanks and in another order. One of
 * these serves one request: each call's arguments are read once, however many calls of its id there are, and where more would
 * have to be read than any honest request needs, calls are the same only if they are written the same.
 */
export class CallComparison {
  readonly #normal = new Map<ToolCallPart, string>();
  #left = mostRead;

  same(a: ToolCallPart, b: ToolCallPart): boolean {
    if (a.id !== b.id || a.name !== b.name) return false;
    return a.arguments === b.arguments || this.#read(a) === this.#read(b);
  }

  #read(call: ToolCallPart): string {
    const known = this.#normal.get(call);
    if (known !== undefined) return known;
    this.#left -= call.arguments.length;
    const read = this.#left < 0 ? call.arguments : normal(call.arguments);
    this.#normal.set(call, read);
    return read;
  }
}

function normal(written: string): string {
  if (written.trim() === "") return "{}";
  try {
    return JSON.stringify(JSON.parse(written), (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
  } catch {
    return written;
  }
}
