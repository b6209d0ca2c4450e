import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { type GeminiContext, validateGenerateContent } from "./gemini.ts";

const user = (...parts: readonly JsonObject[]): JsonObject => ({ role: "user", parts });
const model = (...parts: readonly JsonObject[]): JsonObject => ({ role: "model", parts });
const text = (words: string): JsonObject => ({ text: words });
const call = (name: string, more: JsonObject = {}): JsonObject => ({
  functionCall: { name, args: {} },
  thoughtSignature: "good",
  ...more,
});
const bare = (name: string): JsonObject => ({ functionCall: { name, args: {} } });
const result = (name: string, more: JsonObject = {}): JsonObject => ({ functionResponse: { name, response: {}, ...more } });
const talk = (...contents: readonly JsonObject[]): JsonObject => ({ contents });
const declares = (...declarations: readonly JsonObject[]): JsonObject => ({
  ...talk(user(text("x"))),
  tools: [{ functionDeclarations: declarations }],
});
const config = (generationConfig: JsonObject): JsonObject => ({ ...talk(user(text("x"))), generationConfig });
const object = { type: "OBJECT", properties: { a: { type: "STRING" } } };

const context: GeminiContext = { signed: (signature) => signature === "good", wantsSignatures: true };

const good: readonly (readonly [string, Json])[] = [
  ["plain text", talk(user(text("x")))],
  ["the protocol's names", { contents: [{ parts: { inline_data: { mime_type: "image/png", data: "AA==" } } }] }],
  ["an empty text", talk(user(text("")))],
  ["a signature on an empty text", talk(user(text("x")), model({ text: "", thoughtSignature: "good" }), user(text("y")))],
  ["a model that said nothing", talk(user(text("x")), { role: "model" }, user(text("y")))],
  ["parallel calls, one signature", talk(user(text("x")), model(call("f"), bare("g")), user(result("g"), result("f")))],
  [
    "results one by one, then text",
    talk(user(text("x")), model(call("f"), bare("f")), user(result("f")), user(result("f")), user(text("on"))),
  ],
  [
    "calls of an earlier turn unsigned",
    talk(user(text("x")), model(bare("f")), user(result("f")), model(text("y")), user(text("z"))),
  ],
  [
    "ids that match",
    talk(user(text("x")), model({ ...call("f"), functionCall: { name: "f", id: "1" } }), user(result("f", { id: "1" }))),
  ],
  ["a function of its own role", talk(user(text("x")), model(call("f")), { role: "function", parts: [result("f")] })],
  ["declarations", declares({ name: "a.b:c-d", parameters: object }, { name: "_", parametersJsonSchema: { type: "object" } })],
  ["a declaration without parameters", declares({ name: "f" }, { name: "g", parameters: { type: "OBJECT", properties: {} } })],
  ["options", config({ temperature: 2, topP: 0, candidateCount: 8, stopSequences: ["a"], responseLogprobs: true, logprobs: 5 })],
];

const bad: readonly (readonly [string, Json, RegExp])[] = [
  ["no contents", {}, /contents is not specified/],
  ["an unknown role", talk({ role: "system", parts: [text("x")] }), /valid role: user, model/],
  ["no parts", talk({ role: "user" }), /contents\[0\]\.parts: contents\.parts must not be empty/],
  ["an empty part", talk(user({})), /parts\[0\]\.data: required oneof field 'data'/],
  [
    "two data in a part",
    talk(user({ text: "x", inlineData: { mimeType: "a/b", data: "" } })),
    /oneof field 'data' is already set/,
  ],
  ["a medium without its type", talk(user({ inlineData: { data: "AA==" } })), /mime_type: must be specified/],
  ["the model calls first", talk(model(call("f")), user(result("f"))), /function call turn comes immediately after a user turn/],
  ["a result without a call", talk(user(result("f"))), /function response turn comes immediately after a function call turn/],
  [
    "text before the results",
    talk(user(text("x")), model(call("f")), user(text("y")), user(result("f"))),
    /immediately after a function call turn/,
  ],
  [
    "too few results",
    talk(user(text("x")), model(call("f"), bare("g")), user(result("f"))),
    /number of function response parts is equal/,
  ],
  [
    "too many results",
    talk(user(text("x")), model(call("f")), user(result("f"), result("f"))),
    /number of function response parts/,
  ],
  ["no result", talk(user(text("x")), model(call("f")), user(text("y"))), /number of function response parts/],
  ["a call at the end", talk(user(text("x")), model(call("f"))), /number of function response parts/],
  ["a result of another function", talk(user(text("x")), model(call("f")), user(result("g"))), /'g' does not match any/],
  [
    "a result of another id",
    talk(user(text("x")), model({ ...call("f"), functionCall: { name: "f", id: "1" } }), user(result("f", { id: "2" }))),
    /does not match any/,
  ],
  [
    "a result that is text",
    talk(user(text("x")), model(call("f")), user(result("f", { response: "r" }))),
    /response: must be an object/,
  ],
  ["a result without a name", talk(user(text("x")), model(call("f")), user(result(""))), /Name cannot be empty/],
  ["a call of the user", talk(user(call("f")), user(result("f"))), /only be in a content of role model/],
  ["a step unsigned", talk(user(text("x")), model(bare("f")), user(result("f"))), /`default_api:f` , position 2\./],
  [
    "the second call signed alone",
    talk(user(text("x")), model(bare("f"), call("g")), user(result("f"), result("g"))),
    /missing a thought_signature/,
  ],
  [
    "a signature from elsewhere",
    talk(user(text("x")), model(call("f", { thoughtSignature: "bad" })), user(result("f"))),
    /not valid/,
  ],
  ["a bad name", declares({ name: "9 lives" }), /Invalid function name/],
  ["a name of 129", declares({ name: "n".repeat(129) }), /Invalid function name/],
  ["a name twice", declares({ name: "f" }, { name: "f" }), /Duplicate function declaration found: f/],
  ["both kinds of parameters", declares({ name: "f", parameters: object, parametersJsonSchema: {} }), /exclude each other/],
  ["parameters that are no object", declares({ name: "f", parameters: { type: "STRING" } }), /must be of type OBJECT/],
  [
    "a schema at fault",
    declares({ name: "f", parameters: { type: "OBJECT", properties: { a: { type: "ARRAY" } } } }),
    /function_declarations\[0\]\.parameters\.properties\[a\]\.items: missing field/,
  ],
  [
    "a JSON Schema at fault",
    declares({ name: "f", parametersJsonSchema: { allOf: [] } }),
    /parameters_json_schema: 'allOf' is not supported/,
  ],
  ["a tool that is nothing", { ...talk(user(text("x"))), tools: [{}] }, /tool_type/],
  [
    "names allowed without ANY",
    { ...declares({ name: "f" }), toolConfig: { functionCallingConfig: { mode: "AUTO", allowedFunctionNames: ["f"] } } },
    /only be set when/,
  ],
  [
    "an unknown name allowed",
    { ...declares({ name: "f" }), toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["g"] } } },
    /'g' is not among/,
  ],
  ["too hot", config({ temperature: 2.1 }), /temperature must be in the range/],
  ["six stop sequences", config({ stopSequences: ["a", "b", "c", "d", "e", "f"] }), /at most 5/],
  ["logprobs not asked for", config({ logprobs: 5 }), /only valid if response_logprobs/],
  ["level and budget", config({ thinkingConfig: { thinkingLevel: "LOW", thinkingBudget: 1 } }), /only one of thinking budget/],
  ["a schema without JSON", config({ responseSchema: object }), /must be application\/json/],
  [
    "two schemas",
    config({ responseMimeType: "application/json", responseSchema: object, responseJsonSchema: {} }),
    /exclude each other/,
  ],
  [
    "an image as instruction",
    { ...talk(user(text("x"))), systemInstruction: user({ fileData: { fileUri: "u" } }) },
    /only text is supported/,
  ],
];

for (const [name, body] of good) test(`accepted: ${name}`, () => assert.deepEqual(validateGenerateContent(body, context), []));
for (const [name, body, sentence] of bad) {
  test(`refused: ${name}`, () => assert.match(validateGenerateContent(body, context).join("\n"), sentence));
}

test("without the service's knowledge signatures are not judged", () => {
  assert.deepEqual(validateGenerateContent(talk(user(text("x")), model(bare("f")), user(result("f")))), []);
});
