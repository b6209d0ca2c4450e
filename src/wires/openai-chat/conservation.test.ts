import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertConserved, conversations, draws } from "../shared/testing/marked.ts";
import { encode, foreign } from "./testing/setting.ts";

/** OpenAI's order, written apart from the codec: every call answered by the tool messages right behind it. */
function assertOrder(messages: readonly { readonly [field: string]: unknown }[]): void {
  let due: string[] = [];
  for (const message of messages) {
    if (message["role"] === "tool") {
      const at = due.indexOf(String(message["tool_call_id"]));
      assert.ok(at >= 0, "a tool message answers an open call");
      due.splice(at, 1);
      continue;
    }
    assert.deepEqual(due, [], `${String(message["role"])} stands between a call and its result`);
    const calls = message["tool_calls"];
    if (Array.isArray(calls)) due = calls.map((call: { id: string }) => call.id);
    const says = message["content"] !== undefined && message["content"] !== null;
    assert.ok(says || Array.isArray(calls) || message["refusal"] !== undefined, "a message says something");
  }
  assert.deepEqual(due, []);
}

test("#22: every part is once in the body or once in the warnings, in an order the API takes", () => {
  fc.assert(
    fc.property(conversations(draws({ wire: "anthropic-messages" })), (drawn) => {
      const { body, warnings } = encode(foreign({ messages: drawn.messages }));
      assertConserved(drawn, JSON.stringify(body), warnings);
      const list = body["messages"];
      assert.ok(Array.isArray(list));
      assertOrder(list);
    }),
    { numRuns: 500 },
  );
});
