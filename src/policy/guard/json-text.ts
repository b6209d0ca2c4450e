import { spelled } from "./json-filter.ts";
import type { Finding } from "./scanner.ts";
import { type OnFinding, replaced } from "./text-filter.ts";

/** Stands between what is looked at together: no rule has it, and no word goes on past it. */
const border = "\uffff";

/** A JSON text that is at hand whole, taken to pieces: what stands between its strings, and what they say, by turns. */
export interface JsonText {
  readonly text: string;
  readonly pieces: readonly string[];
  /** Where each string begins and ends, with its quotes. */
  readonly bounds: readonly number[];
}

/** Undefined where the text is no JSON: a custom tool's arguments are any text. Its cost is the parser's, whatever it holds. */
export function jsonText(text: string): JsonText | undefined {
  const pieces: string[] = [];
  const outside: string[] = [];
  const bounds: number[] = [];
  let at = 0;
  let slash = text.indexOf("\\");
  try {
    for (let open = text.indexOf('"'); open !== -1; open = text.indexOf('"', at)) {
      const close = closing(text, open);
      if (close === -1) return undefined;
      const between = text.slice(at, open);
      if (slash !== -1 && slash < open) return undefined;
      const plain = slash === -1 || slash > close;
      const said: unknown = plain ? text.slice(open + 1, close) : JSON.parse(text.slice(open, close + 1));
      if (typeof said !== "string") return undefined;
      outside.push(between);
      pieces.push(between, said);
      bounds.push(open, close + 1);
      at = close + 1;
      if (!plain) slash = text.indexOf("\\", at);
    }
    const rest = text.slice(at);
    outside.push(rest);
    pieces.push(rest);
    JSON.parse(outside.join('""'));
  } catch {
    return undefined;
  }
  return { text, pieces, bounds };
}

/** The quote that ends the string which begins there: one with an even number of backslashes before it. */
function closing(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote;
    while (text.charCodeAt(before - 1) === 0x5c) before--;
    if ((quote - before) % 2 === 0) return quote;
  }
  return -1;
}

/** All of it as one text to be looked at. */
export const saidBy = ({ pieces }: JsonText): string => pieces.join(border);

/**
 * The text with its findings replaced; what stands outside of strings by strings, so that it stays JSON.
 *
 * @param found in `saidBy`
 */
export function replacedJson(json: JsonText, found: readonly Finding[], onFinding: OnFinding): string {
  if (found.length === 0) return json.text;
  const { text, pieces, bounds } = json;
  const quoted: OnFinding = (finding, said) => {
    const instead = onFinding(finding, said);
    return instead === undefined ? undefined : JSON.stringify(instead);
  };
  let out = "";
  let copied = 0;
  let next = 0;
  let start = 0;
  pieces.forEach((piece, index) => {
    const first = next;
    while ((found[next]?.start ?? Number.POSITIVE_INFINITY) < start + piece.length) next++;
    if (next > first) {
      const inside = index % 2 === 1;
      const here = found.slice(first, next).map((one) => ({ ...one, start: one.start - start, end: one.end - start }));
      const made = replaced(piece, here, inside ? onFinding : quoted);
      if (made !== piece) {
        // Without the quotes of the string, or between two strings.
        const from = inside ? (bounds[index - 1] ?? 0) + 1 : (bounds[index - 1] ?? 0);
        const to = inside ? (bounds[index] ?? 0) - 1 : (bounds[index] ?? text.length);
        out += text.slice(copied, from) + (inside ? spelled(made) : made);
        copied = to;
      }
    }
    start += piece.length + border.length;
  });
  return out + text.slice(copied);
}
