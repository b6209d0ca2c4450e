import type { Detector, Match } from "./detector.ts";

const unit = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;
const range = ([from, to]: readonly [number, number]): string => (from === to ? unit(from) : `${unit(from)}-${unit(to)}`);

/**
 * What no reader sees and a terminal or a model may obey: C0 and C1 but for tab, line and page ends, directions that overrule others,
 * widths of nothing. Those that scripts and emoji need to join or part (U+200C to U+200F) are none.
 */
const hidden: readonly (readonly [number, number])[] = [
  [0x00, 0x08],
  [0x0b, 0x0b],
  [0x0e, 0x1f],
  [0x7f, 0x9f],
  [0x180e, 0x180e],
  [0x200b, 0x200b],
  [0x202a, 0x202e],
  [0x2060, 0x2069],
  [0xfeff, 0xfeff],
];

/** A terminal's orders, as far as they are all order. */
const order = `${unit(0x1b)}\\[[0-?]{0,64}[ -/]{0,8}[@-~]`;
/** Invisible letters (U+E0000 to U+E007F), but for those that make a flag of a region. */
const flag = "\\ud83c\\udff4[\\udb40\\udc20-\\udc7f]{2,16}";
const invisible = "\\udb40[\\udc00-\\udc7f]";

const pattern = new RegExp(`${flag}|${order}|${invisible}|[${hidden.map(range).join("")}]`);
const orders = new RegExp(order, "y");
const flags = new RegExp(flag, "y");

/** What any of them begins with. */
const suspect = new RegExp(`[${hidden.map(range).join("")}\\ud83c\\udb40]`, "g");

const isHidden = new Uint8Array(0x10000);
for (const [from, to] of hidden) isHidden.fill(1, from, to + 1);

/** Past what is hidden there; `at` itself where nothing is. */
function hiddenEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (isHidden[code] === 1) return code === 0x1b ? past(orders, text, at, at + 1) : at + 1;
  const second = text.charCodeAt(at + 1);
  return code === 0xdb40 && second >= 0xdc00 && second <= 0xdc7f ? at + 2 : at;
}

/** Past what a sticky pattern fits there, or else. */
function past(sticky: RegExp, text: string, at: number, otherwise: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : otherwise;
}

/** Characters that are not for reading. */
export const controlCharacters: Detector = {
  // A pattern makes a list for each, and a text may be full of them.
  find(text, from, most = Number.POSITIVE_INFINITY) {
    const found: Match[] = [];
    if (text.search(pattern) === -1) return found;
    suspect.lastIndex = from;
    while (found.length < most && suspect.test(text)) {
      const at = suspect.lastIndex - 1;
      if (text.charCodeAt(at) === 0xd83c) {
        suspect.lastIndex = past(flags, text, at, at + 1);
        continue;
      }
      let end = at;
      for (let next = hiddenEnd(text, end); next !== end; next = hiddenEnd(text, end)) end = next;
      if (end > at) found.push({ start: at, end, kind: "control_characters" });
      suspect.lastIndex = Math.max(end, at + 1);
    }
    suspect.lastIndex = 0;
    return found;
  },
  // Looked for in requests only, which are whole.
  pending: (text) => text.length,
};

/**
 * Whether a body of valid JSON may hold any: false is certain. C0 stands in JSON as an escape only; the others begin with one of
 * few bytes, so bodies of plain ASCII are done at once.
 *
 * @param backspaces look for these, too, which have an escape of their own and cost a search of their own
 */
export function mayHoldControls(
  body: Buffer,
  { ascii, backspaces }: { readonly ascii: boolean; readonly backspaces: boolean },
): boolean {
  if (body.includes(0x7f)) return true;
  for (let at = body.indexOf("\\u"); at !== -1; at = body.indexOf("\\u", at + 2)) {
    const first = body[at + 2];
    const second = (body[at + 3] ?? 0) | 0x20;
    // \u00.., \u18.., \u20.., \uFE.., \uDB..
    if (first === 0x30 ? second === 0x30 && !isPlain(body, at + 4) : isSuspect(((first ?? 0) | 0x20) * 256 + second)) return true;
  }
  if (backspaces) {
    for (let at = body.indexOf("\\b"); at !== -1; at = body.indexOf("\\b", at + 2)) if (isEscape(body, at)) return true;
  }
  return !ascii && leads.some(({ byte, suspect }) => holds(body, byte, suspect));
}

/** Whether the escape \u00XY is of a character that is to be seen (or white space that may be). */
function isPlain(body: Buffer, at: number): boolean {
  const high = (body[at] ?? 0) | 0x20;
  const low = (body[at + 1] ?? 0) | 0x20;
  if (high === 0x30) return low === 0x39 || low === 0x61 || low === 0x63 || low === 0x64;
  if (high === 0x31 || high === 0x38 || high === 0x39) return false;
  return high !== 0x37 || low !== 0x66;
}

/** Whether the backslash there is none that is itself escaped. */
function isEscape(body: Buffer, at: number): boolean {
  let before = at;
  while (body[before - 1] === 0x5c) before--;
  return (at - before) % 2 === 0;
}

const word = (text: string): number => (text.charCodeAt(0) | 0x20) * 256 + (text.charCodeAt(1) | 0x20);
const suspects = new Set(["18", "20", "fe", "db"].map(word));
const isSuspect = (given: number): boolean => suspects.has(given);

const leads: readonly { readonly byte: number; readonly suspect: (second: number, third: number) => boolean }[] = [
  { byte: 0xc2, suspect: (second) => second < 0xa0 },
  {
    byte: 0xe2,
    suspect: (second, third) =>
      (second === 0x80 && (third === 0x8b || (third >= 0xaa && third <= 0xae))) ||
      (second === 0x81 && third >= 0xa0 && third <= 0xa9),
  },
  { byte: 0xe1, suspect: (second, third) => second === 0xa0 && third === 0x8e },
  { byte: 0xef, suspect: (second, third) => second === 0xbb && third === 0xbf },
  { byte: 0xf3, suspect: (second) => second === 0xa0 },
];

function holds(body: Buffer, byte: number, suspect: (second: number, third: number) => boolean): boolean {
  for (let at = body.indexOf(byte); at !== -1; at = body.indexOf(byte, at + 1)) {
    if (suspect(body[at + 1] ?? 0, body[at + 2] ?? 0)) return true;
  }
  return false;
}
