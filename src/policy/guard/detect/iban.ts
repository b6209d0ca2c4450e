import { type Detector, isDigit, isUpper, type Match } from "./detector.ts";

/** Characters of each country's numbers, head and all (the registry of ISO 13616). */
const lengths: ReadonlyMap<string, number> = new Map(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 " +
    "FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 " +
    "LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 " +
    "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((row): [string, number] => [row.slice(0, 2), Number(row.slice(2))]),
);

const head = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}/g;
const begun = /(?<![A-Za-z0-9])(?:[A-Z]{1,2}|[A-Z]{2}\d|[A-Z]{2}\d{2}[A-Z0-9 ]{0,40})$/;

/** Bank account numbers, in one piece or in groups, whose check digits are right. */
export const iban: Detector = {
  find(text) {
    const found: Match[] = [];
    for (const { index } of text.matchAll(head)) {
      const length = lengths.get(text.slice(index, index + 2));
      const end = length === undefined ? undefined : endOf(text, index, length);
      if (end !== undefined) found.push({ start: index, end, kind: "iban" });
    }
    return found;
  },
  pending(text) {
    const from = Math.max(0, text.length - 46);
    const at = text.slice(from).search(begun);
    return at === -1 ? text.length : from + at;
  },
};

/** Past the last of `length` characters with single blanks between them, if they are a valid number. */
function endOf(text: string, start: number, length: number): number | undefined {
  let plain = "";
  let at = start;
  for (; plain.length < length; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code) || isUpper(code)) plain += text.charAt(at);
    else if (code !== 0x20 || text.charCodeAt(at - 1) === 0x20) return undefined;
  }
  return isDigit(text.charCodeAt(at)) || isUpper(text.charCodeAt(at)) || !isValid(plain) ? undefined : at;
}

/** Modulo 97 of the number with its head at its end, letters as 10 to 35. */
function isValid(plain: string): boolean {
  let rest = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
