import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonLine, jsonText } from "./json.ts";
import { paintFor } from "./paint.ts";
import { Progress } from "./progress.ts";
import { table } from "./table.ts";
import { oneLine, SafeText } from "./text.ts";
import { cutTo, displayWidth } from "./width.ts";

const wild = fc.string({
  unit: fc.constantFrom(
    "a",
    "é",
    "漢",
    "👩",
    "\u200d",
    "\u001b",
    "[2J",
    "\u009b",
    "\u202e",
    "\r",
    "\n",
    "\t",
    "\u0000",
    "\u0007",
    "\u007f",
    "\u2066",
  ),
});

test("no text that came from outside steers the terminal, wherever it is cut into pieces", () => {
  fc.assert(
    fc.property(wild, fc.array(fc.nat(40), { maxLength: 6 }), (text, cuts) => {
      const safe = new SafeText();
      const places = [0, ...cuts.map((at) => Math.min(at, text.length)).sort((a, b) => a - b), text.length];
      const shown = places
        .slice(1)
        .map((at, index) => safe.push(text.slice(places[index], at)))
        .join("");
      for (const letter of ["\u001b", "\u009b", "\u0000", "\u0007", "\u007f", "\u202e", "\u2066", "\r"])
        assert.ok(!shown.includes(letter));
      assert.equal(shown, shown.toWellFormed());
      assert.equal(shown, new SafeText().push(text));
      assert.ok(!/[\p{Cc}\p{Cf}]/u.test(oneLine(text)));
    }),
    { numRuns: 500 },
  );
});

test("JSON says the same without a letter that steers a terminal, and large numbers to their last digit", () => {
  fc.assert(
    fc.property(wild, (text) => {
      for (const json of [jsonText({ text }), jsonLine([text])]) assert.ok(!/(?!\n)[\p{Cc}\u202e\u2066]/u.test(json), json);
      assert.deepEqual(JSON.parse(jsonText({ text })), { text });
    }),
  );
  assert.equal(jsonLine({ a: 2n ** 60n, b: 5n, c: -3n }), '{"a":"1152921504606846976","b":5,"c":-3}');
});

test("what can be seen stays: line ends, tabs, joined emoji, halves of letters that come apart", () => {
  const family = "👩‍👩‍👧 ok\n\tنص";
  assert.equal(new SafeText().push(family), family);
  const safe = new SafeText();
  assert.deepEqual([safe.push("a\ud83d"), safe.push("\ude00b")], ["a", "😀b"]);
  assert.equal(new SafeText().push("a\r\nb"), "a\nb");
  assert.equal(oneLine("x".repeat(200), 10), "xxxxxxxxx…");
});

test("letters are as wide as terminals show them, and cut where they no longer fit", () => {
  for (const [text, width] of [
    ["abc", 3],
    ["漢字", 4],
    ["e\u0301", 1],
    ["😀", 2],
    ["ﾊ", 1],
    ["한", 2],
  ] as const)
    assert.equal(displayWidth(text), width, text);
  assert.deepEqual([cutTo("漢字漢字", 5), cutTo("abcdef", 4), cutTo("abc", 3)], ["漢字…", "abc…", "abc"]);
});

test("a table fits the terminal: the columns that may give way do, in their order, and no further than needed", () => {
  const rows = [
    ["NAME", "WHAT", "COUNT"],
    ["漢字", "a rather long sentence about it", "1,234"],
    ["b", "short", "5"],
  ];
  assert.deepEqual(table(rows, { right: new Set([2]) }), [
    "NAME  WHAT                             COUNT",
    "漢字  a rather long sentence about it  1,234",
    "b     short                                5",
  ]);
  const narrow = table(rows, { columns: 30, flexible: [1], right: new Set([2]) });
  for (const line of narrow) assert.ok(displayWidth(line) <= 30, line);
  assert.match(narrow[1] ?? "", /^漢字 {2}a rather lo.*… {2}1,234$/);
});

test("where names cut short are not enough, the columns that matter least are left out", () => {
  const rows = [
    ["TIME", "CALL", "KEY", "COST"],
    ["12:00:00", "call_0123456789", "a long name of a key", "0.10"],
  ];
  const layout = { flexible: [2], optional: [2, 3], right: new Set([3]) };
  assert.deepEqual(table(rows, { ...layout, columns: 45 })[1], "12:00:00  call_0123456789  a long name…  0.10");
  assert.deepEqual(table(rows, { ...layout, columns: 35 }), [
    "TIME      CALL             COST",
    "12:00:00  call_0123456789  0.10",
  ]);
  assert.deepEqual(table(rows, { ...layout, columns: 28 }), ["TIME      CALL", "12:00:00  call_0123456789"]);
});

test("colours and progress are for terminals, and NO_COLOR is heeded", () => {
  const terminal = { in: true, out: true, err: true, columns: 20, input: "terminal" } as const;
  assert.equal(paintFor({ terminal, env: {} }, "out")("red", "x"), "\u001b[31mx\u001b[39m");
  for (const [where, env] of [
    [terminal, { NO_COLOR: "1" }],
    [terminal, { TERM: "dumb" }],
    [{ ...terminal, out: false }, {}],
  ] as const)
    assert.equal(paintFor({ terminal: where, env }, "out")("red", "x"), "x");
  const written: string[] = [];
  const ports = { terminal, write: (text: string) => written.push(text) };
  const progress = new Progress(ports);
  progress.show("waiting for a very long name");
  progress.clear();
  progress.clear();
  assert.deepEqual(written, ["\r\u001b[2Kwaiting for a very…", "\r\u001b[2K"]);
  const silent: string[] = [];
  new Progress({ terminal: { ...terminal, err: false }, write: (text: string) => silent.push(text) }).show("x");
  assert.deepEqual(silent, []);
});
