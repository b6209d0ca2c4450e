/*
 * The simulator's tokens: a word with the white space before it, in pieces of at most 24 characters. Anyone can count them
 * by eye, which is all they are for.
 */

const longest = 24;
const piece = /\s*\S{1,24}|\s+/gu;

/** The text cut into tokens; joined they give the text again. Never cuts a surrogate pair, may cut a grapheme. */
export const tokens = (text: string): readonly string[] => text.match(piece) ?? [];

/** How many tokens a text has, without cutting it. White space at the end counts as one, as in `tokens`. */
export function countTokens(text: string): number {
  let count = 0;
  let run = 0;
  let blank = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isSpace(code)) {
      run = 0;
      blank = true;
      continue;
    }
    if (code >= 0xdc00 && code <= 0xdfff && i > 0 && isHigh(text.charCodeAt(i - 1))) continue;
    if (run === 0 || run === longest) {
      count++;
      run = 0;
    }
    run++;
    blank = false;
  }
  return blank ? count + 1 : count;
}

const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 9 && code <= 13);
  if (code < 0xa0) return false;
  return (
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}
