import { Losses } from "../shared/losses.ts";
import { Names } from "../shared/names.ts";
import { Allowance, type Restore } from "../shared/schema/index.ts";
import type { Target } from "../wire.ts";

/** What the parts of an encoder share while they encode one request. */
export interface Scope {
  readonly target: Target;
  /** The request was decoded from this wire: its forms, item ids and unnamed fields are to be kept. */
  readonly native: boolean;
  readonly losses: Losses;
  readonly toolNames: Names;
  readonly callIds: Names;
  readonly schemas: Allowance;
  /** What undoes on arguments what was done to the schema of the tool, by its name as sent. */
  readonly restores: Map<string, Restore>;
}

/** OpenAI's own limits. A caller of this wire chose its names for them, so they bind only what comes from elsewhere. */
const nameLength = 64;
const idLength = 64;
const illegalInNames = /[^a-zA-Z0-9_-]/g;

export function scopeFor(native: boolean, target: Target): Scope {
  const { toolNameLength, toolCallIdLength } = target.quirks;
  return {
    target,
    native,
    losses: new Losses(),
    schemas: new Allowance(),
    toolNames: new Names(toolNameLength ?? (native ? Number.POSITIVE_INFINITY : nameLength), native ? undefined : illegalInNames),
    callIds: new Names(toolCallIdLength ?? (native ? Number.POSITIVE_INFINITY : idLength)),
    restores: new Map(),
  };
}
