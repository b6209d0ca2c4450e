import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { isEmpty, Losses } from "../shared/losses.ts";
import { Names } from "../shared/names.ts";
import type { Target } from "../wire.ts";

/** What the parts of an encoder share while they encode one request. */
export interface Context {
  readonly target: Target;
  /** The request was decoded from this wire: its forms and unnamed fields are to be kept. */
  readonly native: boolean;
  readonly losses: Losses;
  readonly toolNames: Names;
  readonly callIds: Names;
}

/** OpenAI's own limits. A caller of this wire chose its names for them, so they bind only what comes from elsewhere. */
const openaiNameLength = 64;
const openaiIdLength = 40;
const illegalInNames = /[^a-zA-Z0-9_-]/g;

export function contextFor(native: boolean, target: Target): Context {
  const { toolNameLength, toolCallIdLength } = target.quirks;
  return {
    target,
    native,
    losses: new Losses(target.strict ?? false),
    toolNames: new Names(toolNameLength ?? openaiNameLength, native ? undefined : illegalInNames),
    callIds: new Names(toolCallIdLength ?? (native ? Number.POSITIVE_INFINITY : openaiIdLength)),
  };
}

/** Puts unnamed members back where they were found; see `decode-parts.ts`. Of another wire's, only their loss is reported. */
export function restore(made: JsonObject, extra: JsonObject | undefined, at: string, context: Context): JsonObject {
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
