import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { isObject, type JsonObject } from "../../../src/canonical/json.ts";
import { obj, objects, parseJson } from "../../conformance/json.ts";
import { complaints, translate } from "./kit/codecs.ts";
import { type FourWires, pairs, providerOf, startFourWires, type WireName, wireNames } from "./kit/four-wires.ts";
import { histories, tools } from "./kit/histories.ts";
import { spell } from "./kit/spell.ts";

/*
 * #5: results stand where each wire demands them, and a history that no provider would take is refused before anything is sent.
 * Bedrock's wire belongs to its provider's issue.
 */

const args = JSON.stringify({ at: "Oslo" });

/** `assistant(a, b)`, the results of b and of a, then "go"; `answered` says which results there are. */
const asked = (
  answered: readonly ("a" | "b")[],
): { readonly [wire in Exclude<WireName, "gemini">]: JsonObject } & {
  readonly gemini: JsonObject;
} => ({
  "openai-chat": {
    messages: [
      { role: "user", content: "q" },
      {
        role: "assistant",
        content: null,
        tool_calls: ["a", "b"].map((id) => ({ id, type: "function", function: { name: "look", arguments: args } })),
      },
      ...answered.map((id) => ({ role: "tool", tool_call_id: id, content: `result ${id}` })),
      { role: "user", content: "go" },
    ],
  },
  "openai-responses": {
    input: [
      { role: "user", content: "q" },
      ...["a", "b"].map((id) => ({ type: "function_call", call_id: id, name: "look", arguments: args })),
      ...answered.map((id) => ({ type: "function_call_output", call_id: id, output: `result ${id}` })),
      { role: "user", content: "go" },
    ],
  },
  "anthropic-messages": {
    messages: [
      { role: "user", content: "q" },
      { role: "assistant", content: ["a", "b"].map((id) => ({ type: "tool_use", id, name: "look", input: { at: "Oslo" } })) },
      {
        role: "user",
        content: [
          ...answered.map((id) => ({ type: "tool_result", tool_use_id: id, content: `result ${id}` })),
          { type: "text", text: "go" },
        ],
      },
    ],
  },
  gemini: {
    contents: [
      { role: "user", parts: [{ text: "q" }] },
      { role: "model", parts: ["a", "b"].map((id) => ({ functionCall: { id, name: "look", args: { at: "Oslo" } } })) },
      {
        role: "user",
        parts: [
          ...answered.map((id) => ({ functionResponse: { id, name: "look", response: { output: `result ${id}` } } })),
          { text: "go" },
        ],
      },
    ],
  },
});

describe("#5: tool results through a running gateway", { timeout: 60_000 }, () => {
  let stack: FourWires;
  before(async () => {
    stack = await startFourWires();
  });
  after(() => stack.close());

  for (const { caller, upstream } of pairs) {
    test(`#5: results b, a and a text: ${caller} → ${upstream}`, async () => {
      const body = { ...asked(["b", "a"])[caller], tools: tools[caller] };
      const answer = await stack.post(caller, `${providerOf[upstream]}/unsigned`, body);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(stack.provider.journal.entries.at(-1)?.errors, []);
      if (caller === upstream) return;
      if (upstream === "gemini") {
        const parts = objects(objects(stack.sent()["contents"]).at(-1)?.["parts"]);
        assert.deepEqual(
          parts.map((part) => part["text"] ?? obj(part["functionResponse"])["id"]),
          ["a", "b", "go"],
        );
      }
      if (upstream !== "anthropic-messages") return;
      const messages = objects(stack.sent()["messages"]);
      assert.deepEqual(
        messages.map(({ role }) => role),
        ["user", "assistant", "user"],
      );
      const said = objects(messages[2]?.["content"]).map(({ type, tool_use_id, content, text }) => [
        type,
        tool_use_id ?? text,
        typeof content === "string" ? content : (objects(content)[0]?.["text"] ?? null),
      ]);
      assert.deepEqual(said, [
        ["tool_result", "a", "result a"],
        ["tool_result", "b", "result b"],
        ["text", "go", null],
      ]);
    });

    if (caller === upstream) continue;
    test(`#5: an orphan is refused with its message's index, unsent: ${caller} → ${upstream}`, async () => {
      const received = stack.provider.journal.received;
      for (const answered of [["b"], []] as const) {
        const body = { ...asked(answered)[caller], tools: tools[caller] };
        const answer = await stack.post(caller, `${providerOf[upstream]}/unsigned`, body);
        assert.equal(answer.status, 400, answer.text);
        assert.match(answer.text, /(?:messages|input|contents)\[\d\]/);
        const error = obj(obj(parseJson(answer.text))["error"]);
        assert.match(String(error["message"]), /tool call/);
      }
      assert.equal(stack.provider.journal.received, received, "the provider was called");
    });
  }
});

describe("#5: any legal history", () => {
  for (const from of wireNames) {
    test(`#5: of ${from} is legal on every other wire`, (t) => {
      let checked = 0;
      fc.assert(
        fc.property(histories, (history) => {
          const { body } = spell(from, history);
          assert.deepEqual(complaints[from](body), [], "the history itself is legal");
          for (const to of wireNames) {
            const translated = translate(from, to, body).body;
            assert.ok(isObject(translated));
            assert.deepEqual(complaints[to](translated), [], `on ${to}: ${JSON.stringify(translated)}`);
            checked++;
          }
        }),
        { numRuns: 150 },
      );
      t.diagnostic(`${checked} translated histories, each taken by its strict validator`);
    });
  }
});
