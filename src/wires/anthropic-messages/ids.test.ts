import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { legalId, originalId } from "./ids.ts";
import { chat } from "./testing/setting.ts";

test("any id becomes legal, different ids differ, and each is found again", () => {
  assert.equal(legalId("toolu_01-a"), "toolu_01-a");
  const id = fc.oneof(fc.string(), fc.constantFrom("pgid_a", "pgid_-2e-", "functions.add:0", "a-2e-b", "é😀"));
  fc.assert(
    fc.property(id, (given) => {
      assert.match(legalId(given), /^[a-zA-Z0-9_-]+$/);
      assert.equal(originalId(legalId(given)), given);
    }),
    { numRuns: 500 },
  );
});

test("a caller's next turn names the calls as their provider did", () => {
  const id = legalId("functions.add:0");
  const messages = [
    { role: "user", content: "q" },
    { role: "assistant", content: [{ type: "tool_use", id, name: "add", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "3" }] },
  ];
  const request = chat
    .decodeRequest({ path: "", query: "", headers: {}, body: { model: "m", max_tokens: 1, messages } })
    .request();
  const parts = request.messages.flatMap(({ content }) => content);
  assert.deepEqual(
    parts.flatMap((part) => (part.type === "tool-call" ? part.id : part.type === "tool-result" ? part.toolCallId : [])),
    ["functions.add:0", "functions.add:0"],
  );
});
