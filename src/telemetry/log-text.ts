/** What a terminal, a log viewer or a reader could be led astray by, and JSON does not escape by itself. */
const misleading = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const misleadingOrControl = /[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A text of JSON with everything in it escaped that could mislead. It says the same as before. */
export const plainJson = (json: string): string => json.replace(misleading, escaped);

/** A text on one line, with nothing in it that could mislead. */
export const plainText = (text: string): string => text.replace(misleadingOrControl, escaped);

/** Of a field, in bytes. */
const mostBytes = 4096;

/** At most 4 KB of a text, with a note of how much was left out. */
export function capped(text: string): string {
  if (text.length * 3 <= mostBytes) return text;
  const bytes = Buffer.from(text.length > mostBytes ? text.slice(0, mostBytes) : text);
  if (bytes.length <= mostBytes && text.length <= mostBytes) return text;
  let end = Math.min(bytes.length, mostBytes - 40);
  // Not amid a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  const kept = bytes.toString("utf8", 0, end);
  return `${kept}… (${text.length - kept.length} more characters)`;
}
