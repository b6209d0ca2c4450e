import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { type MessagesContext, validateMessagesRequest } from "./anthropic-messages.ts";

const user = { role: "user", content: "hi" };
const says = (...content: readonly JsonObject[]): JsonObject => ({ role: "assistant", content });
const hears = (...content: readonly JsonObject[]): JsonObject => ({ role: "user", content });
const text = (words: string, more: JsonObject = {}): JsonObject => ({ type: "text", text: words, ...more });
const use = (id: string): JsonObject => ({ type: "tool_use", id, name: "f", input: {} });
const result = (id: string): JsonObject => ({ type: "tool_result", tool_use_id: id, content: "r" });
const thought: JsonObject = { type: "thinking", thinking: "t", signature: "good" };
const system: JsonObject = { role: "system", content: "be brief" };
const tools = [{ name: "f", input_schema: { type: "object" } }];
const request = (more: JsonObject): Json => ({ model: "m", max_tokens: 4096, messages: [user], ...more });
const talk = (...messages: readonly JsonObject[]): Json => request({ messages, tools });
const thinking = { type: "enabled", budget_tokens: 1024 };
const mark = { cache_control: { type: "ephemeral" } };

const context: MessagesContext = {
  headers: { "anthropic-version": "2023-06-01" },
  signed: (_, signature) => signature === "good",
  redacted: (data) => data === "good",
};

const good: readonly (readonly [string, Json])[] = [
  ["a plain request", request({})],
  ["several user messages in a row", talk(user, user)],
  ["results first, then text", talk(user, says(use("a"), use("b")), hears(result("b"), result("a"), text("and?")))],
  ["results spread over two messages of one turn", talk(user, says(use("a"), use("b")), hears(result("a")), hears(result("b")))],
  ["a replayed thought", request({ thinking, tools, messages: [user, says(thought, use("a")), hears(result("a"))] })],
  ["a prefilled answer", talk(user, says(text("Once")))],
  [
    "adaptive thinking with auto choice",
    request({ thinking: { type: "adaptive" }, temperature: 1, tools, tool_choice: { type: "auto" } }),
  ],
  ["system messages after a user turn", talk(user, system, system, says(text("x")), user, system)],
  ["a system message after results", talk(user, says(use("a")), hears(result("a")), system)],
  ["four breakpoints", talk(hears(...Array.from({ length: 4 }, () => text("x", mark))))],
];

const bad: readonly (readonly [string, Json, RegExp])[] = [
  ["no max_tokens", { model: "m", messages: [user] }, /^max_tokens: Field required/],
  ["no messages", request({ messages: [] }), /at least one message/],
  ["the assistant first", talk(says(text("x")), user), /first message must use the "user" role/],
  ["an unknown role", talk({ role: "tool", content: "x" }), /^messages\.0\.role/],
  ["a system message first", talk(system, user), /^messages\.0: role 'system' must follow a 'user' message/],
  ["a system message after the assistant", talk(user, says(text("x")), system), /must follow a 'user'/],
  ["a system message before the user", talk(user, system, user), /^messages\.1: role 'system' must precede an 'assistant'/],
  ["an orphaned result", talk(hears(result("a"))), /unexpected `tool_use_id`/],
  [
    "a result for an older call",
    talk(user, says(use("a")), hears(result("a")), says(text("x")), hears(result("a"))),
    /unexpected `tool_use_id`/,
  ],
  [
    "a call without its result",
    talk(user, says(use("a")), hears(text("x"))),
    /without `tool_result` blocks immediately after: a/,
  ],
  ["a call at the end", talk(user, says(use("a"))), /without `tool_result` blocks/],
  ["one of two results missing", talk(user, says(use("a"), use("b")), hears(result("a"))), /immediately after: b/],
  ["a result twice", talk(user, says(use("a")), hears(result("a"), result("a"))), /single result/],
  ["text before a result", talk(user, says(use("a")), hears(text("x"), result("a"))), /must come before other content/],
  ["one id for two calls of a turn", talk(user, says(use("a"), use("a")), hears(result("a"))), /ids must be unique/],
  ["an empty text block", talk(hears(text(""))), /must be non-empty/],
  ["blank text of the user", talk(hears(text(" \n"))), /non-whitespace/],
  ["empty content", talk({ role: "user", content: "" }), /non-empty content/],
  ["a trailing blank in the last answer", talk(user, says(text("x "))), /trailing whitespace/],
  ["an image of the assistant", talk(user, says({ type: "image" }), user), /only be in `user` messages/],
  ["a call of the user", talk(hears(use("a"))), /only be in `assistant` messages/],
  ["input that is text", talk(user, says({ ...use("a"), input: "{}" }), hears(result("a"))), /valid dictionary/],
  ["a forged thought", talk(user, says({ ...thought, signature: "bad" }), user), /Invalid `signature`/],
  ["a forged redaction", talk(user, says({ type: "redacted_thinking", data: "bad" }), user), /Invalid `data`/],
  [
    "thinking on, the call's thought left out",
    request({ thinking, tools, messages: [user, says(use("a")), hears(result("a"))] }),
    /found `tool_use`/,
  ],
  ["thinking with a forced tool", request({ thinking, tools, tool_choice: { type: "any" } }), /forces tool use/],
  ["thinking with a temperature", request({ thinking, temperature: 0.5 }), /may only be set to 1/],
  ["thinking with top_k", request({ thinking, top_k: 5 }), /must be unset/],
  ["a small budget", request({ thinking: { type: "enabled", budget_tokens: 1023 } }), /greater than or equal to 1024/],
  ["a budget that leaves nothing", request({ max_tokens: 1024, thinking }), /must be greater than `thinking.budget_tokens`/],
  ["too hot", request({ temperature: 1.1 }), /from 0 to 1/],
  [
    "five breakpoints",
    request({ system: [text("x", mark)], messages: [hears(...Array.from({ length: 4 }, () => text("x", mark)))] }),
    /maximum of 4/,
  ],
  [
    "a breakpoint too many inside a result",
    talk(
      hears(...Array.from({ length: 4 }, () => text("x", mark))),
      says(use("a")),
      hears({ ...result("a"), content: [text("x", mark)] }),
    ),
    /maximum of 4/,
  ],
  ["an empty system block", request({ system: [text("")] }), /system: text content blocks/],
  ["two tools of one name", request({ tools: [...tools, ...tools] }), /must be unique/],
  ["a choice without tools", request({ tool_choice: { type: "auto" } }), /while providing `tools`/],
  ["a choice that is not offered", request({ tools, tool_choice: { type: "tool", name: "g" } }), /'g' not found/],
];

for (const [name, body] of good) test(`accepted: ${name}`, () => assert.deepEqual(validateMessagesRequest(body, context), []));
for (const [name, body, sentence] of bad) {
  test(`refused: ${name}`, () => assert.match(validateMessagesRequest(body, context).join("\n"), sentence));
}

test("the version header is required where headers are known", () => {
  assert.match(validateMessagesRequest(request({}), { headers: {} }).join(), /anthropic-version: header is required/);
});

test("without the service's knowledge any signature is taken", () => {
  assert.deepEqual(validateMessagesRequest(talk(user, says({ ...thought, signature: "any" }), user)), []);
});
