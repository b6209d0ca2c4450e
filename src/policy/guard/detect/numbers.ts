import type { PiiKind } from "../rules.ts";
import { type Detector, isDigit, type Match, matchesFrom, tailRun } from "./detector.ts";

/** Whatever numbers are written with, dots and dashes among it. */
const inNumber = (code: number): boolean =>
  isDigit(code) || code === 0x20 || code === 0x2b || (code >= 0x28 && code <= 0x29) || (code >= 0x2d && code <= 0x2f);
const begins = (code: number): boolean => isDigit(code) || code === 0x2b || code === 0x28;

/** The longest of them, and what has to be known of its neighbours. */
const longest = 40;

const card = /(?<![\d.])(?:\d{13,19}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{6}[ -]\d{5})(?!\d|\.\d)/g;
const ssn = /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/g;
/** United States, France, and other countries whose numbers begin with a zero at home. */
const national = [
  /(?<![\d.])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d.]\d|\d)/g,
  /(?<![\d.])0[1-9][ .-]\d\d[ .-]\d\d[ .-]\d\d[ .-]\d\d(?!\d)/g,
  /(?<![\d.])(?:\(0\d{2,4}\)|0\d{2,4})[ /-]\d{3,4}[ -]?\d{3,8}(?!\d)/g,
] as const;
const international = /(?<![\w+])\+[1-9][\d ()./-]{6,30}/g;

/** Payment cards, telephone numbers and social security numbers, of the kinds that are asked for. */
export function numbers(kinds: ReadonlySet<PiiKind>): Detector {
  return {
    find(text, from) {
      if (!/\d[\d ()./-]{6}/.test(text)) return [];
      const found: Match[] = [];
      if (kinds.has("payment_card")) found.push(...matches(text, card, from, "payment_card", isCard));
      if (kinds.has("us_ssn")) found.push(...matches(text, ssn, from, "us_ssn"));
      if (kinds.has("phone")) {
        for (const { index, 0: said } of matchesFrom(text, international, from)) {
          const length = dialled(said, isDigit(text.charCodeAt(index + said.length)));
          if (length !== undefined) found.push({ start: index, end: index + length, kind: "phone" });
        }
        for (const pattern of national) found.push(...matches(text, pattern, from, "phone"));
      }
      return found.sort((a, b) => a.start - b.start);
    },
    pending(text) {
      let start = tailRun(text, inNumber, longest);
      while (start < text.length && !begins(text.charCodeAt(start))) start++;
      return start;
    },
  };
}

function matches(text: string, pattern: RegExp, from: number, kind: string, holds?: (said: string) => boolean): Match[] {
  const found: Match[] = [];
  for (const { index, 0: said } of matchesFrom(text, pattern, from)) {
    if (holds === undefined || holds(said)) found.push({ start: index, end: index + said.length, kind });
  }
  return found;
}

/** Luhn's sum, and a first digit that card schemes have. */
function isCard(said: string): boolean {
  if (said < "2" || said >= "7") return false;
  let sum = 0;
  let doubled = false;
  for (let at = said.length - 1; at >= 0; at--) {
    const code = said.charCodeAt(at);
    if (!isDigit(code)) continue;
    const digit = (code - 0x30) * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
    doubled = !doubled;
  }
  return sum % 10 === 0;
}

/** How much of what follows a plus is a telephone number of 8 to 15 digits; at most two signs stand between two of them. */
function dialled(said: string, more: boolean): number | undefined {
  let digits = 0;
  let end = 0;
  for (let at = 1; at < said.length; at++) {
    if (!isDigit(said.charCodeAt(at))) {
      if (at - end > 2) break;
      continue;
    }
    digits++;
    end = at + 1;
  }
  const cut = more && end === said.length;
  return digits >= 8 && digits <= 15 && !cut ? end : undefined;
}
