import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { obj, objects, parseJson } from "../../conformance/json.ts";
import { type FourWires, pairs, providerOf, startFourWires, type WireName } from "./kit/four-wires.ts";
import { told } from "./kit/told.ts";

/*
 * #23: a schema for the answer, beside tools and thinking, between all wires. Fences and broken JSON are in ../json-output.test.ts,
 * the words of strictness in ../capabilities.test.ts. Ollama's and Bedrock's ways belong to their providers' issue.
 */

const bounded: JsonObject = {
  type: "object",
  properties: { code: { type: "string", minLength: 2, maxLength: 40, pattern: "^sample" }, n: { type: "integer" } },
  required: ["code", "n"],
  additionalProperties: false,
};
const plain: JsonObject = { ...bounded, properties: { n: { type: "integer" } }, required: ["n"] };
const parameters = { type: "object", properties: {} };

interface Ask {
  readonly schema: JsonObject;
  readonly tools: boolean;
  readonly thinking: boolean;
}

const ask: { readonly [wire in WireName]: (ask: Ask) => JsonObject } = {
  "openai-chat": ({ schema, tools, thinking }) => ({
    messages: [{ role: "user", content: "hi" }],
    response_format: { type: "json_schema", json_schema: { name: "form", schema } },
    ...(tools && { tools: [{ type: "function", function: { name: "look", parameters } }] }),
    ...(thinking && { reasoning_effort: "high" }),
  }),
  "openai-responses": ({ schema, tools, thinking }) => ({
    input: "hi",
    text: { format: { type: "json_schema", name: "form", schema, strict: false } },
    ...(tools && { tools: [{ type: "function", name: "look", parameters, strict: false }] }),
    ...(thinking && { reasoning: { effort: "high" } }),
  }),
  "anthropic-messages": ({ schema, tools, thinking }) => ({
    max_tokens: 4000,
    messages: [{ role: "user", content: "hi" }],
    output_config: { format: { type: "json_schema", schema } },
    ...(tools && { tools: [{ name: "look", input_schema: parameters }] }),
    ...(thinking && { thinking: { type: "enabled", budget_tokens: 2000 } }),
  }),
  gemini: ({ schema, tools, thinking }) => ({
    contents: [{ role: "user", parts: [{ text: "hi" }] }],
    generationConfig: {
      responseMimeType: "application/json",
      responseJsonSchema: schema,
      ...(thinking && { thinkingConfig: { thinkingLevel: "high", includeThoughts: true } }),
    },
    ...(tools && { tools: [{ functionDeclarations: [{ name: "look", parametersJsonSchema: parameters }] }] }),
  }),
};

/** What a provider was sent of the schema, and how it was told about tools. */
const sentAs: { readonly [wire in WireName]: (sent: JsonObject) => { readonly schema: JsonObject; readonly choice: unknown } } = {
  "openai-chat": (sent) => ({
    schema: obj(obj(obj(sent["response_format"])["json_schema"])["schema"]),
    choice: sent["tool_choice"],
  }),
  "openai-responses": (sent) => ({ schema: obj(obj(obj(sent["text"])["format"])["schema"]), choice: sent["tool_choice"] }),
  "anthropic-messages": (sent) => ({
    schema: obj(obj(obj(sent["output_config"])["format"])["schema"]),
    choice: sent["tool_choice"],
  }),
  gemini: (sent) => {
    const config = obj(sent["generationConfig"]);
    return {
      schema: obj(config["responseJsonSchema"] ?? config["responseSchema"]),
      choice: obj(obj(sent["toolConfig"])["functionCallingConfig"])["mode"],
    };
  },
};
/** Models that take all of it at once. */
const models = {
  "openai-chat": "echo",
  "openai-responses": "echo",
  "anthropic-messages": "claude-opus-5",
  gemini: "gemini-3-flash",
};

describe("#23: an answer's schema", { timeout: 60_000 }, () => {
  let stack: FourWires;
  before(async () => {
    stack = await startFourWires();
  });
  after(() => stack.close());

  for (const { caller, upstream } of pairs) {
    const route = `${caller} → ${upstream}`;
    const model = `${providerOf[upstream]}/${models[upstream]}`;

    test(`#23: with tools and thinking: both arrive, no tool is forced: ${route}`, async () => {
      const body = ask[caller]({ schema: bounded, tools: true, thinking: true });
      const answer = await stack.post(caller, model, body);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(stack.provider.journal.entries.at(-1)?.errors, []);
      const { schema, choice } = sentAs[upstream](stack.sent());
      assert.deepEqual(Object.keys(obj(schema["properties"])), ["code", "n"]);
      assert.match(String(choice ?? "auto"), /^auto$/i);
      const tools = objects(stack.sent()["tools"]).flatMap((tool) => [
        tool["name"],
        obj(tool["function"])["name"],
        ...objects(tool["functionDeclarations"]).map(({ name }) => name),
      ]);
      assert.deepEqual(
        tools.filter((name) => name !== undefined),
        ["look"],
      );
    });

    test(`#23: minLength and pattern are taken, and the stream is one JSON document: ${route}`, async () => {
      const body = ask[caller]({ schema: bounded, tools: false, thinking: false });
      for (const stream of [true, false]) {
        const answer = await stack.post(caller, model, body, { stream });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(stack.provider.journal.entries.at(-1)?.errors, []);
        const value = obj(parseJson((await told(caller, answer, stream)).text));
        assert.equal(typeof value["code"], "string", answer.text);
        assert.equal(typeof value["n"], "number");
      }
    });

    test(`#23: an answer that breaks it is a schema_violation for strict calls: ${route}`, async () => {
      const body = ask[caller]({ schema: plain, tools: false, thinking: false });
      const off = `${providerOf[upstream]}/off-schema`;
      const lenient = await stack.post(caller, off, body);
      assert.equal(lenient.status, 200, lenient.text);
      assert.match(lenient.headers["x-polygate-warnings"] ?? "", /schema_violation/);
      const headers = { "x-polygate-strict": "true" };
      const limited = caller === "anthropic-messages" || upstream !== "anthropic-messages" ? {} : limits[caller];
      const strict = await stack.post(caller, off, merged(body, limited), { headers });
      assert.equal(strict.status, 422, strict.text);
      assert.match(strict.text, /schema_violation|schema/i);
    });
  }
});

/** Anthropic demands a limit, and making one up is a loss that a strict call refuses. */
const limits: { readonly [wire in Exclude<WireName, "anthropic-messages">]: JsonObject } = {
  "openai-chat": { max_completion_tokens: 900 },
  "openai-responses": { max_output_tokens: 900 },
  gemini: { generationConfig: { maxOutputTokens: 900 } },
};

const merged = (body: JsonObject, more: JsonObject): JsonObject => ({
  ...body,
  ...more,
  ...(body["generationConfig"] !== undefined && {
    generationConfig: { ...obj(body["generationConfig"]), ...obj(more["generationConfig"]) },
  }),
});
