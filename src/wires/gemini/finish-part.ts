import type { Part } from "../../canonical/parts.ts";
import { isOwn, restore, type Scope } from "./scope.ts";
import { type Draft, defined, respell, snakesOf, spelled } from "./spelling.ts";

/** Prompt-cache breakpoints mean nothing here, which is said. */
export function ignoreMark({ cache }: Pick<Part, "cache">, at: string, { losses }: Scope): void {
  if (cache === undefined) return;
  losses.ignore("cache_control_ignored", `${at}.cache_control`, "this API caches prompts by itself and takes no breakpoints.");
}

/** Adds what every part may bear: its seal, members of no other wire; and spells it as it was sent. */
export function finish(made: Draft, part: Part, at: string, scope: Scope, within: readonly string[] = []): Draft {
  const { native, losses } = scope;
  if (part.seal !== undefined) {
    if (isOwn(part.seal.origin, scope)) made["thoughtSignature"] = part.seal.value;
    else losses.drop("seal_dropped", at, "its thought signature was made by another provider.");
  }
  if (native && spelled(part.as, "thought=false")) made["thought"] = false;
  restore(made, part.extra, at, scope);
  if (!native) return made;
  const snakes = snakesOf(part.as);
  return snakes.size === 0 ? made : defined(respell(made, snakes, within));
}
