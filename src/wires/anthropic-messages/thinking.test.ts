import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest, Message, Reasoning } from "../../canonical/chat.ts";
import { user } from "../shared/testing/codec.ts";
import { blocksOf, encode, foreign, messagesOf } from "./testing/setting.ts";
import { version } from "./thinking.ts";

test("versions are read from every spelling of a model's name", () => {
  const spelled: readonly [string, number | undefined][] = [
    ["claude-sonnet-4-5-20250929", 4.5],
    ["claude-sonnet-4-20250514", 4],
    ["claude-3-7-sonnet-latest", 3.7],
    ["anthropic/claude-opus-4.6", 4.6],
    ["us.anthropic.claude-haiku-4-5-20251001-v1:0", 4.5],
    ["claude-opus-4-1@20250805", 4.1],
    ["claude-opus-5", 5],
    ["claude-3-opus-20240229", 3],
    ["qwen3:8b", undefined],
  ];
  for (const [model, expected] of spelled) assert.equal(version(model), expected, model);
});

const think = (reasoning: Reasoning, model: string, over: Partial<ChatRequest> = {}) => {
  const { body, codes } = encode(foreign({ reasoning, ...over }), { model });
  return { thinking: body["thinking"], output: body["output_config"], temperature: body["temperature"], codes };
};

test("effort becomes adaptive thinking on new models, a budget within the limit on older ones", () => {
  assert.deepEqual(think({ effort: "medium" }, "claude-opus-4-6").thinking, { type: "adaptive" });
  assert.deepEqual(think({ effort: "medium" }, "claude-opus-4-6").output, { effort: "medium" });
  assert.deepEqual(think({ effort: "minimal" }, "claude-opus-5").codes, ["reasoning_approximated"]);
  assert.deepEqual(think({ budgetTokens: 5000 }, "claude-opus-4-7").output, { effort: "medium" });
  const older = think({ effort: "high" }, "claude-sonnet-4-5");
  assert.deepEqual(older.thinking, { type: "enabled", budget_tokens: 3000 });
  assert.deepEqual(older.codes, ["reasoning_approximated"]);
  assert.deepEqual(think({ budgetTokens: 2000 }, "claude-sonnet-4-5").codes, []);
  assert.deepEqual(think({ effort: "low" }, "claude-sonnet-4-5", { maxOutputTokens: 500 }).codes, ["reasoning_setting_dropped"]);
  assert.deepEqual(think({ effort: "low" }, "claude-3-5-haiku-20241022").codes, ["reasoning_setting_dropped"]);
});

test("none turns thinking off, and says so only where it is on by default", () => {
  assert.equal(think({ effort: "none" }, "claude-opus-4-7").thinking, undefined);
  assert.deepEqual(think({ effort: "none" }, "claude-opus-5").thinking, { type: "disabled" });
});

test("thinking leaves the temperature unset and gives way to a forced tool", () => {
  const warm = think({ effort: "low" }, "claude-sonnet-4-5", { temperature: 0.2 });
  assert.equal(warm.temperature, undefined);
  assert(warm.codes.includes("temperature_dropped"));
  const forced: Partial<ChatRequest> = { tools: [{ type: "function", name: "f" }], toolChoice: { type: "required" } };
  const older = think({ effort: "low" }, "claude-sonnet-4-5", forced);
  assert.deepEqual([older.thinking, older.codes], [undefined, ["reasoning_setting_dropped"]]);
  const newer = think({ effort: "low" }, "claude-opus-4-6", forced);
  assert.deepEqual([newer.thinking, newer.output], [undefined, { effort: "low" }]);
});

test("a tool turn that began without signed reasoning goes on without thinking", () => {
  const turn = (signature: string | undefined): readonly Message[] => [
    user("q"),
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "hm", signature },
        { type: "tool-call", id: "a", name: "f", arguments: "{}" },
      ],
    },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "a", content: [] }] },
  ];
  const reasoning = { budgetTokens: 2000 };
  const without = encode(foreign({ reasoning, messages: turn(undefined) }));
  assert.deepEqual([without.body["thinking"], without.codes], [undefined, ["reasoning_setting_dropped", "reasoning_dropped"]]);
  const signed = encode(foreign({ reasoning, messages: turn("sig") }));
  assert.deepEqual(signed.body["thinking"], { type: "enabled", budget_tokens: 2000 });
  assert.deepEqual(blocksOf(messagesOf(signed.body)[1])[0], { type: "thinking", thinking: "hm", signature: "sig" });
});

test("a tool turn told in several messages is one, and text after its results does not end it", () => {
  const turn = (signature: string | undefined): readonly Message[] => [
    user("q"),
    { role: "assistant", content: [{ type: "reasoning", text: "hm", signature }] },
    { role: "assistant", content: [{ type: "tool-call", id: "a", name: "f", arguments: "{}" }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "a", content: [] }] },
    user("and now?"),
  ];
  const reasoning = { budgetTokens: 2000 };
  assert.equal(encode(foreign({ reasoning, messages: turn(undefined) })).body["thinking"], undefined);
  assert.deepEqual(encode(foreign({ reasoning, messages: turn("sig") })).body["thinking"], {
    type: "enabled",
    budget_tokens: 2000,
  });
});

test("what is to become of thoughts turns no thinking on", () => {
  assert.equal(think({ context: "all_turns" }, "claude-opus-4-6").thinking, undefined);
  assert.deepEqual(think({ display: "summarized" }, "claude-opus-4-6").thinking, { type: "adaptive" });
});
