import type { Json } from "../../../canonical/json.ts";
import type { Bag, Kind, Limit } from "./bag.ts";
import type { Made } from "./restore.ts";
import type { Use } from "./schema.ts";
import type { Speech } from "./speech.ts";
import { told } from "./words.ts";
import type { Place, Work } from "./work.ts";

export type Draft = Record<string, Json>;

/** One compilation into one dialect. */
export interface Sayer {
  readonly speech: Speech;
  readonly work: Work;
  readonly use: Use;
  /** Says what one of several alternatives demands, each the sum of its places. Undefined: nothing can fit. */
  readonly say: (alternatives: readonly (readonly Place[])[], depth: number) => Made | undefined;
}

export const spelled = ({ speech }: Sayer, kind: Kind): string => (speech.upper ? kind.toUpperCase() : kind);

export const words = ({ said, told: constraints }: Bag, more: readonly string[]): string =>
  [...said, [...constraints, ...more].join(" ")].filter((one) => one !== "").join("\n");

/** Title and description, for the front of a schema. */
export function head(type: string, bag: Bag, more: readonly string[]): Draft {
  const text = words(bag, more);
  return { type, ...(bag.title !== undefined && { title: bag.title }), ...(text !== "" && { description: text }) };
}

/** The limits of a kind, in the dialect's keywords; what it has none for goes to `more`, in words. */
export function limits(kind: Kind, bag: Bag, more: string[], { speech, work }: Sayer): Draft {
  const draft: Draft = {};
  for (const [name, { value, at }] of bag.limits) {
    if (!ofKind[name].includes(kind)) continue;
    if (name === "format" ? formatKnown(kind, value, speech) : speech.limits.has(name) && sayable(name, value)) {
      draft[name] = speech.upper && counts.has(name) ? String(value) : value;
    } else if (kind === "integer" && name === "exclusiveMinimum" && typeof value === "number") {
      const least = Math.floor(value) + 1;
      const before = draft["minimum"] ?? bag.limits.get("minimum")?.value;
      draft["minimum"] = typeof before === "number" ? Math.max(before, least) : least;
    } else if (kind === "integer" && name === "exclusiveMaximum" && typeof value === "number") {
      const most = Math.ceil(value) - 1;
      const before = draft["maximum"] ?? bag.limits.get("maximum")?.value;
      draft["maximum"] = typeof before === "number" ? Math.min(before, most) : most;
    } else {
      more.push(told(name, value));
      work.lose("approximated", at, "told in the description");
    }
  }
  return draft;
}

const counts: ReadonlySet<string> = new Set(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]);

const ofKind: { readonly [name in Limit]: readonly Kind[] } = {
  minLength: ["string"],
  maxLength: ["string"],
  pattern: ["string"],
  format: ["string", "number", "integer"],
  minimum: ["number", "integer"],
  maximum: ["number", "integer"],
  exclusiveMinimum: ["number", "integer"],
  exclusiveMaximum: ["number", "integer"],
  multipleOf: ["number", "integer"],
  minItems: ["array"],
  maxItems: ["array"],
  minProperties: ["object"],
  maxProperties: ["object"],
};

const formatKnown = (kind: Kind, value: Json, { formats }: Speech): boolean =>
  typeof value === "string" &&
  (kind === "string" || kind === "number" || kind === "integer") &&
  formats[kind]?.has(value) === true;

/** Counts are whole; patterns that look around or back are beyond the engines that hold a model to them. */
function sayable(name: Limit, value: Json): boolean {
  if (counts.has(name)) return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  return name !== "pattern" || (typeof value === "string" && !/\(\?[=!<]|\\[1-9]/.test(value));
}
