import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { type FourWires, pairs, providerOf, startFourWires, type WireName } from "../pains/kit/four-wires.ts";
import { told } from "../pains/kit/told.ts";

const mail = "jane.doe@example.com";
const phone = "+49 151 23456789";
const said = `Write to ${mail} or call ${phone}, not <EMAIL_9>.`;

const schema = {
  type: "object",
  properties: { to: { type: "string", enum: [mail] } },
  required: ["to"],
  additionalProperties: false,
};

const asks: { readonly [wire in WireName]: (text: string, tools: boolean) => JsonObject } = {
  "openai-chat": (content, tools) => ({
    messages: [{ role: "user", content }],
    ...(tools && { tools: [{ type: "function", function: { name: "send", parameters: schema } }] }),
  }),
  "openai-responses": (input, tools) => ({
    input,
    ...(tools && { tools: [{ type: "function", name: "send", parameters: schema, strict: false }] }),
  }),
  "anthropic-messages": (content, tools) => ({
    messages: [{ role: "user", content }],
    ...(tools && { tools: [{ name: "send", input_schema: schema }] }),
  }),
  gemini: (text, tools) => ({
    contents: [{ role: "user", parts: [{ text }] }],
    ...(tools && { tools: [{ functionDeclarations: [{ name: "send", parametersJsonSchema: schema }] }] }),
  }),
};

describe("personal data is masked for the provider, and not for the caller", { timeout: 110_000 }, () => {
  let gateway: FourWires;
  before(async () => {
    gateway = await startFourWires({ yaml: "guards: { input: { pii: mask }, output: { pii: redact } }" });
  });
  after(() => gateway.close());

  const unseen = (): string => {
    const sent = JSON.stringify(gateway.sent());
    assert.ok(!sent.includes("jane") && !sent.includes("23456789"), sent);
    return sent;
  };

  for (const { caller, upstream } of pairs) {
    for (const stream of [false, true]) {
      it(`${caller} to ${upstream}, ${stream ? "stream" : "whole"}`, async () => {
        const model = `${providerOf[upstream]}/echo`;
        const answer = await gateway.post(caller, model, asks[caller](said, false), { stream });
        assert.equal(answer.status, 200, answer.text);
        assert.equal((await told(caller, answer, stream)).text, said);
        assert.ok(unseen().includes("Write to <EMAIL_1> or call <PHONE_1>, not <EMAIL_9>."));
        assert.match(answer.headers["x-polygate-warnings"] ?? "", /guard_pii_masked at=/);

        const called = await gateway.post(caller, model, asks[caller]("Go on.", true), { stream });
        assert.deepEqual(
          (await told(caller, called, stream)).calls.map(({ args }) => args),
          [{ to: mail }],
        );
        assert.ok(unseen().includes("<EMAIL_1>"));
      });
    }
  }

  it("the same stand-ins with every turn, in the order of the conversation", async () => {
    const turns = (more: readonly JsonObject[]): JsonObject => ({ messages: [{ role: "user", content: said }, ...more] });
    await gateway.post("openai-chat", "ant/echo", turns([]));
    const first = JSON.stringify(gateway.sent());
    const answer = await gateway.post(
      "openai-chat",
      "ant/echo",
      turns([
        { role: "assistant", content: said },
        { role: "user", content: `And joe@example.org? ${mail}` },
      ]),
    );
    const second = unseen();
    assert.ok(first.includes("<EMAIL_1> or call <PHONE_1>") && second.includes("<EMAIL_1> or call <PHONE_1>"));
    assert.ok(second.includes("And <EMAIL_2>? <EMAIL_1>"), second);
    assert.equal((await told("openai-chat", answer, false)).text, `And joe@example.org? ${mail}`);
  });

  it("a conversation that is kept for the caller is masked anew as a whole", async () => {
    const one = await gateway.post("openai-responses", "ant/echo", { input: said });
    const { id } = JSON.parse(one.text);
    const two = await gateway.post("openai-responses", "ant/echo", { input: "And joe@example.org?", previous_response_id: id });
    assert.equal((await told("openai-responses", two, false)).text, "And joe@example.org?");
    const sent = unseen();
    assert.equal(sent.split("<EMAIL_1> or call <PHONE_1>").length, 3, sent);
    assert.ok(sent.includes("And <EMAIL_2>?"), sent);
  });

  it("one that the provider keeps gets stand-ins that are no others'", async () => {
    const one = await gateway.post("openai-responses", "res/echo", { input: said, store: true });
    const { id } = JSON.parse(one.text);
    const two = await gateway.post("openai-responses", "res/echo", { input: "And joe@example.org?", previous_response_id: id });
    assert.match(unseen(), /And <EMAIL_[a-z0-9]{4}_1>\?/);
    assert.equal((await told("openai-responses", two, false)).text, "And joe@example.org?");
  });

  it("embeddings are made of the masked text", async () => {
    const answer = await gateway.post("openai-chat", "oai/e", { input: [said] }, { path: "/v1/embeddings" });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(unseen().includes("Write to <EMAIL_1>"));
  });

  it("the answer's schema holds for what the caller gets", async () => {
    const format = {
      type: "json_schema",
      json_schema: { name: "a", schema: { ...schema, properties: { to: { type: "string", enum: [mail], format: "email" } } } },
    };
    const answer = await gateway.post("openai-chat", "ant/echo", {
      messages: [{ role: "user", content: "hi" }],
      response_format: format,
    });
    assert.equal((await told("openai-chat", answer, false)).text, JSON.stringify({ to: mail }));
    assert.doesNotMatch(answer.headers["x-polygate-warnings"] ?? "", /schema_violation/);
    unseen();
  });
});
