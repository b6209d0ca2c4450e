import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonFilter } from "./json-filter.ts";
import { Masks, RestoreFilter } from "./masks.ts";
import { piiKinds } from "./rules.ts";
import { type Scanner, scannersOf } from "./scanner.ts";
import { innocent, nothing, samples } from "./testing/samples.ts";
import { FilterPair, ScanFilter, type TextFilter } from "./text-filter.ts";

const redact = { secrets: "redact", pii: "redact", forbidden: "redact" } as const;
const { output } = scannersOf({ ...nothing, output: redact });

const plain = (scanner: Scanner = output): TextFilter => new ScanFilter(scanner, ({ kind }) => `[redacted:${kind}]`);
const json = (): TextFilter => new JsonFilter(plain(), new ScanFilter(output, ({ kind }) => `"[redacted:${kind}]"`));

const through = (filter: TextFilter, pieces: readonly string[]): string =>
  pieces.map((piece) => filter.push(piece)).join("") + filter.end();

/** Looks for that kind alone: what other rules hold back is no help. */
function alone(kind: string): Scanner {
  const pii = piiKinds.filter((one) => one === kind);
  const other = pii.length > 0 ? "pii" : kind === "forbidden" ? "forbidden" : "secrets";
  return scannersOf({ ...nothing, piiKinds: pii, output: { ...nothing.output, [other]: "redact" } }).output;
}

test("every cut of every pattern, in prose and bare, is caught", (t) => {
  let cuts = 0;
  for (const [kind, text] of samples) {
    for (const [before, after] of [
      ["", ""],
      ["Write to ", " now."],
      ["(", ")"],
      ["a\n", "\nb"],
      ["x = '", "';"],
    ] as const) {
      const said = before + text + after;
      const due = `${before}[redacted:${kind}]${after}`;
      const one = alone(kind);
      assert.equal(through(plain(), [said]), due);
      assert.equal(through(plain(), [...said]), due, `letter by letter: ${said}`);
      assert.equal(through(plain(one), [...said]), due, `letter by letter, by one rule: ${said}`);
      for (let cut = 0; cut <= said.length; cut++) {
        cuts++;
        assert.equal(through(plain(), [said.slice(0, cut), said.slice(cut)]), due, `cut at ${cut}: ${said}`);
        assert.equal(through(plain(one), [said.slice(0, cut), said.slice(cut)]), due, `cut at ${cut}, by one rule: ${said}`);
      }
    }
  }
  t.diagnostic(`${cuts} cuts of ${samples.length} patterns`);
});

/** Prose, patterns, and beginnings of patterns, in any order. */
const words = fc.oneof(
  fc.constantFrom(
    ...samples.map(([, text]) => text),
    ...innocent,
    "jane",
    "and so",
    "@",
    "sk-",
    "4111",
    "+49",
    "-----",
    "<",
    "é",
    "👩‍👩‍👧",
  ),
  fc.constantFrom(...samples.map(([, text]) => text)).chain((text) => fc.nat(text.length).map((length) => text.slice(0, length))),
  fc.constantFrom(" ", ", ", "\n", ". ", "", "-", "1"),
);
const pieced = fc
  .tuple(fc.array(words, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }))
  .map(([parts, sizes]) => ({ text: parts.join(""), sizes }));

function cut({ text, sizes }: { readonly text: string; readonly sizes: readonly number[] }): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

test("however a text is cut, the same comes out as of the whole", () => {
  fc.assert(
    fc.property(pieced, (given) => {
      assert.equal(through(plain(), cut(given)), through(plain(), [given.text]));
    }),
    { numRuns: 3000, seed: 4 },
  );
});

test("of what stands by itself nothing comes out", () => {
  fc.assert(
    fc.property(pieced, fc.constantFrom(...samples), pieced, (before, [, text], after) => {
      const out = through(
        plain(),
        cut({ text: `${before.text}; ${text}; ${after.text.replaceAll(text, "")}`, sizes: after.sizes }),
      );
      assert.ok(!out.slice(through(plain(), [before.text]).length - 1).includes(text), out);
    }),
    { numRuns: 2000, seed: 4 },
  );
});

test("JSON stays JSON, says the same but for what was taken out, and no spelling hides anything", () => {
  const spelt = (text: string): string =>
    [...text].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  fc.assert(
    fc.property(fc.array(pieced, { maxLength: 3 }), fc.boolean(), ([a, b, c], hidden) => {
      const value = { a: a?.text ?? "", "b c": [b?.text ?? 'say "no"\\', 1.5, true, null], card: 4111111111111111 };
      const whole = hidden && c !== undefined ? `{"x":"${spelt("jane@example.com")}"}` : JSON.stringify(value);
      const out = through(json(), cut({ text: whole, sizes: c?.sizes ?? [1] }));
      const due = hidden && c !== undefined ? { x: "[redacted:email]" } : changed(value);
      assert.deepEqual(JSON.parse(out), due);
    }),
    { numRuns: 2000, seed: 4 },
  );
});

const said = (text: string): string => through(plain(), [text]);
const changed = (value: { a: string; "b c": unknown[]; card: number }): unknown => ({
  a: said(value.a),
  "b c": value["b c"].map((one) => (typeof one === "string" ? said(one) : one)),
  card: "[redacted:payment_card]",
});

test("what is masked comes back, wherever it was cut; what nobody gave out is left", () => {
  const masks = new Masks("");
  const mask = masks.of("jane@example.com", "email");
  assert.equal(mask, "<EMAIL_1>");
  assert.equal(masks.of("jane@example.com", "email"), mask);
  assert.equal(masks.of("joe@example.com", "email"), "<EMAIL_2>");
  const text = `Dear ${mask}, not <EMAIL_7>, <b> or <EMAIL_1, a < b; <EMAIL_2>`;
  const due = "Dear jane@example.com, not <EMAIL_7>, <b> or <EMAIL_1, a < b; joe@example.com";
  for (let at = 0; at <= text.length; at++) {
    const filter = new FilterPair(plain(), new RestoreFilter(masks, () => undefined));
    assert.equal(through(filter, [text.slice(0, at), text.slice(at)]), due);
  }
  assert.equal(through(new RestoreFilter(masks, () => undefined), [...text]), due);
});

test("only what may still become a finding is held back", () => {
  const filter = plain();
  assert.equal(filter.push("Hello"), "");
  assert.equal(filter.push(" world"), "Hello ");
  assert.equal(filter.push(", "), "world, ");
  const secretsOnly = plain(scannersOf({ ...nothing, output: { ...nothing.output, secrets: "redact" } }).output);
  assert.equal(secretsOnly.push("Hello"), "Hello");
  assert.equal(secretsOnly.push(" worlds"), " worlds");
  assert.equal(secretsOnly.push(" s"), " ");
  assert.equal(secretsOnly.push("o"), "so");
});

test("a secret longer than is ever held is taken out all the same, to the end of its word", () => {
  const filter = plain();
  const long = `sk-${"a1".repeat(30_000)}`;
  let out = "";
  for (let at = 0; at < long.length; at += 997) out += filter.push(long.slice(at, at + 997));
  out += filter.push(" and on") + filter.end();
  assert.equal(out.replace("[redacted:api_key]", ""), " and on");
});
