/**
 * Names and sentences that came from outside, as one line that cannot steer a terminal: control characters, escapes and marks
 * that turn the writing's direction become `?`.
 */
export function oneLine(text: string, longest = 120): string {
  const safe = text.replaceAll(/\p{C}/gu, "?");
  return safe.length <= longest ? safe : `${safe.slice(0, longest - 1)}…`;
}

/** All but line ends and tabs that is no character to be seen, and the marks that turn the writing's direction. */
const steering = /(?![\n\t])[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * A model's words on their way to a terminal, piece by piece: what would steer the terminal is taken out, all that can be seen
 * stays (joined emoji too). Half a character at the end of a piece waits for the other half.
 */
export class SafeText {
  #half = "";

  /** What may be shown of the text so far. */
  push(text: string): string {
    const all = this.#half + text;
    const last = all.charCodeAt(all.length - 1);
    this.#half = last >= 0xd800 && last <= 0xdbff ? all.slice(-1) : "";
    return (this.#half === "" ? all : all.slice(0, -1)).replaceAll("\r\n", "\n").replaceAll(steering, "");
  }
}
