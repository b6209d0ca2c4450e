import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonText } from "./json-text.ts";
import { Looks } from "./looks.ts";
import { scannersOf } from "./scanner.ts";
import { innocent, nothing, samples } from "./testing/samples.ts";

const redact = { controlCharacters: "redact", secrets: "redact", pii: "redact", forbidden: "redact" } as const;
const scanner = scannersOf({ ...nothing, input: redact }).input;

const changed = (text: string, json: boolean): string =>
  new Looks(scanner).changed(text, json, ({ kind }) => (kind === "control_characters" ? "" : `[redacted:${kind}]`));

const said = fc
  .array(
    fc.oneof(
      fc.constantFrom(...samples.map(([, text]) => text), ...innocent, "jane@", "example.com", "4111", "sk-", "\u202e", "\b"),
      fc.constantFrom('"', "\\", "\\\\", '\\"', "\n", "\u0001", "é", "\ud83d", "👍", " ", ":", ",", "{", ""),
    ),
    { maxLength: 5 },
  )
  .map((pieces) => pieces.join(""));
const value = fc.array(fc.oneof(said, fc.constantFrom(null, true, 4111111111111111, 1.5), fc.array(said, { maxLength: 3 })), {
  maxLength: 6,
});

/** Every string by itself; a number that is found becomes a string. */
const each = (one: unknown): unknown => {
  if (typeof one === "string") return changed(one, false);
  if (one === 4111111111111111) return "[redacted:payment_card]";
  return Array.isArray(one) ? one.map(each) : one;
};

const escaped = (text: string): string =>
  text.replace(/[a-z@0-9]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

test("every string of a JSON text is changed as if it stood alone, however it is spelled, and the text stays JSON", () => {
  let found = 0;
  fc.assert(
    fc.property(value, fc.nat(2), fc.boolean(), (given, indent, spelt) => {
      const text = spelt
        ? `["${escaped("jane@example.com")}",${JSON.stringify(given)}]`
        : JSON.stringify({ a: given }, null, indent);
      const out = changed(text, true);
      if (out !== text) found++;
      assert.deepEqual(JSON.parse(out), spelt ? ["[redacted:email]", each(given)] : { a: each(given) });
    }),
    { numRuns: 2000, seed: 4 },
  );
  assert.ok(found > 1000);
});

test("what is no JSON is looked at as it stands", () => {
  for (const text of ["", "to jane", '{"a":"b', '"a" "b"', '{"a":}', '["a\\x"]', '\\"a"', "{'a': 1}"]) {
    assert.equal(jsonText(text), undefined, text);
  }
  assert.equal(changed('say "jane@example.com', true), 'say "[redacted:email]');
  assert.deepEqual(jsonText('{"a":"b\\n"}')?.pieces, ["{", "a", ":", "b\n", "}"]);
});

test("nothing begins in one string and ends in another", () => {
  const text = '{"2001":"db8:1:2:3:4:5:6"}';
  assert.equal(changed(text, true), text);
});
