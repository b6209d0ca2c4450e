import { Buffer } from "node:buffer";

/*
 * Where a body is at fault, for the sentence that refuses it. Only run once it has been refused: the JSON engine's own
 * messages give a place for some faults only, and quote the body.
 */

/** Byte offset of the first malformed sequence of bytes that are not UTF-8. */
export function malformedUtf8Offset(bytes: Buffer): number {
  const text = bytes.toString("utf8");
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf("\ufffd"); at !== -1; at = text.indexOf("\ufffd", from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset;
    offset += 3;
    from = at + 1;
  }
  return bytes.length;
}

/** The first name that stands twice in one object, and the byte offset of its second place. The bytes are JSON and have one. */
export function repeatedName(bytes: Buffer): { readonly name: string; readonly at: number } {
  const text = bytes.toString("latin1");
  const open: (Set<string> | undefined)[] = [];
  let expectsName = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = readString(text, at).at;
      const names = open.at(-1);
      if (expectsName && names !== undefined) {
        const name: unknown = JSON.parse(bytes.toString("utf8", at, end));
        if (typeof name === "string" && names.has(name)) return { name, at };
        names.add(String(name));
        expectsName = false;
      }
      at = end - 1;
    } else if (char === "{" || char === "[") {
      open.push(char === "{" ? new Set() : undefined);
      expectsName = char === "{";
    } else if (char === "}" || char === "]") {
      open.pop();
      expectsName = false;
    } else if (char === ",") expectsName = open.at(-1) !== undefined;
  }
  return { name: "", at: text.length };
}

const TOKEN = /[{}[\],:]|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const SPACE = /[ \t\n\r]*/y;

type Expected = "value" | "value or ]" | "name" | "name or }" | "colon" | "comma or close" | "end";

/** Byte offset at which bytes stop being JSON: their length where they end too early, -1 where they are JSON. */
export function faultOffset(bytes: Buffer): number {
  const text = bytes.toString("latin1");
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
    if (at === text.length) return expected === "end" ? -1 : at;
    const isString = text.charAt(at) === '"';
    TOKEN.lastIndex = at;
    const token = isString ? '"' : TOKEN.exec(text)?.[0];
    const next: Expected | undefined = token === undefined ? undefined : step(expected, token, open);
    if (token === undefined || next === undefined) return at;
    expected = next;
    if (isString) {
      const string = readString(text, at);
      if (!string.whole) return string.at;
      at = string.at;
    } else at += token.length;
  }
}

/** What may follow `token`, undefined where it may not stand. `open` is kept up to date. */
function step(expected: Expected, token: string, open: ("{" | "[")[]): Expected | undefined {
  const closed = (): Expected => {
    open.pop();
    return open.length === 0 ? "end" : "comma or close";
  };
  switch (expected) {
    case "end":
      return undefined;
    case "colon":
      return token === ":" ? "value" : undefined;
    case "name or }":
      if (token === "}") return closed();
      return token === '"' ? "colon" : undefined;
    case "name":
      return token === '"' ? "colon" : undefined;
    case "comma or close": {
      const inside = open.at(-1);
      if (token === ",") return inside === "{" ? "name" : "value";
      return (token === "}" && inside === "{") || (token === "]" && inside === "[") ? closed() : undefined;
    }
    case "value or ]":
      if (token === "]") return closed();
      return value(token, open);
    case "value":
      return value(token, open);
  }
}

function value(token: string, open: ("{" | "[")[]): Expected | undefined {
  switch (token) {
    case "{":
      open.push("{");
      return "name or }";
    case "[":
      open.push("[");
      return "value or ]";
    case "}":
    case "]":
    case ",":
    case ":":
      return undefined;
  }
  return open.length === 0 ? "end" : "comma or close";
}

/** `at` is the opening quote; gives the place past the closing one, or of the fault (the text's length where it is cut off). */
function readString(text: string, at: number): { readonly whole: boolean; readonly at: number } {
  let i = at + 1;
  while (i < text.length) {
    const char = text.charAt(i);
    if (char === '"') return { whole: true, at: i + 1 };
    if (char < " ") return { whole: false, at: i };
    if (char === "\\") {
      ESCAPE.lastIndex = i;
      const sequence = ESCAPE.exec(text)?.[0];
      if (sequence === undefined) return { whole: false, at: i + 6 > text.length ? text.length : i };
      i += sequence.length;
    } else i++;
  }
  return { whole: false, at: text.length };
}
