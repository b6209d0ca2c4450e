import type { Detector, Match } from "./detector.ts";

/** Characters of each country's numbers, head and all (the registry of ISO 13616), by the two letters of the country. */
const lengths = new Uint8Array(26 * 26);
const registry =
  "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 " +
  "FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 " +
  "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 " +
  "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";
for (const row of registry.split(" ")) lengths[countryAt(row, 0)] = Number(row.slice(2));

function countryAt(text: string, at: number): number {
  return (text.charCodeAt(at) - 0x41) * 26 + text.charCodeAt(at + 1) - 0x41;
}

/** With blanks, and what comes after. */
const longest = 46;

const head = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}/g;
const begun = /(?<![A-Za-z0-9])(?:[A-Z]{1,2}|[A-Z]{2}\d|[A-Z]{2}\d{2}[A-Z0-9 ]{0,40})$/;

/** Bank account numbers, in one piece or in groups, whose check digits are right. */
export const iban: Detector = {
  find(text, from) {
    const found: Match[] = [];
    if (text.length - from < 15) return found;
    // Without the arrays that matches are told in: many a text is full of such heads.
    head.lastIndex = from;
    while (head.test(text)) {
      const index = head.lastIndex - 4;
      const length = lengths[countryAt(text, index)] ?? 0;
      const end = length === 0 ? undefined : endOf(text, index, length);
      if (end !== undefined) found.push({ start: index, end, kind: "iban" });
    }
    return found;
  },
  pending(text) {
    // One more, as what stands before decides whether one begins.
    const from = Math.max(0, text.length - longest - 1);
    const at = text.slice(from).search(begun);
    return at === -1 ? text.length : Math.max(from + at, text.length - longest);
  },
};

/** What each character is worth, digits as they are and letters as 10 to 35; 99 for those that may not stand there. */
const worth = new Uint8Array(128).fill(99);
for (const character of "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") worth[character.charCodeAt(0)] = Number.parseInt(character, 36);

/** Past the last of `length` characters with single blanks between them, if their remainder by 97, head at the end, is 1. */
function endOf(text: string, start: number, length: number): number | undefined {
  let rest = 0;
  let at = start + 4;
  for (let count = 4; count < length; at++) {
    const code = text.charCodeAt(at);
    const value = worth[code] ?? 99;
    if (value < 36) {
      rest = rest * (value > 9 ? 100 : 10) + value;
      // A division for every character would be what takes the time.
      if (rest > 1_000_000) rest %= 97;
      count++;
    } else if (code !== 0x20 || text.charCodeAt(at - 1) === 0x20) return undefined;
  }
  if ((worth[text.charCodeAt(at)] ?? 99) < 36) return undefined;
  for (let head = start; head < start + 4; head++) {
    const value = worth[text.charCodeAt(head)] ?? 0;
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1 ? at : undefined;
}
