import { Losses } from "../shared/losses.ts";
import { Names } from "../shared/names.ts";
import { Allowance, type Restores } from "../shared/schema/index.ts";
import type { Target } from "../wire.ts";

/** What the parts of an encoder share while they encode one request. */
export interface Scope {
  readonly target: Target;
  /** The request was decoded from this wire: its forms and unnamed fields are to be kept. */
  readonly native: boolean;
  readonly losses: Losses;
  readonly toolNames: Names;
  readonly callIds: Names;
  readonly schemas: Allowance;
  /** What the reply's decoder has to put back. */
  readonly restores: Restores;
}

/** OpenAI's own limits. A caller of this wire chose its names for them, so they bind only what comes from elsewhere. */
const openaiNameLength = 64;
const openaiIdLength = 40;
const illegalInNames = /[^a-zA-Z0-9_-]/g;

export function scopeFor(native: boolean, target: Target): Scope {
  const { toolNameLength, toolCallIdLength } = target.quirks;
  return {
    target,
    native,
    losses: new Losses(),
    schemas: new Allowance(),
    toolNames: new Names(toolNameLength ?? openaiNameLength, native ? undefined : illegalInNames),
    callIds: new Names(toolCallIdLength ?? (native ? Number.POSITIVE_INFINITY : openaiIdLength)),
    restores: { tools: new Map() },
  };
}
