import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { assertConserved, conversations, draws } from "../shared/testing/marked.ts";
import { contentsOf, encode, foreign, partsOf } from "./testing/setting.ts";

/** Google's order, written apart from the codec: the results of a turn's calls in the very next content, as many, in their order. */
function assertOrder(contents: readonly JsonObject[]): void {
  let due: Json[] = [];
  let before: Json | undefined;
  for (const content of contents) {
    assert.notEqual(content["role"], before, "user and model take turns");
    before = content["role"];
    const parts = partsOf(content);
    assert.ok(parts.length > 0, "a content says something");
    const results = parts.map(({ functionResponse: one }) => (isObject(one) ? (one["id"] ?? null) : undefined));
    const given = results.filter((id) => id !== undefined);
    assert.deepEqual(given, due, "each call is answered at once, in their order");
    assert.deepEqual(results.slice(0, given.length), given, "results stand first");
    due = parts.flatMap(({ functionCall: one }): Json[] => (isObject(one) ? [one["id"] ?? null] : []));
    for (const part of parts) assert.ok(part["text"] === undefined || String(part["text"]).trim() !== "", "no text is empty");
  }
  assert.deepEqual(due, []);
  assert.equal(contents[0]?.["role"], "user");
}

/** The body as text, what stands in it as base64 of a text readable. */
const readable = (body: JsonObject): string =>
  JSON.stringify(body, (_, value: Json): Json => {
    if (!isObject(value) || isArray(value) || value["mimeType"] !== "text/plain") return value;
    return { ...value, data: Buffer.from(String(value["data"]), "base64").toString("utf8") };
  });

test("#22: every part is once in the body or once in the warnings, in an order the API takes", () => {
  fc.assert(
    fc.property(
      conversations(draws({ wire: "anthropic-messages" })),
      fc.constantFrom("gemini-2.5-flash", "gemini-3-flash"),
      (drawn, model) => {
        const { body, warnings } = encode(foreign({ messages: drawn.messages }), { model });
        assertConserved(drawn, readable(body), warnings);
        assertOrder(contentsOf(body));
      },
    ),
    { numRuns: 500 },
  );
});
