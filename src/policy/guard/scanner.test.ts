import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { scannersOf } from "./scanner.ts";
import { innocent, nothing, samples } from "./testing/samples.ts";

const all = { controlCharacters: "redact", secrets: "redact", pii: "redact", forbidden: "redact" } as const;
const { input, output } = scannersOf({ ...nothing, input: all, output: all });

test("everything is found, as what it is and to its last character", () => {
  for (const [kind, text] of samples) {
    for (const said of [text, `It is ${text}, is it not?`, `(${text})`, `"${text}"`, `a\n${text}\nb`]) {
      const found = output.find(said);
      assert.deepEqual(
        found.map((one) => [one.kind, said.slice(one.start, one.end)]),
        [[kind, text]],
        said,
      );
    }
  }
});

test("what looks alike is not found", () => {
  for (const text of innocent) assert.deepEqual(output.find(text), [], text);
});

test("characters that are not for reading", () => {
  const hidden = ["\u0000", "\u001b[31;1m", "\u007f", "\u009b", "\u202e", "\u2066", "\u200b", "\ufeff", "\u{e0041}", "\b"];
  for (const text of hidden) {
    const found = input.find(`a${text}b`);
    assert.deepEqual(
      found.map(({ rule, start, end }) => [rule, start, end]),
      [["control_characters", 1, 1 + text.length]],
    );
  }
  // Line ends, joiners of scripts and emoji, direction marks, the flag of Scotland.
  for (const text of [
    "a\tb\r\nc",
    "👩‍👩‍👧",
    "می‌خواهم",
    "\u200e\u200f",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
  ]) {
    assert.deepEqual(input.find(text), [], text);
  }
});

test("where findings overlap they are one, with the sternest deed", () => {
  const mixed = scannersOf({
    ...nothing,
    forbidden: ["jane"],
    input: { ...all, pii: "mask", forbidden: "refuse" },
    output: { ...all, pii: "flag" },
  });
  const said = "to jane@example.com now";
  assert.deepEqual(
    mixed.input.find(said).map(({ deed, start, end }) => [deed, start, end]),
    [["refuse", 3, 19]],
  );
  assert.deepEqual(
    mixed.output.find(said).map(({ deed, start, end }) => [deed, start, end]),
    [
      ["flag", 3, 19],
      ["redact", 3, 7],
    ],
  );
});

const quarter = 256 * 1024;
const fill = (unit: string): string => unit.repeat(Math.ceil(quarter / unit.length)).slice(0, quarter);

/** Beginnings of everything again and again, and what makes careless patterns slow. */
const hostile: readonly string[] = [
  ...["a", "1", " ", "@", "-", "+", ".", "(", "A", "\u001b", "\u200b", "é", "0", ":", "\\", '"'],
  ...["a@", "a@a.", "a.@", "@a.", "sk-", "eyJ", "eyJ-", "eyJ.", "eyJaaaaaaaaaaa.", "ghp_", "AKIA", "xoxb-", "AIza_"],
  ...["-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN A PRIVATE KEY-----a", "-----END ", "\u001b[", "\u001b[0;"],
  ...[
    "1 ",
    "1-",
    "12-",
    "123-",
    "1234 ",
    "+1",
    "+1 ",
    "+1(",
    "(1",
    "0123 ",
    "01 ",
    "1.1.",
    "1:",
    "::",
    "a:b:",
    "GB29",
    "GB29 ",
    "DE89",
  ],
  ...["night", "project ", "nightshad", "XK-4", "pg-own-key-", "ab1@c.de ", "\ud83c\udff4", "\udb40\udc41", "<EMAIL_1", "é@é."],
  `${"a".repeat(64)}@`,
  `${"a".repeat(63)}!@`,
];

test("a megabyte of what is not found takes less than 100 ms, and one of findings no more than they do", (t) => {
  // Once through everything first: the first time is the compiler's.
  for (const unit of hostile) input.find(fill(unit).slice(0, 20_000));
  const slowest = (units: readonly string[]) =>
    units
      .map((unit) => ({ unit, text: fill(unit) }))
      .map(({ unit, text }) => ({
        unit,
        findings: 4 * input.find(text).length,
        ms: Math.min(took(text), took(text), took(text)),
      }))
      .sort((a, b) => b.ms - b.findings / perMs - (a.ms - a.findings / perMs))
      .slice(0, 3);
  for (const { unit, findings, ms } of slowest([...hostile, ...samples.map(([, text]) => `${text} `)])) {
    t.diagnostic(`${ms.toFixed(1)} ms of CPU for 1 MB of ${JSON.stringify(unit.slice(0, 30))}, ${findings} findings`);
    assert.ok(ms < 100 + findings / perMs, `${ms} ms for ${unit}`);
  }
});

/** Findings that a millisecond is granted for. */
const perMs = 500;

function took(text: string): number {
  const started = process.cpuUsage();
  input.find(text);
  input.pending(text);
  const { user, system } = process.cpuUsage(started);
  return (4 * (user + system)) / 1000;
}

test("no pattern has one repetition inside another", () => {
  const folder = join(import.meta.dirname, "detect");
  for (const name of readdirSync(folder)) {
    assert.ok(!/[*+}]\)(?:[*+{])/.test(readFileSync(join(folder, name), "utf8")), name);
  }
});
