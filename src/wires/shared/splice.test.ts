import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Source, Span } from "../../canonical/call.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { splice } from "./splice.ts";

const gap = fc.constantFrom("", " ", "\n", "\t \r\n");

interface Member {
  readonly name: string;
  readonly value: Json;
  readonly gaps: readonly [string, string, string, string];
}

/** Writes the members as they are, white space and all, noting where each stands; the last of a name counts. */
function sourceFrom(members: readonly Member[], inside: string): Source {
  const spans = new Map<string, Span>();
  let text = `{${inside}`;
  for (const [index, { name, value, gaps }] of members.entries()) {
    text += index > 0 ? `,${gaps[0]}` : "";
    const key = Buffer.byteLength(text);
    text += `${JSON.stringify(name)}${gaps[1]}:${gaps[2]}`;
    const start = Buffer.byteLength(text);
    text += JSON.stringify(value);
    spans.set(name, { key, start, end: Buffer.byteLength(text) });
    text += gaps[3];
  }
  text += "}";
  const json: JsonObject = JSON.parse(text);
  return { wire: "w", path: "/", query: "", headers: {}, body: Buffer.from(text), json, members: spans };
}

const name = fc.constantFrom("model", "messages", "stream", "é", 'a"b', "max_tokens", "x");
const value: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 2 }).map((made): Json => JSON.parse(JSON.stringify(made)));
const member: fc.Arbitrary<Member> = fc.record({ name, value, gaps: fc.tuple(gap, gap, gap, gap) });
const joined = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString("utf8");

test("the result parses to the body with the edits", () => {
  fc.assert(
    fc.property(
      fc.array(member, { maxLength: 7 }),
      gap,
      fc.dictionary(name, value, { maxKeys: 3 }),
      fc.array(name, { maxLength: 3 }),
      (members, inside, set, remove) => {
        const source = sourceFrom(members, inside);
        const expected = new Map(Object.entries(source.json));
        for (const gone of remove) expected.delete(gone);
        for (const [key, now] of Object.entries(set)) expected.set(key, now);
        assert.deepEqual(JSON.parse(joined(splice(source, { set, remove }))), Object.fromEntries(expected));
      },
    ),
    { numRuns: 2000 },
  );
});

test("bytes that are not edited stay as they are", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(member, { selector: (one) => one.name, minLength: 1, maxLength: 7 }),
      gap,
      value,
      (members, inside, now) => {
        const source = sourceFrom(members, inside);
        assert.equal(joined(splice(source, { set: {}, remove: [] })), Buffer.from(source.body).toString("utf8"));
        const span = source.members.get("model");
        if (span === undefined) return;
        const bytes = Buffer.from(source.body);
        const due = `${bytes.subarray(0, span.start)}${JSON.stringify(now)}${bytes.subarray(span.end)}`;
        assert.equal(joined(splice(source, { set: { model: now }, remove: [] })), due);
      },
    ),
  );
});

test("an edit gives few pieces, views of the caller's bytes", () => {
  const source = sourceFrom(
    [
      { name: "model", value: "a", gaps: ["", "", " ", ""] },
      { name: "messages", value: [1e21, 0.1], gaps: [" ", "", " ", ""] },
    ],
    "",
  );
  const pieces = splice(source, { set: { model: "b" }, remove: [] });
  assert.equal(joined(pieces), '{"model": "b", "messages": [1e+21,0.1]}');
  assert.equal(pieces.length, 3);
  assert.equal(pieces[2]?.buffer, source.body.buffer);
});

test("a new member goes last, into an empty body too", () => {
  assert.equal(joined(splice(sourceFrom([], ""), { set: { model: "b" }, remove: [] })), '{"model":"b"}');
  const one = sourceFrom([{ name: "x", value: 1, gaps: ["", "", "", ""] }], "");
  assert.equal(joined(splice(one, { set: { model: "b" }, remove: ["x"] })), '{"model":"b"}');
  assert.equal(joined(splice(one, { set: { model: "b" }, remove: [] })), '{"x":1,"model":"b"}');
});
