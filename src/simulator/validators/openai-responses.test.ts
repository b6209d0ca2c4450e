import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { validateEmbeddingsRequest } from "./openai-embeddings.ts";
import { validateResponsesRequest } from "./openai-responses.ts";

const user = { role: "user", content: "weather?" };
const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "get_weather", arguments: "{}" };
const output = { type: "function_call_output", call_id: "call_1", output: "sunny" };
const thought = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" };
const base = { model: "m", input: [user, thought, call, output] };
const part = (content: Json): JsonObject => ({ input: [{ role: "user", content: [content] }] });
const calls = (more: JsonObject): JsonObject => ({ input: [user, { ...call, ...more }, output] });
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };

/** A change of a good request, and what is said of it: nothing where it is still good. */
const cases: readonly (readonly [string, JsonObject, RegExp | undefined])[] = [
  ["the good request", {}, undefined],
  ["a text as input", { input: "hi" }, undefined],
  ["no model", { model: null }, /^model: Missing required parameter: 'model'\.$/],
  ["no input", { input: null }, /^input: Missing required parameter/],
  ["no input, but a conversation", { input: null, conversation: "conv_1" }, undefined],
  [
    "a result without its call",
    { input: [user, output] },
    /^input: No tool call found for function call output with call_id call_1\.$/,
  ],
  ["a result before its call", { input: [user, output, call] }, /No tool call found/],
  ["a call without its result", { input: [user, call] }, /^input: No tool output found for function call call_1\.$/],
  ["a second result", { input: [user, call, output, output] }, /Duplicate function call output with call_id call_1/],
  [
    "a custom tool's result for a function",
    { input: [user, call, { ...output, type: "custom_tool_call_output" }] },
    /No tool call found/,
  ],
  ["a result whose call may be behind", { input: [output], previous_response_id: "resp_1" }, undefined],
  ["results before other items", { input: [user, call, { role: "user", content: "x" }, output] }, undefined],
  [
    "a call's id of 65 characters",
    calls({ call_id: "c".repeat(65) }),
    /^input\[1\]\.call_id: Invalid 'input\[1\]\.call_id': string too long/,
  ],
  ["an item's id of another type", calls({ id: "call_1" }), /Expected an ID that begins with 'fc'/],
  ["an item without id", calls({ id: null }), undefined],
  ["a name with a space", calls({ name: "get weather" }), /^input\[1\]\.name: Invalid/],
  ["arguments that are no text", calls({ arguments: {} }), /^input\[1\]\.arguments: Missing/],
  ["a result that is no text", { input: [user, call, { ...output, output: { a: 1 } }] }, /^input\[2\]\.output: Invalid type/],
  ["no result in a result", { input: [user, call, { ...output, output: null }] }, /^input\[2\]\.output: Missing/],
  [
    "a thought at the end",
    { input: [user, thought] },
    /Item 'rs_1' of type 'reasoning' was provided without its required following item/,
  ],
  ["a thought before the user", { input: [thought, user] }, /required following item/],
  ["a thought before an answer", { input: [user, thought, { role: "assistant", content: "x" }] }, undefined],
  [
    "a part of the other side",
    part({ type: "output_text", text: "x" }),
    /Invalid value: 'output_text'. Supported values are: 'input_text'/,
  ],
  ["a chat part", part({ type: "text", text: "x" }), /Invalid value: 'text'/],
  ["an image from nowhere", part({ type: "input_image", image_url: "a.png" }), /image_url: Invalid/],
  ["a file of bare base64", part({ type: "input_file", filename: "a.pdf", file_data: "AAAA" }), /Invalid file data/],
  [
    "sound as a file",
    part({ type: "input_file", filename: "a", file_data: "data:audio/wav;base64,AA==" }),
    /unsupported MIME type 'audio\/wav'/,
  ],
  ["a role of chat", { input: [{ role: "tool", content: "x" }] }, /^input\[0\]\.role: Invalid value: 'tool'/],
  ["a tool of chat", { tools: [{ type: "function", function: { name: "f" } }] }, /^tools\[0\]\.name: Missing/],
  [
    "a schema that is no object",
    { tools: [{ type: "function", name: "f", parameters: { type: "string" } }] },
    /Invalid schema for function 'f'/,
  ],
  [
    "an open strict schema",
    { tools: [{ type: "function", name: "f", strict: true, parameters: schema }] },
    /'f': In context=\(\), 'additionalProperties'/,
  ],
  ["an open schema", { tools: [{ type: "function", name: "f", parameters: schema }] }, undefined],
  ["a choice of no tool", { tool_choice: { type: "function", name: "f" } }, /Tool choice 'f' not found/],
  ["required tools without tools", { tool_choice: "required" }, /'required' must be specified with 'tools'/],
  ["a limit of 15", { max_output_tokens: 15 }, /Expected a value >= 16, but got 15/],
  ["heat of 2.1", { temperature: 2.1 }, /^temperature: Invalid 'temperature': decimal above/],
  ["stream options without a stream", { stream_options: { include_obfuscation: false } }, /only allowed when 'stream'/],
  ["JSON that nobody spoke of", { text: { format: { type: "json_object" } } }, /must contain the word 'json'/],
  ["JSON", { input: "json please", text: { format: { type: "json_object" } } }, undefined],
  ["a format without name", { text: { format: { type: "json_schema", schema } } }, /'text\.format\.name'/],
  ["a format of chat", { text: { format: { type: "json_schema", json_schema: {} } } }, /text\.format\.schema: Missing/],
];

test("each rule of the Responses service, by a request that breaks it or just keeps it", () => {
  for (const [name, change, expected] of cases) {
    const said = validateResponsesRequest({ ...base, ...change });
    if (expected === undefined) assert.deepEqual(said, [], name);
    else
      assert.ok(
        said.some((sentence) => expected.test(sentence)),
        `${name}: ${JSON.stringify(said)}`,
      );
  }
});

test("embeddings: inputs of one kind, none empty, within bounds", () => {
  const good = { model: "m", input: ["a"] };
  for (const input of ["a", ["a", "b"], [1, 2], [[1], [2, 3]]])
    assert.deepEqual(validateEmbeddingsRequest({ ...good, input }), []);
  for (const input of ["", [], [""], ["a", 1], [1.5], [-1], [[]], [["a"]], null, Array.from({ length: 2049 }, () => "a")]) {
    assert.match(validateEmbeddingsRequest({ ...good, input })[0] ?? "", /^input: /, JSON.stringify(input).slice(0, 40));
  }
  assert.match(validateEmbeddingsRequest({ input: "a" })[0] ?? "", /^model: /);
  assert.match(validateEmbeddingsRequest({ ...good, dimensions: 4000 })[0] ?? "", /^dimensions: /);
});
