import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../canonical/error.ts";
import { type JsonLimits, parseJsonBody } from "./json-body.ts";
import { faultOffset } from "./json-fault.ts";
import { specsFolder } from "./testing/streams.ts";

/** Well-formed, and refused on purpose: two readers could each take another one. */
const twice: ReadonlySet<string> = new Set(["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]);

/** Whether the quote at `at` begins a name, and does not stand inside a string. */
const isName = (text: string, at: number): boolean => {
  let inside = false;
  for (let i = 0; i < at; i++) {
    if (text.charAt(i) === "\\") i++;
    else if (text.charAt(i) === '"') inside = !inside;
  }
  return !inside;
};

function refusal(body: string | Uint8Array, limits?: JsonLimits): GatewayError {
  try {
    parseJsonBody(typeof body === "string" ? Buffer.from(body) : body, limits);
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === "invalid_request") return thrown;
    throw thrown;
  }
  assert.fail("was accepted");
}

/** Every span, cut out and read by itself, is the member it names. */
function checkSpans(body: Buffer): void {
  const { json, members } = parseJsonBody(body);
  assert.deepEqual([...members.keys()].sort(), Object.keys(json).sort());
  for (const [name, { key, start, end }] of members) {
    assert.deepEqual(JSON.parse(body.toString("utf8", start, end)), json[name]);
    const pair: unknown = JSON.parse(`{${body.toString("utf8", key, end)}}`);
    assert.deepEqual(pair, Object.fromEntries([[name, json[name]]]));
  }
}

describe("parseJsonBody", () => {
  it("gives the spans of top-level members", () => {
    const { json, members } = parseJsonBody(Buffer.from('{ "a" :1 ,"b\\u0022":{"a":[1,"}"]},"\u20ac":"x\\\\" }'));
    assert.deepEqual({ ...json }, { a: 1, 'b"': { a: [1, "}"] }, "\u20ac": "x\\" });
    assert.deepEqual(
      [...members],
      [
        ["a", { key: 2, start: 7, end: 8 }],
        ['b"', { key: 10, start: 20, end: 33 }],
        ["\u20ac", { key: 34, start: 40, end: 45 }],
      ],
    );
  });

  it("has them right for any object, however it is spaced", () => {
    const space = fc.stringMatching(/^[ \t\n\r]{0,3}$/);
    const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary", maxDepth: 5 }));
    fc.assert(
      fc.property(object, fc.array(space, { minLength: 7, maxLength: 7 }), fc.boolean(), (value, gaps, indent) => {
        fc.pre(!JSON.stringify(value).includes('"__proto__":'));
        const [a = "", b = "", c = "", d = "", e = "", f = "", g = ""] = gaps;
        const pairs = Object.entries(value).map(
          ([name, member]) => `${a}${JSON.stringify(name)}${b}:${c}${JSON.stringify(member, null, indent ? 2 : 0)}${d}`,
        );
        checkSpans(Buffer.from(`${e}{${pairs.join(",")}${pairs.length === 0 ? f : ""}}${g}`));
      }),
      { numRuns: 1500 },
    );
  });

  it("finds the end of strings with any run of backslashes, short and long", () => {
    for (const lead of [0, 1, 13, 14, 15, 16, 17, 40, 200]) {
      for (let backslashes = 0; backslashes < 9; backslashes++) {
        const text = `${"x".repeat(lead)}${"\\".repeat(backslashes)}"${"\\".repeat(backslashes)}`;
        checkSpans(Buffer.from(JSON.stringify({ a: text, b: [text, { c: text }], d: 1 })));
      }
    }
  });

  it("refuses what is no single JSON object, and says where", () => {
    assert.match(refusal("").message, /is empty/);
    assert.match(refusal(" \n").message, /is empty/);
    assert.match(refusal("[1]").message, /must be one JSON object; at byte 0/);
    assert.match(refusal("\ufeff{}").message, /byte order mark/);
    assert.match(refusal('{"a":1,}').message, /the fault is at byte 7/);
    assert.match(refusal('{"a":tru}').message, /the fault is at byte 5/);
    assert.match(refusal('{"\u20ac":1 2}').message, /the fault is at byte 9/);
    assert.match(refusal('{"a":[1,{"b":"c').message, /ends too early/);
    assert.match(refusal('{"a":1}{"b":2}').message, /the fault is at byte 7/);
    assert.match(refusal('{"a":"x\ny"}').message, /the fault is at byte 7/);
    assert.match(
      refusal(Buffer.from([0x7b, 0x22, 0xef, 0xbf, 0xbd, 0xff, 0x22, 0x3a, 0x31, 0x7d])).message,
      /UTF-8 \(at byte 5\)/,
    );
  });

  it("refuses a top-level name that stands twice, also in disguise", () => {
    const error = refusal('{"model":"a","x":{"x":1,"x":2},"m\\u006fdel":"b"}');
    assert.equal(error.param, "model");
    assert.match(error.message, /`model` twice \(the second at byte 31\)/);
  });

  it("refuses a name that stands twice in any object, says where, and takes one that stands in several", () => {
    const places: readonly (readonly [body: string, name: string, at: number])[] = [
      ['{"x":{"x":1,"x":2}}', "x", 12],
      ['{"m":[{"role":"user","content":"a","content":"b"}]}', "content", 35],
      ['{"m":[{"role":"user","role":"user"}]}', "role", 21],
      ['{"a":[[{},{"b":{"c":1,"d":[{"c":1}],"c":{}}}]]}', "c", 36],
      ['{"m":[{"ro\\u006ce":1,"role":2}]}', "role", 21],
      ['{"a":{"":1,"":2}}', "", 11],
      ['{"a":{"1":1,"1":2}}', "1", 12],
      ['{"a":{"\\"":":,{","\\"":2}}', '"', 17],
      ['{"a":{"grüße":1,"grüße":2}}', "grüße", 18],
    ];
    for (const [body, name, at] of places) {
      const error = refusal(body);
      assert.equal(error.param, name, body);
      assert.ok(error.message.includes(`twice in one object (the second at byte ${at})`), `${body}: ${error.message}`);
    }
    for (const body of [
      '{"x":{"x":{"x":[{"x":1},{"x":1}]}}}',
      '{"a":{"k":"\\"k\\":1,:"},"b":{"k":":::"}}',
      '{"a":{"x":1,"X":2,"x ":3}}',
    ])
      assert.ok(parseJsonBody(Buffer.from(body)));
  });

  it("finds every name that stands twice, wherever it is put", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(), fc.boolean(), (value, seed, double) => {
        const text = JSON.stringify({ value });
        fc.pre(!text.includes('"__proto__":'));
        const names = [...text.matchAll(/(?<=[{,])"(?:[^"\\]|\\.)*":/g)].filter(({ index }) => isName(text, index));
        const chosen = names[seed % names.length];
        if (!double || chosen === undefined) assert.ok(parseJsonBody(Buffer.from(text)));
        else refusal(`${text.slice(0, chosen.index)}${chosen[0]}0,${text.slice(chosen.index)}`);
      }),
      { numRuns: 500 },
    );
  });

  it("limits depth and members before building anything", () => {
    const nested = (depth: number): string => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    assert.ok(parseJsonBody(Buffer.from(nested(64))));
    assert.match(refusal(nested(65)).message, /more than 64 levels deep \(at byte 68\)/);
    const before = performance.now();
    refusal(`{"a":${'{"a":['.repeat(1_000_000)}`);
    refusal(`{"a":${"[".repeat(1_000_000)}`);
    assert.ok(performance.now() - before < 500);
    const wide = (count: number): string => Array.from({ length: count }, (_, at) => `"k${at}":0`).join(",");
    assert.ok(parseJsonBody(Buffer.from(`{"a":[{${wide(9000)}},{${wide(9000)}}]}`)));
    const values = (count: number): string => `[${"{},".repeat(count - 1)}{}]`;
    assert.match(refusal(`{"a":${values(200_000)},"b":${values(200_000)}}`).message, /more than 320000 values \(at byte \d+\)/);
    assert.ok(parseJsonBody(Buffer.from(`{"a":${values(150_000)},"b":${values(150_000)}}`)));
    assert.ok(parseJsonBody(Buffer.from(`{"a":["${",".repeat(2_000_000)}"]}`)));
    assert.match(refusal(`{"a":[{${wide(10_001)}}]}`).message, /more than 10000 members/);
    assert.match(refusal(`{${wide(10_001)}}`).message, /more than 10000 members/);
    assert.match(refusal('{"a":{"b":1,"c":{"d":1,"e":":"},"f":1}}', { keys: 2 }).message, /more than 2 members/);
  });

  it("tells what the values will take of the heap before any is built", () => {
    const claimed = (text: string): number => {
      let told = Number.NaN;
      const claim = (heapBytes: number): void => {
        told = heapBytes;
      };
      parseJsonBody(Buffer.from(text), { claim });
      return told;
    };
    // By measurement: what a hundred thousand of each take, in bytes apiece.
    const measured = {
      "0": 8,
      '"k12345"': 32,
      "[]": 40,
      "{}": 64,
      "[1]": 64,
      "[[]]": 96,
      '{"a":{}}': 96,
      '{"k12345":0}': 184,
      '{"99":0}': 208,
    };
    for (const [item, bytes] of Object.entries(measured)) {
      const each = claimed(`{"x":[${`${item},`.repeat(999)}${item}]}`) / 1000;
      assert.ok(each >= bytes && each < bytes * 3 + 32, `${item}: ${each} claimed, ${bytes} measured`);
    }
    assert.ok(claimed(`{"x":"${"é".repeat(1000)}"}`) >= 4000, "a text past ASCII may take two bytes for each");
    const refusing = (): never => assert.fail("asked");
    assert.throws(() => parseJsonBody(Buffer.from("{]"), { claim: refusing }), /asked/, "before the parser sees it");
  });

  it("leaves every prototype alone: none can be named", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    for (const body of [
      '{"__proto__":{"polluted":1}}',
      '{"__proto__":null}',
      '{"\\u005f_proto__":1}',
      '{"a":{"__proto__":{"x":1}}}',
      '{"a":[[{"b":{"__pro\\u0074o__":{"x":1}}}]]}',
    ]) {
      const error = refusal(body);
      assert.equal(error.param, "__proto__", body);
    }
    const { json } = parseJsonBody(
      Buffer.from('{"constructor":{"prototype":{"polluted":1}},"a":"__proto__","b":["\\u005f_proto__"]}'),
    );
    assert.ok(Object.hasOwn(json, "constructor"));
    assert.equal(Object.getPrototypeOf(json), Object.prototype);
    assert.equal(Object.getOwnPropertyNames(Object.prototype).length, before);
    assert.equal("polluted" in {}, false);
  });

  it("takes what the engine takes: lone surrogates, huge numbers", () => {
    const { json } = parseJsonBody(Buffer.from('{"s":"\\ud800","inf":1e400,"big":9007199254740993}'));
    assert.equal(JSON.stringify(json["s"]), '"\\ud800"');
    assert.equal(json["inf"], Number.POSITIVE_INFINITY);
    assert.equal(json["big"], 9007199254740992);
  });

  it("does as the JSON test suite says", (t) => {
    const root = specsFolder();
    if (root === undefined) {
      t.diagnostic("no specifications here");
      return;
    }
    const folder = join(root, "suites/JSONTestSuite/test_parsing");
    const taken: Record<string, number> = { y: 0, n: 0, i: 0 };
    const undecided: string[] = [];
    for (const file of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, file));
      const wrapped = Buffer.concat([Buffer.from('{"value": '), bytes, Buffer.from("}")]);
      const kind = file.slice(0, 1);
      let accepted = true;
      try {
        parseJsonBody(wrapped, { depth: Number.POSITIVE_INFINITY });
      } catch (thrown) {
        assert.ok(thrown instanceof GatewayError && thrown.code === "invalid_request", file);
        accepted = false;
      }
      taken[kind] = (taken[kind] ?? 0) + 1;
      if (kind === "i" && accepted) undecided.push(file);
      else if (kind !== "i") assert.equal(accepted, kind === "y" && !twice.has(file), file);
      if (kind === "y") assert.equal(faultOffset(bytes), -1, file);
      if (kind === "n") assert.ok(faultOffset(bytes) >= 0, file);
    }
    assert.deepEqual(taken, { y: 95, n: 188, i: 35 });
    // Of the cases left open: numbers out of range, lone surrogates as escapes, and 500 levels (refused by our depth limit).
    assert.ok(
      undecided.every((file) => /^i_(?:number|object_key_lone|string_.*(?:surrogate|missing|invalid)|structure_500)/.test(file)),
    );
    assert.equal(undecided.length, 21);
  });
});
