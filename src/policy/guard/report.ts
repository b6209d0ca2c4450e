import { GatewayError } from "../../canonical/error.ts";
import type { Warnings } from "../../canonical/warnings.ts";
import type { Rule } from "./rules.ts";
import type { Finding, Scanner } from "./scanner.ts";

/* What callers are told of findings: the rule and the place, never the text itself. */

/** Warns of a finding. */
export function warn(
  warnings: Warnings,
  { rule, deed, kind }: Pick<Finding, "rule" | "deed" | "kind">,
  at: string | undefined,
): void {
  const what = kind === rule ? rule : `${rule} (${kind})`;
  switch (deed) {
    case "flag":
      warnings.add({ kind: "ignored", code: `guard_${rule}`, at, detail: `${what} was found and let through.` });
      return;
    case "redact":
      warnings.add({ kind: "dropped", code: `guard_${rule}_redacted`, at, detail: `${what} was found and taken out.` });
      return;
    case "mask":
      warnings.add({
        kind: "approximated",
        code: `guard_${rule}_masked`,
        at,
        detail: `the provider was given a stand-in for ${what}.`,
      });
      return;
    case "refuse":
      warnings.add({ kind: "dropped", code: `guard_${rule}_refused`, at, detail: `${what} was found, and the answer refused.` });
      return;
  }
}

/** Warns of an answer that was longer than `guards.output.max_characters`, in whichever choice. */
export const warnOfCut = (warnings: Warnings, most: number): void =>
  warnings.add({
    kind: "dropped",
    code: "guard_max_characters",
    detail: `the answer was cut: the operator's guards.output.max_characters lets ${most} characters through.`,
  });

/** The path, unless what is looked for stands in the path itself. */
export const told = (path: string, scanner: Scanner): string | undefined => (scanner.find(path).length === 0 ? path : undefined);

/** @param why what the rule found, and what the caller may do */
function refusal(rule: Rule, side: "input" | "output", sentence: string, param?: string): GatewayError {
  return new GatewayError("content_policy", `${sentence} The operator's rule guards.${side}.${rule} forbids it.`, { param });
}

export function refusedInput({ rule, kind }: Pick<Finding, "rule" | "kind">, at: string | undefined): GatewayError {
  const what = kind === rule ? words[rule] : `${words[rule]} (${kind})`;
  return refusal(
    rule,
    "input",
    `The request holds ${what} at \`${at ?? "a member's name"}\` and was not sent: take it out and try again.`,
    at,
  );
}

export const refusedSize = (characters: number, most: number): GatewayError =>
  refusal(
    "oversize",
    "input",
    `The request's texts have ${characters} characters, ${most} are taken, and it was not sent: shorten it.`,
  );

export function refusedOutput({ rule, kind }: Pick<Finding, "rule" | "kind">): GatewayError {
  const what = kind === rule ? words[rule] : `${words[rule]} (${kind})`;
  return refusal(rule, "output", `The model's answer held ${what} and was stopped before it.`);
}

const words: { readonly [rule in Rule]: string } = {
  control_characters: "control characters",
  oversize: "too much text",
  secrets: "a secret",
  pii: "personal data",
  forbidden: "a forbidden text",
};

/** Guards fail closed: what they could not look at does not pass. */
export function failed(thrown: unknown, onTrouble: (message: string) => void): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  // Not the message: it may quote what was looked at.
  onTrouble(`a guard failed (${thrown instanceof Error ? thrown.name : typeof thrown}), and the call was refused.`);
  return new GatewayError(
    "internal",
    "A guard of the gateway failed on this call, which was therefore refused. The operator finds the cause in its log.",
    {
      cause: thrown,
    },
  );
}
