import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiError, type GenerateContentResponse, GoogleGenAI, type Part } from "@google/genai";
import { type Simulator, startSimulator } from "./index.ts";

let simulator: Simulator;
let client: GoogleGenAI;
before(async () => {
  simulator = await startSimulator();
  client = new GoogleGenAI({ apiKey: "test", httpOptions: { baseUrl: simulator.url } });
});
after(() => simulator.close());

const partsOf = (reply: GenerateContentResponse): readonly Part[] => reply.candidates?.[0]?.content?.parts ?? [];

async function gather(stream: AsyncGenerator<GenerateContentResponse>): Promise<readonly GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

test("a whole answer repeats the user and counts words as tokens", async () => {
  const reply = await client.models.generateContent({ model: "echo", contents: "one two three" });
  assert.equal(reply.text, "one two three");
  assert.equal(reply.candidates?.[0]?.finishReason, "STOP");
  assert.equal(reply.modelVersion, "echo");
  const usage = reply.usageMetadata;
  assert.equal(usage?.candidatesTokenCount, 3);
  assert.equal(usage?.totalTokenCount, (usage?.promptTokenCount ?? 0) + 3);
});

test("a stream carries the same text, its usage grows, the last chunk says why it ended", async () => {
  const chunks = await gather(await client.models.generateContentStream({ model: "echo", contents: "eins zwei  drei 🙂" }));
  assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), "eins zwei  drei 🙂");
  assert.deepEqual(
    chunks.map((chunk) => chunk.usageMetadata?.candidatesTokenCount),
    [1, 2, 3, 4, 4],
  );
  assert.deepEqual(chunks.map((chunk) => chunk.candidates?.[0]?.finishReason).filter(Boolean), ["STOP"]);
});

test("without alt=sse a stream is one JSON array; with it lines end in CR LF", async () => {
  const ask = async (query: string): Promise<{ readonly type: string | null; readonly text: string }> => {
    const reply = await fetch(`${simulator.url}/v1beta/models/echo:streamGenerateContent${query}`, {
      method: "POST",
      headers: { authorization: "Bearer test" },
      body: JSON.stringify({ contents: { parts: { text: "a b" } } }),
    });
    return { type: reply.headers.get("content-type"), text: await reply.text() };
  };
  const array = await ask("");
  assert.match(array.type ?? "", /^application\/json/);
  const chunks: readonly { readonly candidates: readonly { readonly content: { readonly parts: readonly Part[] } }[] }[] =
    JSON.parse(array.text);
  assert.equal(chunks.map((chunk) => chunk.candidates[0]?.content.parts[0]?.text).join(""), "a b");
  const events = await ask("?alt=sse");
  assert.equal(events.type, "text/event-stream");
  assert.match(events.text, /^(data: \{[^\n\r]*\}\r\n\r\n){3}$/);
});

test("thoughts: hidden ones are counted, shown ones are parts, and the answer is signed", async () => {
  const hidden = await client.models.generateContent({ model: "reasoner", contents: "hi" });
  assert.equal(partsOf(hidden).length, 1);
  assert.equal(partsOf(hidden)[0]?.text, "hi");
  assert.ok(partsOf(hidden)[0]?.thoughtSignature);
  const thoughts = hidden.usageMetadata?.thoughtsTokenCount ?? 0;
  assert.ok(thoughts > 0);
  assert.equal(hidden.usageMetadata?.totalTokenCount, (hidden.usageMetadata?.promptTokenCount ?? 0) + 1 + thoughts);
  const params = { model: "reasoner", contents: "hi", config: { thinkingConfig: { includeThoughts: true } } };
  const shown = await client.models.generateContent(params);
  assert.deepEqual(
    partsOf(shown).map((part) => [part.thought, part.thoughtSignature !== undefined]),
    [
      [true, false],
      [undefined, true],
    ],
  );
  assert.equal(shown.usageMetadata?.candidatesTokenCount, 1);
  const chunks = await gather(await client.models.generateContentStream(params));
  const all = chunks.flatMap(partsOf);
  assert.equal(all.filter((part) => part.thought).length, thoughts);
  assert.equal(all.at(-1)?.text, "");
  assert.ok(all.at(-1)?.thoughtSignature);
  const off = await client.models.generateContent({
    model: "reasoner",
    contents: "hi",
    config: { thinkingConfig: { thinkingBudget: 0 } },
  });
  assert.equal(off.usageMetadata?.thoughtsTokenCount, undefined);
  assert.equal(partsOf(off)[0]?.thoughtSignature, undefined);
});

test("media in are named by type and size, or by where they are", async () => {
  const inlineData = { mimeType: "image/png", data: Buffer.from("1234567").toString("base64") };
  const contents = [
    { text: "see" },
    { inlineData },
    { inlineData: { ...inlineData, mimeType: "application/pdf" } },
    { inlineData: { ...inlineData, mimeType: "audio/wav" } },
    { fileData: { mimeType: "video/mp4", fileUri: "https://example.com/v" } },
  ];
  const reply = await client.models.generateContent({ model: "echo", contents });
  const named = "[image/png 7 bytes] [application/pdf 7 bytes] [audio/wav 7 bytes]";
  assert.equal(reply.text, `see ${named} [video/mp4 at https://example.com/v]`);
  assert.deepEqual(
    reply.usageMetadata?.promptTokensDetails?.map((detail) => detail.modality),
    ["TEXT", "IMAGE", "DOCUMENT", "AUDIO", "VIDEO"],
  );
});

test("structured output by Google's schema and by JSON Schema; an enum comes bare", async () => {
  const ask = async (config: object): Promise<string | undefined> =>
    (await client.models.generateContent({ model: "echo", contents: "x", config })).text;
  const json = { responseMimeType: "application/json" };
  const responseSchema = {
    type: "OBJECT",
    properties: { n: { type: "INTEGER" }, l: { type: "ARRAY", items: { type: "STRING" }, minItems: "2" } },
  };
  assert.equal(await ask({ ...json, responseSchema }), '{"n":7,"l":["sample l","sample l"]}');
  const responseJsonSchema = { type: "object", properties: { n: { type: "integer" } }, additionalProperties: false };
  assert.equal(await ask({ ...json, responseJsonSchema }), '{"n":7}');
  assert.equal(await ask({ responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["a", "b"] } }), "a");
});

test("limits, stop sequences, several candidates, filters, recitations, blocked prompts", async () => {
  const ask = (model: string, config: object = {}): Promise<GenerateContentResponse> =>
    client.models.generateContent({ model, contents: "a b END c", config });
  const cut = await ask("echo", { maxOutputTokens: 2 });
  assert.deepEqual([cut.text, cut.candidates?.[0]?.finishReason], ["a b", "MAX_TOKENS"]);
  const stopped = await ask("echo", { stopSequences: ["END"] });
  assert.deepEqual([stopped.text, stopped.candidates?.[0]?.finishReason], ["a b ", "STOP"]);
  const two = await ask("echo", { candidateCount: 2 });
  assert.deepEqual(
    two.candidates?.map((one) => [one.index, one.content?.parts?.[0]?.text]),
    [
      [0, "a b END c"],
      [1, "a b END c (choice 2)"],
    ],
  );
  assert.equal((await ask("filtered")).candidates?.[0]?.finishReason, "SAFETY");
  assert.equal((await ask("reciter")).candidates?.[0]?.finishReason, "RECITATION");
  const blocked = await ask("refuser");
  assert.equal(blocked.promptFeedback?.blockReason, "PROHIBITED_CONTENT");
  assert.equal(blocked.candidates, undefined);
  assert.equal(blocked.usageMetadata?.totalTokenCount, blocked.usageMetadata?.promptTokenCount);
});

test("media out, logprobs, grounding, code", async () => {
  const ask = (config: object): Promise<GenerateContentResponse> =>
    client.models.generateContent({ model: "echo", contents: "a b", config });
  const image = await ask({ responseModalities: ["TEXT", "IMAGE"] });
  assert.deepEqual(
    partsOf(image).map((part) => part.text ?? part.inlineData?.mimeType),
    ["a b", "image/png"],
  );
  const speech = await ask({ responseModalities: ["AUDIO"] });
  assert.equal(partsOf(speech).length, 1);
  assert.match(partsOf(speech)[0]?.inlineData?.mimeType ?? "", /^audio\/L16/);
  const probable = await ask({ responseLogprobs: true, logprobs: 2 });
  const logprobs = probable.candidates?.[0]?.logprobsResult;
  assert.deepEqual(
    logprobs?.chosenCandidates?.map((one) => one.token),
    ["a", " b"],
  );
  assert.equal(logprobs?.topCandidates?.[0]?.candidates?.length, 2);
  const found = await ask({ tools: [{ googleSearch: {} }] });
  assert.ok(found.candidates?.[0]?.groundingMetadata?.webSearchQueries?.length);
  assert.ok((found.usageMetadata?.toolUsePromptTokenCount ?? 0) > 0);
  const ran = await ask({ tools: [{ codeExecution: {} }] });
  assert.match(ran.executableCode ?? "", /print/);
  assert.equal(ran.codeExecutionResult, "42\n");
});

test("tokens are counted as they are billed, cached ones included", async () => {
  const contents = "one two three";
  const config = { cachedContent: "cachedContents/50", safetySettings: [] };
  const { usageMetadata } = await client.models.generateContent({ model: "echo", contents, config });
  assert.equal(usageMetadata?.cachedContentTokenCount, 50);
  const counted = await client.models.countTokens({ model: "echo", contents });
  assert.equal(counted.totalTokens, (usageMetadata?.promptTokenCount ?? 0) - 50);
});

test("embeddings are unit vectors that depend on the text alone", async () => {
  const { embeddings } = await client.models.embedContent({
    model: "echo",
    contents: ["hello", "goodbye", "hello"],
    config: { outputDimensionality: 16 },
  });
  const [first, second, third] = (embeddings ?? []).map((one) => one.values ?? []);
  assert.equal(first?.length, 16);
  assert.deepEqual(first, third);
  assert.notDeepEqual(first, second);
  assert.ok(Math.abs(Math.hypot(...(first ?? [])) - 1) < 1e-6);
});

test("models are listed page by page, and told one by one", async () => {
  const names: (string | undefined)[] = [];
  for await (const model of await client.models.list({ config: { pageSize: 3 } })) names.push(model.name);
  assert.ok(names.includes("models/echo") && names.length === new Set(names).size && names.length > 10);
  assert.equal((await client.models.get({ model: "echo" })).name, "models/echo");
  await assert.rejects(client.models.get({ model: "nothing" }), { status: 404 });
});

test("errors arrive as the SDK's own, worded as Google words them", async () => {
  const ask = (model: string, contents: object | string = "x") => client.models.generateContent({ model, contents });
  const refused = async (promise: Promise<unknown>, status: number, sentence: RegExp): Promise<void> => {
    await assert.rejects(promise, (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, status);
      assert.match(error.message, sentence);
      return true;
    });
  };
  await refused(ask("missing"), 404, /models\/missing is not found for API version.*"status":"NOT_FOUND"/);
  await refused(ask("fault:429:7"), 429, /RESOURCE_EXHAUSTED.*QuotaFailure.*"retryDelay":"7s"/);
  await refused(ask("fault:503"), 503, /UNAVAILABLE/);
  await refused(ask("fault:context-overflow"), 400, /input token count \(9999\) exceeds/);
  await refused(ask("echo", [{ role: "system", parts: [{ text: "x" }] }]), 400, /valid role: user, model/);
  const wrong = new GoogleGenAI({ apiKey: "wrong-key", httpOptions: { baseUrl: simulator.url } });
  await refused(wrong.models.generateContent({ model: "echo", contents: "x" }), 400, /API_KEY_INVALID/);
  await refused(wrong.models.get({ model: "echo" }), 400, /API_KEY_INVALID/);
  const none = await fetch(`${simulator.url}/v1/models/echo:generateContent`, { method: "POST", body: "{}" });
  assert.equal(none.status, 403);
});

test("an abort in mid-stream is witnessed; the journal tells model, settings and key", async () => {
  const stop = new AbortController();
  const safetySettings = [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }];
  const reply = await fetch(`${simulator.url}/v1beta/models/echo-slow:streamGenerateContent?alt=sse&key=secret`, {
    method: "POST",
    body: JSON.stringify({ contents: [{ parts: [{ text: "abort me one two" }] }], safetySettings }),
    signal: stop.signal,
  });
  await reply.body?.getReader().read();
  stop.abort();
  const entry = await simulator.journal.waitFor((one) => one.model === "echo-slow" && one.outcome === "aborted");
  assert.equal(entry.bill?.outputTokens, 1);
  assert.match(JSON.stringify(entry.body), /"safetySettings":\[\{"category":"HARM_CATEGORY_HARASSMENT"/);
  assert.doesNotMatch(entry.path, /=secret/);
  assert.equal(entry.credential?.length, 64);
});
