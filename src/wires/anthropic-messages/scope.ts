import { Losses } from "../shared/losses.ts";
import { Names } from "../shared/names.ts";
import type { Target } from "../wire.ts";

/** What the encoders of one request share. */
export interface Scope {
  /** The request was decoded from this wire: its form is kept, and parts need no fitting. */
  readonly native: boolean;
  readonly provider: string;
  readonly losses: Losses;
  readonly toolNames: Names;
}

const illegalInNames = /[^a-zA-Z0-9_-]/g;
/** Longest names of tools: of this wire's own callers, and of others'. */
const ownNameLength = 200;
const nameLength = 64;

export function scopeFor(native: boolean, { provider, quirks }: Target): Scope {
  const longest = quirks.toolNameLength ?? (native ? ownNameLength : nameLength);
  return { native, provider, losses: new Losses(), toolNames: new Names(longest, illegalInNames) };
}
