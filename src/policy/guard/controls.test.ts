import assert from "node:assert/strict";
import { isAscii } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { controlCharacters, mayHoldControls } from "./detect/control-characters.ts";

/** Bodies that say the text, its characters spelled as they are or as escapes. */
function bodies(text: string): readonly Buffer[] {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, "0"));
  const escaped = units.map((unit) => `\\u${unit}`).join("");
  const upper = units.map((unit) => `\\u${unit.toUpperCase()}`).join("");
  return [JSON.stringify({ a: text }), `{"a":"${escaped}"}`, `{"a":"${upper}"}`].map((body) => Buffer.from(body));
}

/** Both ways of looking; a backspace is looked for in one of them alone. */
function holds(body: Buffer, text: string): boolean {
  const ascii = isAscii(body);
  const thorough = mayHoldControls(body, { ascii, backspaces: true });
  if (!text.includes("\b")) assert.equal(mayHoldControls(body, { ascii, backspaces: false }), thorough, `${body}`);
  return thorough;
}

test("no body that holds any is taken for clean", () => {
  let found = 0;
  for (let code = 0; code < 0x10000; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const text = `a${String.fromCharCode(code)}b`;
    if (controlCharacters.find(text, 0).length === 0) continue;
    found++;
    for (const body of bodies(text)) assert.ok(holds(body, text), `U+${code.toString(16)} ${body}`);
  }
  for (let code = 0xe0000; code < 0xe0080; code++) {
    const text = `a${String.fromCodePoint(code)}b`;
    for (const body of bodies(text)) assert.ok(holds(body, text), code.toString(16));
  }
  // C0 without tab, line and page ends and carriage return; DEL and C1; and eighteen wide ones.
  assert.equal(found, 28 + 33 + 18);
});

test("nearly every body that holds none is told by its bytes", () => {
  const prose = [
    "Grüße, naïve façade, «guillemets» and non-breaking\u00a0space",
    "日本語のテキスト。",
    "Русский текст",
    "a – b — “c” … ‘d’",
    "emoji 👩‍👩‍👧 🎉",
    'line\nbreaks\tand "quotes" \\ \\boo \\\\bar \f \u2028',
  ];
  for (const text of prose) {
    const body = Buffer.from(JSON.stringify({ a: text }));
    assert.equal(holds(body, text), false, text);
  }
  const escaped = Buffer.from('{"a":"caf\\u00e9 \\u003ctag\\u003e \\u00a0 \\u65e5"}');
  assert.equal(mayHoldControls(escaped, { ascii: true, backspaces: true }), false);
});

test("whatever text there is, a body taken for clean holds none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      if (controlCharacters.find(text, 0).length === 0) return;
      for (const body of bodies(text)) assert.ok(holds(body, text));
    }),
    { numRuns: 3000, seed: 4 },
  );
});
