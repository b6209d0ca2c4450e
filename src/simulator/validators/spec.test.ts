import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Json } from "../../canonical/json.ts";
import { rawRequest, unchunk } from "../faults/raw-client.ts";
import { startSimulator } from "../index.ts";
import { loadSpecs } from "./spec.ts";
import { SpecFile } from "./spec-file.ts";

const directory = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");
const skip = !existsSync(directory) && process.env["CI"] !== "true" && "no specifications here";

const document = `openapi: 3.1.0
components:
  schemas:
    Pet:
      discriminator: { propertyName: kind }
      oneOf:
        - $ref: "#/components/schemas/Cat"
        - $ref: "#/components/schemas/Dog"
    Cat:
      type: object
      required: [kind, name]
      properties:
        kind: { const: cat }
        name: { type: string, nullable: true, description: the name }
    Dog:
      type: object
      required: [kind]
      additionalProperties: false
      properties: { kind: { enum: [dog, hound] }, friend: { $ref: "#/components/schemas/Pet", nullable: true } }
    Either:
      oneOf:
        - { type: object, required: [type, a], properties: { type: { const: x }, a: {} } }
        - { type: object, required: [type, b], properties: { type: { enum: [x, y] }, b: {} } }
paths: {}
`;

test("OpenAPI's ways: discriminators name the field at fault, nullable allows null, schemas may be recursive", () => {
  const whole: Json = JSON.parse(JSON.stringify({ components: { schemas: { Cat: { type: "object", required: ["kind"] } } } }));
  assert.deepEqual(SpecFile.fromJson(JSON.stringify(whole)).check("Cat")({}), ["body: must have required property 'kind'"]);
  const pet = SpecFile.fromYaml(document).check("Pet");
  assert.deepEqual(pet({ kind: "cat", name: null }), []);
  assert.deepEqual(pet({ kind: "hound", friend: { kind: "cat", name: "x" } }), []);
  assert.deepEqual(pet({ kind: "dog", friend: null }), []);
  assert.deepEqual(pet({ kind: "dog", friend: { kind: "cat", name: 3 } }), ["friend.name: must be string,null"]);
  assert.deepEqual(pet({ kind: "dog", tail: 1 }), ['body: must NOT have additional properties ("tail")']);
  assert.match(pet({ kind: "cow" })[0] ?? "", /^kind: must be equal to one of the allowed values/);
  const either = SpecFile.fromYaml(document).check("Either");
  assert.deepEqual([either({ type: "x", b: 1 }), either({ type: "x", a: 1, b: 1 })], [[], []]);
  assert.equal(either({ type: "x" }).length, 2);
  assert.throws(() => SpecFile.fromYaml(document).check("Cow"), /no schema Cow/);
});

test("the official specifications refuse what they should, with the path", { skip }, async () => {
  const specs = await loadSpecs(directory);
  const good = { model: "m", messages: [{ role: "user", content: "x" }] };
  assert.deepEqual(specs.chatRequest(good), []);
  assert.match(
    specs.chatRequest({ ...good, messages: [{ role: "user", content: [{ type: "text", txt: 1 }] }] })[0] ?? "",
    /^messages\.0\.content/,
  );
  assert.match(specs.chatRequest({ ...good, foo: 1 })[0] ?? "", /Unrecognized request argument supplied: foo/);
  assert.match(specs.chatRequest({ ...good, temperature: "hot" })[0] ?? "", /^temperature: must be number/);
  assert.deepEqual(specs.messagesRequest({ ...good, max_tokens: 1 }, false), []);
  assert.match(specs.messagesRequest(good, false)[0] ?? "", /max_tokens/);
  assert.match(specs.messagesRequest({ ...good, max_tokens: 1, foo: 1 }, false)[0] ?? "", /additional properties \("foo"\)/);
  const betaOnly = { ...good, max_tokens: 1, context_management: { edits: [] } };
  assert.equal(specs.messagesRequest(betaOnly, false).length, 1);
  assert.deepEqual(specs.messagesRequest(betaOnly, true), []);
});

const tool = { name: "t", description: "d", schema: { type: "object", properties: { a: { type: "string" } }, required: ["a"] } };

test("what the simulator serves conforms to the specifications, whole and streamed", { skip }, async () => {
  const specs = await loadSpecs(directory);
  const simulator = await startSimulator({ specsDir: directory });
  const post = (path: string, body: object) =>
    rawRequest(
      simulator.port,
      path,
      { "anthropic-version": "2023-06-01", "content-type": "application/json" },
      JSON.stringify(body),
    );
  const messages = [{ role: "user", content: "one two" }];
  const chatTools = [{ type: "function", function: { name: tool.name, parameters: tool.schema } }];
  const messagesTools = [{ name: tool.name, input_schema: tool.schema }];
  for (const model of ["echo", "reasoner", "reasoner-redacted", "parallel", "refuser", "filtered"]) {
    for (const tools of [false, true]) {
      const chat = { model, messages, ...(tools && { tools: chatTools }) };
      const whole = await post("/v1/chat/completions", { ...chat, logprobs: true, top_logprobs: 1 });
      assert.deepEqual(specs.openai.check("CreateChatCompletionResponse")(JSON.parse(whole.body.toString())), [], model);
      const stream = await post("/v1/chat/completions", { ...chat, stream: true, stream_options: { include_usage: true } });
      for (const chunk of dataOf(stream.body))
        assert.deepEqual(specs.openai.check("CreateChatCompletionStreamResponse")(chunk), [], model);
      const params = { model, messages, max_tokens: 99, ...(tools && { tools: messagesTools }) };
      const message = await post("/v1/messages", params);
      assert.deepEqual(specs.anthropic.check("Message")(JSON.parse(message.body.toString())), [], model);
      for (const event of dataOf((await post("/v1/messages", { ...params, stream: true })).body)) {
        assert.deepEqual(isPing(event) ? [] : specs.anthropic.check("MessageStreamEvent")(event), [], JSON.stringify(event));
      }
    }
  }
  await simulator.close();
});

function dataOf(body: Buffer): readonly Json[] {
  const text = Buffer.concat(unchunk(body).pieces).toString();
  const lines = text.split("\n").filter((line) => line.startsWith("data: ") && line !== "data: [DONE]");
  assert.ok(lines.length > 2, text);
  return lines.map((line) => {
    const value: Json = JSON.parse(line.slice(6));
    return value;
  });
}

const isPing = (event: Json): boolean => JSON.stringify(event) === '{"type":"ping"}';
