import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { validateChatRequest } from "./openai-chat.ts";

const user = { role: "user", content: "give me json" };
const call = (id: string, name = "f"): JsonObject => ({ id, type: "function", function: { name, arguments: "{}" } });
const asks = (...calls: readonly JsonObject[]): JsonObject => ({ role: "assistant", content: null, tool_calls: calls });
const result = (id: string): JsonObject => ({ role: "tool", tool_call_id: id, content: "r" });
const tools = [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }];
const open = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const closed = { ...open, additionalProperties: false };
const request = (more: JsonObject): Json => ({ model: "m", messages: [user], ...more });
const talk = (...messages: readonly JsonObject[]): Json => ({ model: "m", messages, tools });

const good: readonly (readonly [string, Json])[] = [
  ["a plain request", request({})],
  ["answered calls, in any order", talk(user, asks(call("a"), call("b")), result("b"), result("a"), user)],
  ["the same id again in a later turn", talk(user, asks(call("a")), result("a"), asks(call("a")), result("a"))],
  ["a call with text beside it", talk(user, { ...asks(call("a")), content: "I look" }, result("a"))],
  [
    "an image in a tool result",
    talk(user, asks(call("a")), {
      ...result("a"),
      content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }],
    }),
  ],
  ["nulls for absent options", request({ temperature: null, n: null, stop: null, tools: null, max_tokens: null })],
  [
    "a strict schema that is closed",
    request({ response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema: closed } } }),
  ],
];

const bad: readonly (readonly [string, Json, RegExp])[] = [
  ["no object", [], /^body: must be an object/],
  ["no model", { messages: [user] }, /^model: is required/],
  ["no messages", { model: "m", messages: [] }, /^messages: must not be empty/],
  ["an unanswered call at the end", talk(user, asks(call("a"))), /must be followed by tool messages.*missing: a/],
  ["an unanswered call of two", talk(user, asks(call("a"), call("b")), result("a"), user), /^messages\[3\]: .*missing: b/],
  [
    "something between call and result",
    talk(user, asks(call("a")), user, result("a")),
    /^messages\[2\]: an assistant message with 'tool_calls' must be followed/,
  ],
  ["an orphaned result", talk(user, result("a")), /must be a response to a preceding message with 'tool_calls'/],
  ["a result twice", talk(user, asks(call("a")), result("a"), result("a")), /call a is answered twice/],
  ["one id twice in a message", talk(user, asks(call("a"), call("a")), result("a")), /a is used twice/],
  ["a long id", talk(user, asks(call("x".repeat(41))), result("x".repeat(41))), /1 to 40 characters/],
  ["a call's name with a dot", talk(user, asks(call("a", "f.g")), result("a")), /name: must match/],
  [
    "arguments as an object",
    talk(user, asks({ id: "a", type: "function", function: { name: "f", arguments: {} } }), result("a")),
    /arguments: must be a string/,
  ],
  [
    "an empty list of calls",
    talk(user, { role: "assistant", content: "x", tool_calls: [] }),
    /tool_calls: must not be an empty array/,
  ],
  ["an assistant that says nothing", talk(user, { role: "assistant" }), /needs content/],
  [
    "an audio part in a tool result",
    talk(user, asks(call("a")), { ...result("a"), content: [{ type: "input_audio" }] }),
    /must be one of text, image_url/,
  ],
  ["an image in a system message", talk({ role: "system", content: [{ type: "image_url" }] }), /must be one of text$/],
  ["a file: URL", talk({ role: "user", content: [{ type: "image_url", image_url: { url: "file:///x" } }] }), /http\(s\) URL/],
  ["tool_choice without tools", request({ tool_choice: "auto" }), /only allowed when 'tools'/],
  ["parallel_tool_calls without tools", request({ parallel_tool_calls: true }), /only allowed when 'tools'/],
  [
    "a choice that is not offered",
    request({ tools, tool_choice: { type: "function", function: { name: "g" } } }),
    /'g' not found/,
  ],
  ["an empty list of tools", request({ tools: [] }), /^tools: must not be an empty array/],
  [
    "a strict tool that is open",
    request({ tools: [{ type: "function", function: { name: "f", strict: true, parameters: open } }] }),
    /'additionalProperties' is required/,
  ],
  [
    "a strict schema with an optional property",
    request({
      response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema: { ...closed, required: [] } } },
    }),
    /missing: a/,
  ],
  [
    "JSON mode without the word",
    { model: "m", messages: [{ role: "user", content: "x" }], response_format: { type: "json_object" } },
    /must contain the word 'json'/,
  ],
  ["stream_options without stream", request({ stream_options: { include_usage: true } }), /only allowed when 'stream'/],
  ["both limits", request({ max_tokens: 1, max_completion_tokens: 1 }), /at the same time/],
  ["too hot", request({ temperature: 2.1 }), /from 0 to 2/],
  ["five stops", request({ stop: ["a", "b", "c", "d", "e"] }), /at most 4/],
  ["top_logprobs alone", request({ top_logprobs: 2 }), /needs 'logprobs'/],
  ["metadata of numbers", request({ metadata: { a: 1 } }), /^metadata\.a: must be a string/],
];

for (const [name, body] of good) test(`accepted: ${name}`, () => assert.deepEqual(validateChatRequest(body), []));
for (const [name, body, sentence] of bad)
  test(`refused: ${name}`, () => assert.match(validateChatRequest(body).join("\n"), sentence));

test("findings are bounded", () => {
  const messages = Array.from({ length: 1000 }, () => result("x"));
  assert.equal(validateChatRequest(talk(...messages)).length, 20);
});
