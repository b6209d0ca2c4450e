import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest, Message } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { user } from "../shared/testing/codec.ts";
import { contentsOf, encode, foreign, partsOf } from "./testing/setting.ts";

const say = (role: Message["role"], ...texts: string[]): Message => ({
  role,
  content: texts.map((text) => ({ type: "text", text })),
});
const call = (id: string, name: string, args = "{}"): Part => ({ type: "tool-call", id, name, arguments: args });
const result = (toolCallId: string, text: string, isError?: boolean): Part => ({
  type: "tool-result",
  toolCallId,
  content: [{ type: "text", text }],
  ...(isError && { isError }),
});
const image: Part = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aGk=" } };

const config = ({ body }: { readonly body: JsonObject }): JsonObject => {
  const found = body["generationConfig"];
  return isObject(found) ? found : {};
};

test("the model and the verb make the path; names cannot leave it", () => {
  const path = (model: string, stream = false): string => encode(foreign(), { model, stream }).path;
  assert.equal(path("gemini-3-flash"), "/v1beta/models/gemini-3-flash:generateContent");
  assert.equal(path("models/gemini-3-flash", true), "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse");
  assert.equal(path("tunedModels/x y"), "/v1beta/tunedModels/x%20y:generateContent");
  assert.equal(path("m:predict?key=1"), "/v1beta/models/m%3Apredict%3Fkey%3D1:generateContent");
  for (const model of ["models/../files", "a//b", "."]) {
    assert.throws(
      () => path(model),
      (error) => error instanceof GatewayError && error.code === "invalid_request",
    );
  }
});

test("#22: systems A, B and C are all in the system instruction, in their order", () => {
  const { body, codes } = encode(foreign({ messages: [say("system", "A"), say("developer", "B", "C"), user("x")] }));
  assert.deepEqual(body["systemInstruction"], { parts: [{ text: "A" }, { text: "B" }, { text: "C" }] });
  assert.deepEqual(codes, []);
});

test("#22: a system message amid the conversation keeps its place as marked text", () => {
  const { body, codes } = encode(foreign({ messages: [user("x"), say("assistant", "y"), say("system", "Z"), user("w")] }));
  assert.deepEqual(partsOf(contentsOf(body)[2]), [{ text: "<system>Z</system>" }, { text: "w" }]);
  assert.deepEqual(codes, ["system_in_conversation"]);
});

test("#5: results stand first in the next user turn, in the order of the calls, under the calls' names", () => {
  const messages: Message[] = [
    user("go"),
    { role: "assistant", content: [call("a", "first"), call("b", "second", '{"x":1}')] },
    { role: "tool", content: [result("b", '{"ok":true}')] },
    { role: "tool", content: [result("a", "plain text")] },
    user("and?"),
  ];
  const { body, codes } = encode(foreign({ messages }), { model: "gemini-2.5-flash" });
  const [, model, answers, ...more] = contentsOf(body);
  assert.deepEqual(partsOf(model), [
    { functionCall: { id: "a", name: "first", args: {} } },
    { functionCall: { id: "b", name: "second", args: { x: 1 } } },
  ]);
  assert.deepEqual(partsOf(answers), [
    { functionResponse: { id: "a", name: "first", response: { output: "plain text" } } },
    { functionResponse: { id: "b", name: "second", response: { ok: true } } },
    { text: "and?" },
  ]);
  assert.deepEqual(more, []);
  assert.deepEqual(codes, []);
});

test("#5: a call that nobody answers is refused with its place", () => {
  const messages: Message[] = [user("go"), { role: "assistant", content: [call("a", "f")] }, user("no")];
  const refused = (error: unknown): boolean => error instanceof GatewayError && error.param === "messages[1]";
  assert.throws(() => encode(foreign({ messages })), refused);
});

test("failed results, empty ones and numbers too long for JSON", () => {
  const messages: Message[] = [
    user("go"),
    { role: "assistant", content: [call("a", "f"), call("b", "f"), call("c", "f"), call("d", "f")] },
    {
      role: "user",
      content: [
        result("a", "broke", true),
        { type: "tool-result", toolCallId: "b", content: [] },
        result("c", '{"id":12345678901234567890}'),
        result("d", '{"code":7}', true),
      ],
    },
  ];
  const { body } = encode(foreign({ messages }));
  const responses = partsOf(contentsOf(body)[2]).map(({ functionResponse: one }) => isObject(one) && one["response"]);
  assert.deepEqual(responses, [
    { error: "broke" },
    { output: "" },
    { output: '{"id":12345678901234567890}' },
    { error: { code: 7 } },
  ]);
});

test("#22: an image in a result stays an image: within it from Gemini 3 on, behind the results before", () => {
  const messages: Message[] = [
    user("go"),
    { role: "assistant", content: [call("a", "f")] },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "a", content: [{ type: "text", text: "seen" }, image] }] },
  ];
  const inlineData = { mimeType: "image/png", data: "aGk=" };
  const newer = encode(foreign({ messages }));
  const response = { id: "a", name: "f", response: { output: "seen" } };
  assert.deepEqual(partsOf(contentsOf(newer.body)[2]), [{ functionResponse: { ...response, parts: [{ inlineData }] } }]);
  assert(!newer.codes.includes("tool_result_media_moved"));
  const older = encode(foreign({ messages }), { model: "gemini-2.5-pro" });
  const [first, , moved] = partsOf(contentsOf(older.body)[2]);
  assert.deepEqual([first, moved], [{ functionResponse: response }, { inlineData }]);
  assert.deepEqual(older.codes, ["tool_result_media_moved"]);
});

test("arguments that are no JSON object are wrapped and reported", () => {
  const messages: Message[] = [
    user("go"),
    { role: "assistant", content: [call("a", "f", "{oops")] },
    { role: "tool", content: [result("a", "x")] },
  ];
  const { body, codes } = encode(foreign({ messages }), { model: "gemini-2.5-pro" });
  assert.deepEqual(partsOf(contentsOf(body)[1]), [{ functionCall: { id: "a", name: "f", args: { INVALID_JSON: "{oops" } } }]);
  assert.deepEqual(codes, ["tool_arguments_invalid"]);
});

test("#6: Gemini 3 is given a placeholder for the signatures of foreign calls of the current turn, once per step", () => {
  const turn = (id: string): Message[] => [
    { role: "assistant", content: [call(id, "f"), call(`${id}2`, "f")] },
    { role: "tool", content: [result(id, "x")] },
    { role: "tool", content: [result(`${id}2`, "y")] },
  ];
  const messages = [user("one"), ...turn("old"), say("assistant", "done"), user("two"), ...turn("a"), ...turn("b")];
  const seals = (model: string): unknown[] =>
    contentsOf(encode(foreign({ messages }), { model }).body)
      .filter(({ role }) => role === "model")
      .map((content) => partsOf(content).map(({ thoughtSignature }) => thoughtSignature ?? null));
  const held = "skip_thought_signature_validator";
  assert.deepEqual(seals("gemini-3.1-pro-preview"), [[null, null], [null], [held, null], [held, null]]);
  assert.deepEqual(seals("gemini-2.5-pro"), [[null, null], [null], [null, null], [null, null]]);
  const { warnings } = encode(foreign({ messages }));
  assert.deepEqual(
    warnings.map(({ kind, code, at }) => [kind, code, at]),
    [
      ["emulated", "thought_signature_placeholder", "messages[6].content[0]"],
      ["emulated", "thought_signature_placeholder", "messages[9].content[0]"],
    ],
  );
});

test("#6: Gemini's own signatures go back byte-exact on their very parts; those of others are dropped and reported", () => {
  const origin = { wire: "gemini", provider: "google" };
  const content: Part[] = [
    { type: "reasoning", text: "hm", origin, seal: { value: "s/1+=", origin } },
    { type: "reasoning", text: "foreign", signature: "sig", origin: { wire: "anthropic-messages" } },
    { ...call("a", "f"), seal: { value: "s2", origin } },
    { ...call("b", "f"), seal: { value: "s3", origin: { wire: "gemini", provider: "vertex" } } },
    { type: "opaque", origin, kind: "executableCode", value: { executableCode: { code: "1" }, thoughtSignature: "s4" } },
  ];
  const messages: Message[] = [
    user("go"),
    { role: "assistant", content },
    { role: "tool", content: [result("a", "x"), result("b", "y")] },
  ];
  const { body, codes } = encode(foreign({ messages }));
  assert.deepEqual(partsOf(contentsOf(body)[1]), [
    { text: "hm", thought: true, thoughtSignature: "s/1+=" },
    { functionCall: { id: "a", name: "f", args: {} }, thoughtSignature: "s2" },
    { functionCall: { id: "b", name: "f", args: {} } },
    { executableCode: { code: "1" }, thoughtSignature: "s4" },
  ]);
  assert.deepEqual(codes, ["reasoning_dropped", "seal_dropped"]);
});

test("#24: names that Google does not take are changed, and found again in the reply", () => {
  const name = `mcp/9 ${"x".repeat(80)}`;
  const { body, decoder } = encode(foreign({ tools: [{ type: "function", name }] }));
  const [tool] = Array.isArray(body["tools"]) ? body["tools"] : [];
  const sent = tool.functionDeclarations[0].name;
  assert.match(sent, /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/);
  const candidates = [{ content: { parts: [{ functionCall: { name: sent, args: { a: 1 } } }] }, finishReason: "STOP" }];
  const [part] = decoder.whole({ candidates }).choices[0]?.content ?? [];
  assert(part?.type === "tool-call" && part.name === name && part.arguments === '{"a":1}');
});

test("#20: an integer enum is spelled as text where the dialect wants it, and comes back as integers", () => {
  const parameters = { type: "object", properties: { n: { type: "integer", enum: [1, 2] } }, required: ["n"] };
  const { body, decoder } = encode(foreign({ tools: [{ type: "function", name: "f", parameters }] }), {
    quirks: { schemaDialect: "openapi" },
  });
  const [tool] = Array.isArray(body["tools"]) ? body["tools"] : [];
  assert.deepEqual(tool.functionDeclarations[0].parameters.properties.n.enum, ["1", "2"]);
  const events = [
    { candidates: [{ content: { parts: [{ functionCall: { name: "f", args: { n: "2" } } }] }, finishReason: "STOP" }] },
  ];
  const [part] = decoder.whole(events[0] ?? {}).choices[0]?.content ?? [];
  assert(part?.type === "tool-call" && part.arguments === '{"n":2}');
});

test("a custom tool takes its free text in an object, and gives it back as text", () => {
  const { body, codes, decoder } = encode(foreign({ tools: [{ type: "custom", name: "run" }] }));
  assert.deepEqual(codes, ["custom_tool"]);
  const [tool] = Array.isArray(body["tools"]) ? body["tools"] : [];
  assert.equal(tool.functionDeclarations[0].name, "run");
  const candidates = [{ content: { parts: [{ functionCall: { name: "run", args: { input: "a b" } } }] }, finishReason: "STOP" }];
  const [part] = decoder.whole({ candidates }).choices[0]?.content ?? [];
  assert(part?.type === "tool-call" && part.kind === "custom" && part.arguments === "a b");
});

test("tool choices", () => {
  const tools: ChatRequest["tools"] = [{ type: "function", name: "f" }];
  const chosen = (toolChoice: ChatRequest["toolChoice"]): unknown => {
    const found = encode(foreign({ tools, toolChoice })).body["toolConfig"];
    return isObject(found) ? found["functionCallingConfig"] : undefined;
  };
  assert.deepEqual(chosen({ type: "required" }), { mode: "ANY" });
  assert.deepEqual(chosen({ type: "none" }), { mode: "NONE" });
  assert.deepEqual(chosen({ type: "tool", name: "f" }), { mode: "ANY", allowedFunctionNames: ["f"] });
  const allowed = [{ type: "function", function: { name: "f" } }];
  assert.deepEqual(chosen({ type: "allowed", mode: "auto", tools: allowed }), { mode: "VALIDATED", allowedFunctionNames: ["f"] });
});

test("#23: a schema goes natively; functions with it only from Gemini 3 on, before in words, and never without them", () => {
  const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
  const responseFormat: ChatRequest["responseFormat"] = { type: "json-schema", schema };
  const tools: ChatRequest["tools"] = [{ type: "function", name: "f" }];
  const newer = config(encode(foreign({ responseFormat, tools })));
  assert.equal(newer["responseMimeType"], "application/json");
  assert(isObject(newer["responseJsonSchema"]) && newer["responseJsonSchema"]["type"] === "object");
  const older = encode(foreign({ responseFormat, tools }), { model: "gemini-2.5-flash" });
  assert.equal(config(older)["responseMimeType"], undefined);
  assert(Array.isArray(older.body["tools"]));
  assert.deepEqual(older.codes, ["json_schema_emulated"]);
  assert(JSON.stringify(older.body["systemInstruction"]).includes("JSON Schema"));
  assert.deepEqual(config(encode(foreign({ responseFormat: { type: "json" } }))), { responseMimeType: "application/json" });
});

test("reasoning: budgets up to 2.5, levels from 3 on, what differs is reported", () => {
  const thinking = (reasoning: ChatRequest["reasoning"], model: string): [unknown, readonly string[]] => {
    const encoded = encode(foreign({ reasoning }), { model });
    return [config(encoded)["thinkingConfig"] ?? null, encoded.codes];
  };
  const shown = { includeThoughts: true };
  assert.deepEqual(thinking({ effort: "low" }, "gemini-3-pro"), [{ thinkingLevel: "LOW", ...shown }, []]);
  assert.deepEqual(thinking({ effort: "none" }, "gemini-3-flash"), [{ thinkingLevel: "MINIMAL" }, ["reasoning_approximated"]]);
  assert.deepEqual(thinking({ effort: "medium" }, "gemini-3-pro"), [
    { thinkingLevel: "HIGH", ...shown },
    ["reasoning_approximated"],
  ]);
  assert.deepEqual(thinking({ budgetTokens: 2000, mode: "enabled" }, "gemini-3-flash"), [
    { thinkingLevel: "LOW", ...shown },
    ["reasoning_approximated"],
  ]);
  assert.deepEqual(thinking({ budgetTokens: 2000 }, "gemini-2.5-pro"), [{ thinkingBudget: 2000, ...shown }, []]);
  assert.deepEqual(thinking({ mode: "disabled" }, "gemini-2.5-flash"), [{ thinkingBudget: 0 }, []]);
  assert.deepEqual(thinking({ effort: "high" }, "gemini-2.5-flash"), [
    { thinkingBudget: 24_576, ...shown },
    ["reasoning_approximated"],
  ]);
  assert.deepEqual(thinking({ effort: "high" }, "gemini-2.0-flash"), [null, ["reasoning_setting_dropped"]]);
});
