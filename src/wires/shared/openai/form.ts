import { isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import { isEmpty, type Losses } from "../losses.ts";

/** Whether what came is to keep its form, and who is told of what cannot. */
interface Kept {
  /** The request was decoded from the wire it is encoded for. */
  readonly native: boolean;
  readonly losses: Losses;
}

/** Unnamed members of an inner object, under names that tell where they stood. */
export const prefixed = (at: string, members: JsonObject | undefined): JsonObject =>
  Object.fromEntries(Object.entries(members ?? {}).map(([name, value]) => [`${at}.${name}`, value]));

/** Puts unnamed members back where they were found; those of an inner object have its name before theirs. Of another wire's, only their loss is reported. */
export function restore(made: JsonObject, extra: JsonObject | undefined, at: string, context: Kept): JsonObject {
  if (extra === undefined) return made;
  if (!context.native) {
    for (const [name, value] of Object.entries(extra)) {
      if (isEmpty(value)) continue;
      context.losses.drop("unknown_field_dropped", `${at}.${name}`, "the field is none of OpenAI's and was sent to another API.");
    }
    return made;
  }
  const outer: [string, Json | undefined][] = Object.entries(made);
  const inner = new Map<string, [string, Json | undefined][]>();
  for (const [name, value] of Object.entries(extra)) {
    const dot = name.indexOf(".");
    const holder = dot > 0 ? made[name.slice(0, dot)] : undefined;
    if (!isObject(holder)) outer.push([name, value]);
    else {
      const at = name.slice(0, dot);
      const members = inner.get(at) ?? Object.entries(holder);
      members.push([name.slice(dot + 1), value]);
      inner.set(at, members);
    }
  }
  for (const [name, members] of inner) outer.push([name, Object.fromEntries(members)]);
  return Object.fromEntries(outer);
}

/** Whether a form token (see the decoder) is in `as`. */
export const spelled = (as: string | undefined, token: string): boolean => as?.split(" ").includes(token) ?? false;
