import { controlCharacters } from "./detect/control-characters.ts";
import type { Detector, Match } from "./detect/detector.ts";
import { email } from "./detect/email.ts";
import { iban } from "./detect/iban.ts";
import { ipAddresses } from "./detect/ip-addresses.ts";
import { literals } from "./detect/literals.ts";
import { numbers } from "./detect/numbers.ts";
import { privateKeys } from "./detect/private-keys.ts";
import { tokens } from "./detect/tokens.ts";
import type { Action, GuardOptions, PiiKind, Rule } from "./rules.ts";

/** What is done about a finding; what is off is not looked for. */
export type Deed = Exclude<Action, "off"> | "mask";

/** Something a rule was looking for. */
export interface Finding extends Match {
  readonly rule: Rule;
  readonly deed: Deed;
}

interface Watch {
  readonly rule: Rule;
  readonly deed: Deed;
  readonly detector: Detector;
}

/** Looks for all that the rules of one direction name. */
export class Scanner {
  readonly #watches: readonly Watch[];

  constructor(watches: readonly Watch[]) {
    this.#watches = watches;
  }

  /** Nothing is looked for. */
  get idle(): boolean {
    return this.#watches.length === 0;
  }

  /** Whether anything found would change or end a text. */
  get rewrites(): boolean {
    return this.#watches.some(({ deed }) => deed !== "flag");
  }

  /**
   * In order of their beginnings, from `from` on: what stands before is there to tell where words begin. Those that change the
   * text do not overlap: what did is one, with the sternest deed.
   */
  find(text: string, from = 0): readonly Finding[] {
    let found: Finding[] | undefined;
    for (const { rule, deed, detector } of this.#watches) {
      // What changes nothing is known by its first: the rest is told in the same words.
      for (const match of detector.find(text, from, deed === "flag" || deed === "refuse" ? 1 : undefined)) {
        found ??= [];
        // Member by member: there may be hundreds of thousands.
        found.push({ start: match.start, end: match.end, kind: match.kind, rule, deed });
      }
    }
    return found === undefined ? none : united(found);
  }

  /** Everything before is settled, whatever comes: see `Detector.pending`. */
  pending(text: string): number {
    let least = text.length;
    for (const { detector } of this.#watches) least = Math.min(least, detector.pending(text));
    return least;
  }
}

const none: readonly Finding[] = [];

const sternness: { readonly [deed in Deed]: number } = { flag: 0, mask: 1, redact: 2, refuse: 3 };

function united(found: Finding[]): readonly Finding[] {
  if (found.length === 1) return found;
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const out: Finding[] = [];
  let last: number | undefined;
  for (const finding of found) {
    const before = last === undefined ? undefined : out[last];
    if (finding.deed === "flag") out.push(finding);
    else if (before === undefined || last === undefined || finding.start >= before.end) last = out.push(finding) - 1;
    else {
      const sterner = sternness[finding.deed] > sternness[before.deed] ? finding : before;
      out[last] = { ...sterner, start: before.start, end: Math.max(before.end, finding.end) };
    }
  }
  return out;
}

/** The scanners of both directions, compiled once. */
export function scannersOf(options: GuardOptions): { readonly input: Scanner; readonly output: Scanner } {
  const { input, output } = options;
  const secrets = [tokens, privateKeys, ...literal(options.ownSecrets, "own_secret", false)];
  const pii = detectorsOf(new Set(options.piiKinds));
  const forbidden = [...literal(options.forbidden, "forbidden", true), ...literal(options.forbiddenExact, "forbidden", false)];
  const both = (from: GuardOptions["input"] | GuardOptions["output"]): readonly Watch[] => [
    ...watches("secrets", from.secrets, secrets),
    ...watches("pii", from.pii, pii),
    ...watches("forbidden", from.forbidden, forbidden),
  ];
  return {
    input: new Scanner([...watches("control_characters", input.controlCharacters, [controlCharacters]), ...both(input)]),
    output: new Scanner(both(output)),
  };
}

const literal = (texts: readonly string[], kind: string, ignoreCase: boolean): readonly Detector[] =>
  texts.length === 0 ? [] : [literals(texts, kind, { ignoreCase })];

const watches = (rule: Rule, action: Action | "mask", detectors: readonly Detector[]): readonly Watch[] =>
  action === "off" ? [] : detectors.map((detector) => ({ rule, deed: action, detector }));

function detectorsOf(kinds: ReadonlySet<PiiKind>): readonly Detector[] {
  const numeric = kinds.has("payment_card") || kinds.has("us_ssn") || kinds.has("phone");
  return [
    ...(kinds.has("email") ? [email] : []),
    ...(numeric ? [numbers(kinds)] : []),
    ...(kinds.has("iban") ? [iban] : []),
    ...(kinds.has("ip_address") ? [ipAddresses] : []),
  ];
}
