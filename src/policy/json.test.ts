import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Fences } from "./fences.ts";
import { mendJson } from "./mend-json.ts";

const repaired = (text: string): unknown => {
  const found = mendJson(text, true);
  assert.equal(found?.code, "json_repaired", text);
  return JSON.parse(found?.text ?? "");
};

describe("#23: mendJson", () => {
  it("takes fences off, with the words around them", () => {
    for (const text of [
      '```json\n{"a":1}\n```',
      '```\n{"a":1}```',
      'Here it is:\n\n```json\r\n{"a":1}\r\n```\n\nAnything else?',
      '```JSON {"a":1} ```',
      '```json\n{"a":1}\n',
    ]) {
      assert.deepEqual(mendJson(text, false), { text: '{"a":1}', code: "json_fences_stripped" }, text);
    }
    const inner = '{"code":"```js\\nx\\n```"}';
    assert.equal(mendJson(`\`\`\`json\n${inner}\n\`\`\``, false)?.text, inner);
    assert.equal(mendJson(`\`\`\`json\n{"a":1}\n\`\`\`\nor\n\`\`\`json\n{"a":2}\n\`\`\``, false)?.text, '{"a":1}');
  });

  it("mends what is broken, when it may", () => {
    assert.deepEqual(repaired('{"a": 1, "b": [1, 2'), { a: 1, b: [1, 2] });
    assert.deepEqual(repaired("{'a': True, b: None,}"), { a: true, b: null });
    assert.deepEqual(repaired('```json\n{"a": 1,}\n```'), { a: 1 });
    assert.deepEqual(repaired('Sure! {"a":1} Done.'), { a: 1 });
    assert.equal(mendJson('{"a": 1,}', false), undefined);
  });

  it("makes no JSON of prose", () => {
    for (const text of ["", "I cannot do that.", "Use ```code``` or [brackets] here.", "```python\nprint(1)\n```", "{"]) {
      const found = mendJson(text, true);
      if (text === "{") assert.deepEqual(found?.text, "{}");
      else assert.equal(found, undefined, text);
    }
  });

  it("is done in bounded time", () => {
    for (const text of [
      `{a:"${'x"y'.repeat(200_000)}`,
      `["${'"a'.repeat(100_000)}`,
      "[".repeat(900_000),
      `{"a":"${"x".repeat(2_000_000)}`,
    ]) {
      const began = performance.now();
      mendJson(text, true);
      assert.ok(performance.now() - began < 2000);
    }
  });
});

describe("#23: Fences", () => {
  const through = (pieces: readonly string[]): string => {
    const fences = new Fences();
    return pieces.map((piece) => fences.push(piece)).join("") + fences.release();
  };
  const cut = (text: string, at: readonly number[]): readonly string[] => {
    const places = [0, ...at.map((place) => place % (text.length + 1)), text.length].sort((a, b) => a - b);
    return places.slice(1).map((place, index) => text.slice(places[index], place));
  };
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  it("leaves JSON as it is, however it is cut", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("", " \n"), cuts, (json, space, at) => {
        assert.equal(through(cut(space + json, at)), space + json);
      }),
    );
  });

  it("takes fences off any JSON, however it is cut", () => {
    const document = fc.oneof(fc.json(), fc.constantFrom('{"a":"```"}', '["\\"```"]', '"`"'));
    const before = fc.constantFrom("", "Here it is:\n", "\n\n", "A `word`:\n");
    fc.assert(
      fc.property(
        document,
        before,
        fc.constantFrom("json\n", "\n", "json \r\n"),
        fc.constantFrom("\n```", "```\nDone.", ""),
        cuts,
        (json, words, open, close, at) => {
          const text = `${words}\`\`\`${open}${json}${close}`;
          assert.equal(through(cut(text, at)).trim(), json.trim());
        },
      ),
    );
  });

  it("loses nothing of prose, and holds little of it back", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), cuts, (prose, at) => {
        const text = `Well, ${prose.replaceAll("`", "'")}`;
        assert.equal(through(cut(text, at)), text);
      }),
    );
    assert.equal(new Fences().push("x".repeat(1025)).length, 1025);
    assert.equal(new Fences().push("x".repeat(1000)).length, 0);
  });
});
