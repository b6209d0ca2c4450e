import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { Losses } from "../shared/losses.ts";
import { withoutUnsigned } from "./unsigned.ts";

const unsigned = { type: "thinking", thinking: "another's", signature: "" };
const signed = { type: "thinking", thinking: "its own", signature: "sig" };
const text = { type: "text", text: "hi" };
const call = { type: "tool_use", id: "t", name: "f", input: {} };
const results = { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "r" }] };
const says = (...content: readonly Json[]): JsonObject => ({ role: "assistant", content });
const user = { role: "user", content: "q" };

function left(messages: readonly Json[], thinking?: JsonObject) {
  const losses = new Losses();
  const found = withoutUnsigned({ messages, ...(thinking && { thinking }) }, losses);
  return { ...found, lost: losses.warnings.map(({ code, at }) => `${code} ${at}`) };
}

test("thoughts that nobody signed are left out, by their places; others stay as they are", () => {
  assert.deepEqual(left([user, says(unsigned, text), user, says(signed, text), user, says(unsigned), user]), {
    messages: [user, says(text), user, says(signed, text), user, user],
    thinkingOff: false,
    lost: ["reasoning_dropped messages[1].content[0]", "reasoning_dropped messages[5].content[0]"],
  });
});

test("where there are none, nothing is touched", () => {
  for (const messages of [[user], [user, says(signed, text)], [user, { role: "assistant", content: "hi" }], [null, "x"]]) {
    assert.deepEqual(left(messages), { lost: [] });
  }
});

test("amid a tool turn that has lost its thoughts thinking is off, which is reported", () => {
  const enabled = { type: "enabled", budget_tokens: 1024 };
  const lost = ["reasoning_dropped messages[1].content[0]"];
  const off = [...lost, "reasoning_setting_dropped thinking"];
  assert.deepEqual(left([user, says(unsigned, call), results], enabled).lost, off);
  assert.deepEqual(left([user, says(unsigned), says(call), results], enabled).lost, off);
  assert.deepEqual(left([user, says(unsigned, signed, call), results], enabled).lost, lost);
  assert.deepEqual(left([user, says(unsigned, call), results, says(text), user], enabled).lost, lost);
  assert.deepEqual(left([user, says(unsigned, call), results], { type: "adaptive" }).lost, lost);
});
