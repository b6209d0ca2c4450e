import assert from "node:assert/strict";
import { test } from "node:test";
import { CallError, type EmbedRequest, type GenerateRequest, type GenerateStream } from "../../../src/index.ts";
import { failure, startRig } from "./kit.ts";

/* Callers without types may give anything. What is wrong is told by the request's own field, whoever is to answer. */

const text = [{ type: "text", text: "x" }];
const of = (content: unknown): unknown => ({ messages: [{ role: "user", content }] });
const parted = (part: unknown): unknown => of([...text, part]);
const withX = (more: object): unknown => ({ prompt: "x", ...more });

/** What is wrong, the field that is named, and what is said of it. */
const wrong: readonly (readonly [unknown, string, RegExp])[] = [
  [undefined, "request", /must be an object, and is not there/],
  [null, "request", /is null/],
  [[], "request", /is a list/],
  ["hello", "request", /is other text/],
  [{ messages: [null] }, "messages[0]", /must be an object, and is null/],
  [{ messages: {} }, "messages", /must be a list of messages, and is an object/],
  [{ messages: [{ role: "user" }] }, "messages[0].content", /must be text or a list of parts/],
  [{ messages: [{ content: "x" }] }, "messages[0].role", /system, developer, user, assistant, tool, and is not there/],
  [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].toolCallId", /is not there/],
  [
    { messages: [{ role: "assistant", content: "x", tool_calls: [] }] },
    "messages[0].tool_calls",
    /is not known here; known are role, content/,
  ],
  [{ system: "s", messages: [{ role: "robot", content: "x" }] }, "messages[0].role", /must be system/],
  [parted({ type: "image" }), "messages[0].content[1]", /must have a `url`, or `data` and `mediaType`/],
  [parted({ type: "image", data: "AAAA" }), "messages[0].content[1].mediaType", /is not there/],
  [parted({ type: "document", data: 5, mediaType: "a/b" }), "messages[0].content[1].data", /base64 as text, or a Uint8Array/],
  [parted({ type: "image", url: "https://a.b/c.png", cache: {} }), "messages[0].content[1].cache", /is not known here/],
  [parted({ type: "image_url", image_url: {} }), "messages[0].content[1].type", /known are text, image,/],
  [parted({ type: "text" }), "messages[0].content[1].text", /must be text, and is not there/],
  [parted({ type: "tool-call", id: "a", name: "b", arguments: {} }), "messages[0].content[1].arguments", /is an object/],
  [parted({ type: "tool-result", toolCallId: "a", content: [7] }), "messages[0].content[1].content[0]", /a `type`/],
  [{ prompt: 5 }, "prompt", /must be text, and is 5/],
  [withX({ system: 5 }), "system", /must be text/],
  [withX({ tools: { a: 1 } }), "tools", /must be a list of tools, and is an object/],
  [withX({ tools: [{ description: "x" }] }), "tools[0].name", /is not there/],
  [withX({ tools: [{ type: "function", function: {} }] }), "tools[0].type", /is not known here; known are name,/],
  [withX({ tools: [{ name: "a", parameters: "{}" }] }), "tools[0].parameters", /must be an object/],
  [withX({ toolChoice: "weather" }), "toolChoice", /"auto", "none", "required" or \{ name \}/],
  [withX({ toolChoice: {} }), "toolChoice.name", /is not there/],
  [withX({ parallelToolCalls: "yes" }), "parallelToolCalls", /true or false/],
  [withX({ output: "xml" }), "output", /"json" or \{ schema \}/],
  [withX({ output: { schema: 1 } }), "output.schema", /a JSON Schema, as an object/],
  [withX({ maxTokens: -1 }), "maxTokens", /must be a whole number of at least 1, and is -1/],
  [withX({ maxTokens: 1.5 }), "maxTokens", /is 1\.5/],
  [withX({ temperature: "0.5" }), "temperature", /must be a number, and is other text/],
  [withX({ topK: 0.5 }), "topK", /a whole number/],
  [withX({ stop: 5 }), "stop", /must be a list of texts, and is 5/],
  [withX({ stop: ["a", 5] }), "stop[1]", /must be text/],
  [withX({ reasoning: "high" }), "reasoning", /must be an object/],
  [withX({ reasoning: { budget_tokens: 5 } }), "reasoning.budget_tokens", /did you mean "budgetTokens"\?/],
  [withX({ temprature: 1 }), "temprature", /is not known here; did you mean "temperature"\?/],
  [withX({ max_tokens: 1 }), "max_tokens", /did you mean "maxTokens"\?/],
  [withX({ labels: { a: 5 } }), "labels.a", /must be text/],
  [withX({ strict: "yes" }), "strict", /"refuse" or "warn" or "allow"/],
  [withX({ timeoutMs: "5" }), "timeoutMs", /must be a number of milliseconds above 0, and is other text/],
  [withX({ timeoutMs: Number.POSITIVE_INFINITY }), "timeoutMs", /is Infinity/],
  [withX({ signal: {} }), "signal", /must be an AbortSignal, and is an object/],
];

/** As a caller without types has it. */
interface Untyped {
  generate(request: unknown): Promise<unknown>;
  generateStream(request: unknown): GenerateStream;
  countTokens(request: unknown): Promise<unknown>;
  embed(request: unknown): Promise<unknown>;
}

const isRequest = (_request: unknown): _request is GenerateRequest & EmbedRequest => true;

test("a wrong request is refused by its own field, whole, streamed and counted; nothing of it is sent", async () => {
  await using rig = await startRig();
  const { gateway } = rig;
  const given = (request: unknown): GenerateRequest & EmbedRequest => {
    assert.ok(isRequest(request));
    return request;
  };
  const untyped: Untyped = {
    generate: (request) => gateway.generate(given(request)),
    generateStream: (request) => gateway.generateStream(given(request)),
    countTokens: (request) => gateway.countTokens(given(request)),
    embed: (request) => gateway.embed(given(request)),
  };
  const check = (error: unknown, param: string, said: RegExp): void => {
    assert.ok(error instanceof CallError, String(error));
    assert.deepEqual([error.code, error.param, error.name], ["invalid_request", param, "CallError"], error.message);
    assert.match(error.message, said);
    assert.ok(error.message.startsWith(`\`${param}\``), error.message);
  };
  for (const [body, param, said] of wrong) {
    const request = typeof body === "object" && body !== null && !Array.isArray(body) ? { model: "oai/echo", ...body } : body;
    // Not even a stream is refused by throwing at once.
    const stream = untyped.generateStream(request);
    const iterated = async (): Promise<void> => {
      for await (const _ of stream);
    };
    for (const call of [() => untyped.generate(request), () => stream.result, iterated, () => untyped.countTokens(request)])
      check(await failure(call()), param, said);
  }
  const model = "oai/text-embedding-3-small";
  for (const [request, param, said] of [
    [undefined, "request", /must be an object/],
    [{ model }, "input", /must be a list of texts, and is not there/],
    [{ model, input: [] }, "input", /at least one/],
    [{ model, input: [5] }, "input[0]", /must be text, and is 5/],
    [{ model, input: "x", dimensions: 0 }, "dimensions", /at least 1/],
    [{ model, input: "x", dimension: 8 }, "dimension", /did you mean "dimensions"\?/],
  ] as const)
    check(await failure(untyped.embed(request)), param, said);
  assert.equal(rig.simulator.journal.entries.length, 0);
});

test("what is right is not refused: every field there is, and undefined for none", async () => {
  await using rig = await startRig();
  const { text } = await rig.gateway.generate({
    model: "gem/echo",
    messages: [{ role: "user", content: [{ type: "text", text: "Hello." }] }],
    prompt: undefined,
    system: "s",
    tools: [{ name: "t", description: undefined, parameters: { type: "object" }, strict: false }],
    toolChoice: "none",
    output: undefined,
    maxTokens: 50,
    temperature: 0,
    topP: 0.5,
    topK: 4,
    seed: 7,
    stop: ["END"],
    reasoning: { effort: undefined },
    user: "u",
    labels: { a: "b" },
    strict: "allow",
    timeoutMs: 30_000,
    signal: new AbortController().signal,
  });
  assert.equal(text, "Hello.");
});

test("losses and refusals are told by the request's own fields and places", async () => {
  await using rig = await startRig();
  const { gateway } = rig;
  const { warnings } = await gateway.generate({ model: "oai/echo", prompt: "x", topK: 3 });
  assert.deepEqual(
    warnings.map(({ code, at, detail }) => [code, at, detail]),
    [["top_k_dropped", "topK", "this API has no topK; use topP."]],
  );
  const strict = await failure(gateway.generate({ model: "oai/echo", prompt: "x", topK: 3, strict: true }));
  assert.ok(strict instanceof CallError);
  assert.deepEqual([strict.code, strict.param], ["unsupported", "topK"]);
  assert.match(strict.message, /^`topK` cannot be sent .* or accept losses with `strict: "warn"`\.$/);
  assert.doesNotMatch(strict.message, /top_k\b|x-polygate/);
  const video = { type: "video" as const, source: { kind: "url" as const, url: "https://example.com/a.mp4" } };
  const question = { role: "user" as const, content: [{ type: "text" as const, text: "x" }, video] };
  const lost = await failure(
    gateway.generate({ model: "ant/echo", system: "s", messages: [question], maxTokens: 9, strict: true }),
  );
  assert.ok(lost instanceof CallError);
  assert.equal(lost.param, "messages[0].content[1]", lost.message);
});

test("a closed gateway refuses by a CallError, whatever is asked of it", async () => {
  await using rig = await startRig();
  await rig.gateway.close();
  const error = await failure(rig.gateway.models());
  assert.ok(error instanceof CallError, String(error));
  assert.equal(error.code, "gateway_overloaded");
});

test("a fault of ours is no matter of operators and logs: its cause is with it", async () => {
  await using rig = await startRig();
  const trap = {
    model: "oai/echo",
    get prompt(): string {
      throw new RangeError("planted");
    },
  };
  const error = await failure(rig.gateway.generate(trap));
  assert.ok(error instanceof CallError);
  assert.equal(error.code, "internal");
  assert.match(error.message, /^A fault of Polygate's own/);
  assert.ok(error.cause instanceof RangeError);
});
