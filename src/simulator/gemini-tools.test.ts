import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type Content,
  type FunctionDeclaration,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
  Type,
} from "@google/genai";
import { type Simulator, startSimulator } from "./index.ts";

let simulator: Simulator;
let client: GoogleGenAI;
before(async () => {
  simulator = await startSimulator();
  client = new GoogleGenAI({ apiKey: "test", httpOptions: { baseUrl: simulator.url } });
});
after(() => simulator.close());

const weather: FunctionDeclaration = {
  name: "get_weather",
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } }, required: ["city"] },
};
const clock: FunctionDeclaration = { name: "get_time", parametersJsonSchema: { type: "object", properties: {} } };
const tools = [{ functionDeclarations: [weather, clock] }];

const user = (text: string): Content => ({ role: "user", parts: [{ text }] });

async function ask(
  model: string,
  contents: readonly Content[],
  streamed: boolean,
  config: object = {},
): Promise<readonly Part[]> {
  const params = { model, contents: [...contents], config: { tools, ...config } };
  if (!streamed) return partsOf(await client.models.generateContent(params));
  const parts: Part[] = [];
  for await (const chunk of await client.models.generateContentStream(params)) parts.push(...partsOf(chunk));
  return parts;
}

const partsOf = (reply: GenerateContentResponse): readonly Part[] => reply.candidates?.[0]?.content?.parts ?? [];
const calls = (parts: readonly Part[]): readonly Part[] => parts.filter((part) => part.functionCall);

/** The results of the calls, in one content. */
const results = (parts: readonly Part[], more: Part["functionResponse"] = {}): Content => ({
  role: "user",
  parts: calls(parts).map(({ functionCall }) => ({
    functionResponse: {
      ...(functionCall?.id !== undefined && { id: functionCall.id }),
      name: functionCall?.name ?? "",
      response: { output: `sunny for ${JSON.stringify(functionCall?.args)}` },
      ...more,
    },
  })),
});

const said = (parts: readonly Part[]): Content => ({ role: "model", parts: [...parts] });

for (const streamed of [false, true]) {
  const way = streamed ? "streamed" : "whole";

  test(`parallel calls: the first alone is signed; both are answered, ${way}`, async () => {
    const first = await ask("parallel", [user("weather?")], streamed);
    assert.deepEqual(
      calls(first).map((part) => [part.functionCall?.name, part.thoughtSignature !== undefined]),
      [
        ["get_weather", true],
        ["get_time", false],
      ],
    );
    assert.deepEqual(calls(first)[0]?.functionCall?.args, { city: "sample city" });
    const second = await ask("parallel", [user("weather?"), said(first), results(first)], streamed);
    assert.equal(
      second.map((part) => part.text).join(""),
      'The tools say: get_weather -> sunny for {"city":"sample city"}; get_time -> sunny for {}',
    );
  });

  test(`three steps of one turn: every step's first call must carry its own signature, ${way}`, async () => {
    const forced = { toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["get_weather"] } } };
    const contents: Content[] = [user("weather?")];
    for (let step = 0; step < 3; step++) {
      const parts = await ask("echo", contents, streamed, forced);
      assert.equal(calls(parts).length, 1);
      contents.push(said(parts), results(parts));
    }
    const last = await ask("echo", contents, streamed);
    assert.match(last.map((part) => part.text).join(""), /^The tools say: get_weather -> sunny/);
    for (const step of [1, 3, 5]) {
      const bare = contents.map((content, i) => (i === step ? said(unsigned(content.parts)) : content));
      await assert.rejects(
        ask("echo", bare, streamed),
        new RegExp(`missing a thought_signature in functionCall parts.*default_api:get_weather.*position ${step + 1}\\.`),
      );
    }
    // Of earlier turns nothing is asked.
    const later = [...contents.map((content) => ({ ...content, parts: unsigned(content.parts) })), said(last), user("and?")];
    assert.equal(calls(await ask("echo", later, streamed)).length, 1);
  });
}

const unsigned = (parts: readonly Part[] = []): Part[] => parts.map(({ thoughtSignature: _, ...part }) => part);

test("a signature is one the service issued, for a call of that name, in either alphabet of base64", async () => {
  const first = await ask("echo", [user("weather?")], false);
  const replay = (model: string, change: (part: Part) => Part) =>
    ask(model, [user("weather?"), said(first.map(change)), results(first)], false);
  await replay("echo", (part) => ({ ...part, thoughtSignature: url(part.thoughtSignature) }));
  await assert.rejects(
    replay("echo", (part) => ({ ...part, thoughtSignature: "AAAA" })),
    /Thought signature is not valid/,
  );
  const renamed = first.map((part) => ({ ...part, functionCall: { ...part.functionCall, name: "get_time" } }));
  await assert.rejects(ask("echo", [user("x"), said(renamed), results(renamed)], false), /Thought signature is not valid/);
  for (const value of ["context_engineering_is_the_way_to_go", "skip_thought_signature_validator"]) {
    for (const written of [value, Buffer.from(value).toString("base64")]) {
      const stand = (part: Part): Part => ({ ...part, thoughtSignature: written });
      await replay("takes-bypass", stand);
      await assert.rejects(replay("echo", stand), /Thought signature is not valid/);
    }
  }
});

const url = (text = ""): string => text.replaceAll("+", "-").replaceAll("/", "_");

test("models of their own kind: without signatures, without ids, three calls of one name in three chunks", async () => {
  const plain = await ask("unsigned", [user("x")], false);
  assert.equal(plain[0]?.thoughtSignature, undefined);
  await ask("unsigned", [user("x"), said(plain), results(plain)], false);
  const bare = await ask("no-call-ids", [user("x")], true);
  assert.equal(calls(bare)[0]?.functionCall?.id, undefined);
  await ask("no-call-ids", [user("x"), said(bare), results(bare)], true);
  const chunks: number[] = [];
  const stream = await client.models.generateContentStream({ model: "same-name", contents: "x", config: { tools } });
  for await (const chunk of stream) chunks.push(calls(partsOf(chunk)).length);
  assert.deepEqual(chunks, [1, 1, 1, 0]);
  const three = await ask("same-name", [user("x")], false);
  assert.deepEqual(
    calls(three).map((part) => part.functionCall?.args?.["city"]),
    ["sample city", "sample city 2", "sample city 3"],
  );
});

test("modes: none, any of some, auto, validated", async () => {
  const mode = async (functionCallingConfig: object): Promise<string | undefined> =>
    calls(await ask("echo", [user("x")], false, { toolConfig: { functionCallingConfig } }))[0]?.functionCall?.name;
  assert.equal(await mode({ mode: "NONE" }), undefined);
  assert.equal(await mode({ mode: "ANY", allowedFunctionNames: ["get_time"] }), "get_time");
  assert.equal(await mode({ mode: "AUTO" }), "get_weather");
  assert.equal(await mode({ mode: "VALIDATED" }), "get_weather");
});

test("results: errors, objects, media", async () => {
  const first = await ask("echo", [user("x")], false);
  const answer = async (more: Part["functionResponse"]): Promise<string | undefined> =>
    (await ask("echo", [user("x"), said(first), results(first, more)], false))[0]?.text;
  assert.equal(await answer({ response: { error: "no" } }), "The tools say: get_weather -> (error) no");
  assert.equal(await answer({ response: { a: 1 } }), 'The tools say: get_weather -> {"a":1}');
  const parts = [{ inlineData: { mimeType: "image/png", data: Buffer.from("123").toString("base64") } }];
  assert.equal(await answer({ response: { output: "see" }, parts }), "The tools say: get_weather -> see [image/png 3 bytes]");
});

test("a call that the token limit cuts off is not shown", async () => {
  const reply = await client.models.generateContent({ model: "echo", contents: "x", config: { tools, maxOutputTokens: 1 } });
  assert.equal(reply.candidates?.[0]?.finishReason, "MAX_TOKENS");
  assert.deepEqual(calls(partsOf(reply)), []);
});
