import type { Scope } from "./scope.ts";
import type { Turn } from "./turn.ts";

/**
 * What Google documents as a signature of calls that none of its models made (transferred histories): it skips the check.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const placeholder = "skip_thought_signature_validator";

/**
 * Models of the third generation refuse a function call of the current turn (all since the user last said something) without
 * the signature they gave it. Of calls made in parallel the first bears it for all. Those made by others get the placeholder.
 */
export function sealCalls(turns: readonly Turn[], { generation, losses }: Scope): void {
  if (generation === undefined || generation < 3) return;
  const start = turns.findLastIndex(({ role, results }) => role === "user" && results.length === 0);
  for (const { role, parts } of turns.slice(start + 1)) {
    if (role !== "model") continue;
    const first = parts.find(({ part }) => part["functionCall"] !== undefined);
    if (first === undefined || first.part["thoughtSignature"] !== undefined) continue;
    first.part["thoughtSignature"] = placeholder;
    losses.emulate(
      "thought_signature_placeholder",
      first.at,
      "the call was made by another provider; its signature is left open.",
    );
  }
}
