import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatResult } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { sourceAt } from "../shared/testing/codec.ts";
import { chat, decode, decoder, encode, event, foreign, target } from "./testing/setting.ts";

function read(bodies: readonly Json[]): ChatResult {
  const reader = decoder();
  const chunks = bodies.flatMap((body) => reader.push(event(body)));
  return accumulate([...chunks, ...reader.end()]);
}

const candidate = (parts: readonly JsonObject[], finishReason?: string): JsonObject => ({
  candidates: [{ content: { parts, role: "model" }, ...(finishReason && { finishReason }), index: 0 }],
});

const origin = { wire: "gemini", provider: "google", model: "gemini-3-flash" };

test("text and thoughts in deltas, a seal on an empty part behind the text", () => {
  const { choices } = read([
    candidate([{ text: "I think", thought: true }]),
    candidate([{ text: "Hel" }]),
    candidate([{ text: "lo" }]),
    candidate([{ text: "", thoughtSignature: "s" }], "STOP"),
  ]);
  assert.deepEqual(choices[0]?.content, [
    { type: "reasoning", text: "I think", origin },
    { type: "text", text: "Hello" },
    { type: "text", text: "", seal: { value: "s", origin }, as: "seal" },
  ]);
  assert.equal(choices[0]?.finish.reason, "stop");
});

test("#8: two calls in one event, without ids: each gets one of its own, short and unlike any other call's", () => {
  const call = (name: string): JsonObject => ({ functionCall: { name, args: { n: name } } });
  const { choices } = read([candidate([{ ...call("a"), thoughtSignature: "s" }, call("b")]), candidate([call("c")], "STOP")]);
  assert.deepEqual(choices[0]?.content, [
    { type: "tool-call", id: "call_1_0", name: "a", arguments: '{"n":"a"}', seal: { value: "s", origin } },
    { type: "tool-call", id: "call_1_1", name: "b", arguments: '{"n":"b"}' },
    { type: "tool-call", id: "call_1_2", name: "c", arguments: '{"n":"c"}' },
  ]);
  assert.equal(choices[0]?.finish.reason, "tool-calls");
  const long = encode(foreign(), { callId: `call_${"f".repeat(60)}` }).decoder;
  const [part] = long.whole(candidate([call("a")], "STOP")).choices[0]?.content ?? [];
  assert(part?.type === "tool-call" && /^[\w-]{1,40}$/.test(part.id));
});

test("arguments in pieces: nested places, texts that go on, lists", () => {
  const piece = (jsonPath: string, value: JsonObject): JsonObject => ({
    functionCall: { partialArgs: [{ jsonPath, ...value }], willContinue: true },
  });
  const { choices } = read([
    candidate([{ functionCall: { name: "cook", willContinue: true }, thoughtSignature: "s" }]),
    candidate([piece("$.recipe.name", { stringValue: "So", willContinue: true })]),
    candidate([piece("$.recipe.name", { stringValue: "up" })]),
    candidate([piece("$.recipe.steps[0].text", { stringValue: "boil" }), piece("$.recipe.steps[1].minutes", { numberValue: 5 })]),
    candidate([piece("$.hot", { boolValue: true }), piece("$.note", { nullValue: "NULL_VALUE" })]),
    candidate([{ functionCall: {} }], "STOP"),
  ]);
  const [call] = choices[0]?.content ?? [];
  assert(call?.type === "tool-call" && call.seal?.value === "s");
  assert.deepEqual(JSON.parse(call.arguments), {
    recipe: { name: "Soup", steps: [{ text: "boil" }, { minutes: 5 }] },
    hot: true,
    note: null,
  });
});

test("#7: reasons follow from the word and from what was said", () => {
  const call = { functionCall: { name: "f", args: {} } };
  const reason = (parts: readonly JsonObject[], word?: string): string | undefined =>
    read([candidate(parts, word)]).choices[0]?.finish.reason;
  const table: [readonly JsonObject[], string, string][] = [
    [[{ text: "x" }], "STOP", "stop"],
    [[{ text: "x" }, call], "STOP", "tool-calls"],
    [[call], "UNEXPECTED_TOOL_CALL", "tool-calls"],
    [[call], "MAX_TOKENS", "length"],
    [[call], "SAFETY", "content-filter"],
    [[], "MALFORMED_FUNCTION_CALL", "error"],
    [[{ text: "x" }], "RECITATION", "content-filter"],
    [[{ text: "x" }], "LANGUAGE", "other"],
  ];
  for (const [parts, word, expected] of table) assert.equal(reason(parts, word), expected, word);
});

test("an answer that goes on after a finish reason is not ended until the next", () => {
  const reader = decoder();
  reader.push(event(candidate([{ executableCode: { code: "1", language: "PYTHON" } }], "STOP")));
  assert.equal(reader.ended, true);
  reader.push(event(candidate([{ codeExecutionResult: { outcome: "OUTCOME_OK" } }])));
  assert.equal(reader.ended, false);
  reader.push(event(candidate([{ text: "one" }], "STOP")));
  assert.equal(reader.ended, true);
  assert.equal(reader.done, false);
  const finishes = reader.end().filter(({ type }) => type === "finish");
  assert.equal(finishes.length, 1);
});

test("a stream that stops without a finish reason tells none", () => {
  const reader = decoder();
  reader.push(event(candidate([{ text: "beg" }])));
  assert.equal(reader.ended, false);
  assert.deepEqual(
    reader.end().map(({ type }) => type),
    ["part-end"],
  );
});

test("a refused prompt is a filtered answer without content", () => {
  const promptFeedback = { blockReason: "PROHIBITED_CONTENT" };
  const { choices, usage } = read([{ promptFeedback, usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 } }]);
  assert.deepEqual(choices, [
    { index: 0, content: [], finish: { reason: "content-filter", raw: "PROHIBITED_CONTENT", details: { promptFeedback } } },
  ]);
  assert.equal(usage?.inputUncached, 4);
});

test("usage in disjoint buckets, the last event's; figures that do not add up are flagged", () => {
  const counted = {
    promptTokenCount: 100,
    cachedContentTokenCount: 40,
    toolUsePromptTokenCount: 7,
    candidatesTokenCount: 20,
    thoughtsTokenCount: 30,
    totalTokenCount: 157,
    promptTokensDetails: [{ modality: "AUDIO", tokenCount: 9 }],
  };
  const first = { ...candidate([{ text: "x" }]), usageMetadata: { promptTokenCount: 100, totalTokenCount: 100 } };
  const { usage } = read([first, { ...candidate([], "STOP"), usageMetadata: counted }]);
  assert.deepEqual(usage, {
    inputUncached: 67,
    cacheRead: 40,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputVisible: 20,
    outputReasoning: 30,
    modality: { inputAudio: 9, inputImage: undefined, inputVideo: undefined, outputAudio: undefined, outputImage: undefined },
    reportedTotal: 157,
    anomaly: undefined,
    raw: counted,
  });
  const odd = read([
    { ...candidate([], "STOP"), usageMetadata: { ...counted, totalTokenCount: 150, cachedContentTokenCount: 900 } },
  ]);
  assert.match(odd.usage?.anomaly ?? "", /900 cached.*differs from the sum of its parts by -7/);
  assert(odd.usage !== undefined && odd.usage.inputUncached >= 0);
});

test("citations with character places, and all the provider told kept for its own wire", () => {
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
    groundingSupports: [{ segment: { startIndex: 5, endIndex: 8, text: "uns" }, groundingChunkIndices: [0] }],
  };
  const body = { candidates: [{ content: { parts: [{ text: "für uns" }] }, finishReason: "STOP", groundingMetadata }] };
  for (const result of [read([body]), decoder().whole(body)]) {
    const [part] = result.choices[0]?.content ?? [];
    assert(part?.type === "text");
    const [citation] = part.citations ?? [];
    assert.deepEqual([citation?.url, citation?.title, citation?.start, citation?.end], ["https://a.example", "A", 4, 7]);
    assert.deepEqual(result.choices[0]?.finish.details, { candidate: { groundingMetadata } });
  }
});

test("errors inside a reply: an object or a list of one, told once", () => {
  const error = { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" };
  for (const body of [{ error }, [{ error }]]) {
    const reader = decoder();
    const [chunk] = reader.push(event(body));
    assert(chunk?.type === "error" && chunk.error.code === "rate_limited");
    assert.deepEqual(reader.push(event(body)), []);
  }
  assert.throws(
    () => decoder().whole({ error }),
    (thrown) => thrown instanceof GatewayError && thrown.code === "rate_limited",
  );
  assert.throws(
    () => decoder().whole({ hello: 1 }),
    (thrown) => thrown instanceof GatewayError && thrown.code === "bad_reply",
  );
});

test("#23: an answer whose schema had to be respelled comes back in the caller's form, whole", () => {
  const schema = { type: "object", properties: { n: { type: "integer", enum: [1, 2] } }, required: ["n"] };
  const request = foreign({ responseFormat: { type: "json-schema", schema } });
  const { decoder: reader } = encode(request, { quirks: { schemaDialect: "openapi" } });
  const chunks = [candidate([{ text: '{"n":' }]), candidate([{ text: '"2"}' }], "STOP")].flatMap((body) =>
    reader.push(event(body)),
  );
  const [part] = accumulate([...chunks, ...reader.end()]).choices[0]?.content ?? [];
  assert(part?.type === "text" && part.text === '{"n":2}');
});

test("calls that the provider runs itself, of its MCP servers, are none of the caller's; the caller's own are", () => {
  const body = {
    contents: [{ parts: [{ text: "x" }] }],
    tools: [{ mcp_servers: [{ name: "weather" }] }, { functionDeclarations: [{ name: "mine" }] }],
  };
  const run = { functionCall: { name: "weather_get", args: {} }, thoughtSignature: "s" };
  const result = { functionResponse: { name: "weather_get", response: { result: "18" } } };
  const answer = (...last: readonly JsonObject[]): readonly JsonObject[] => [
    candidate([run], "STOP"),
    candidate([result]),
    candidate([{ text: "18" }, ...last], "STOP"),
  ];
  const shown = (...last: readonly JsonObject[]) =>
    [encode(decode(body)).decoder, chat.relay(sourceAt({ wire: "gemini", path: "/" }, body), target()).decoder()].map(
      (reader) => {
        const chunks = answer(...last).flatMap((one) => reader.push(event(one)));
        const [choice] = accumulate([...chunks, ...reader.end()]).choices;
        return {
          kinds: choice?.content.map((part) => (part.type === "opaque" ? part.value : part.type)),
          reason: choice?.finish.reason,
        };
      },
    );
  for (const one of shown()) assert.deepEqual(one, { kinds: [run, result, "text"], reason: "stop" });
  for (const one of shown({ functionCall: { name: "mine", args: {} } })) {
    assert.deepEqual(one, { kinds: [run, result, "text", "tool-call"], reason: "tool-calls" });
  }
});

test("media, hosted tools and parts nobody knows", () => {
  const code = { executableCode: { code: "1", language: "PYTHON", id: "x" }, thoughtSignature: "s" };
  const { choices } = read([
    candidate([{ inlineData: { mimeType: "image/png", data: "_-8=" } }, code, { newThing: { a: 1 } }, {}], "STOP"),
  ]);
  assert.deepEqual(choices[0]?.content, [
    { type: "image", source: { kind: "base64", mediaType: "image/png", data: "/+8=" } },
    { type: "opaque", origin, kind: "executableCode", value: code },
    { type: "opaque", origin, kind: "part", value: { newThing: { a: 1 } } },
  ]);
});

test("counts of every event are told once: with the end, before an error, or by who asks for those of an answer broken off", () => {
  const counting = (said: string, tokens: number, finish?: string): JsonObject => ({
    ...candidate([{ text: said }], finish),
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: tokens, totalTokenCount: 3 + tokens },
  });
  const told = (bodies: readonly JsonObject[]): readonly (readonly [string, number])[] => {
    const reader = decoder();
    const chunks = bodies.flatMap((body) => reader.push(event(body)));
    const usages = chunks.flatMap((chunk) => (chunk.type === "usage" ? [["told", chunk.usage.outputVisible] as const] : []));
    return reader.counted === undefined ? usages : [...usages, ["owed", reader.counted.usage.outputVisible]];
  };
  assert.deepEqual(told([counting("a", 1), counting("b", 2), counting("c", 3, "STOP")]), [["told", 3]]);
  assert.deepEqual(told([counting("a", 1), counting("b", 2)]), [["owed", 2]]);
  assert.deepEqual(told([counting("a", 1), counting("b", 2, "STOP"), { usageMetadata: { totalTokenCount: 9 } }]), [
    ["told", 2],
    ["told", 0],
  ]);
  assert.deepEqual(told([counting("a", 1), { error: { code: 500, message: "no" } }]), [["told", 1]]);
  const reader = decoder();
  for (const body of [counting("a", 1), counting("b", 2)]) reader.push(event(body));
  assert.equal(accumulate(reader.end()).usage?.outputVisible, 2);
});
