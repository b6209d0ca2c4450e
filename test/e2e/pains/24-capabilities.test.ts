import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { obj, objects, parseJson } from "../../conformance/json.ts";
import { type FourWires, pairs, providerOf, startFourWires, type WireName, wireNames } from "./kit/four-wires.ts";
import { told } from "./kit/told.ts";

/*
 * #24: what a model cannot take is refused by name or left out aloud; limits are kept to. What is relayed is between the caller
 * and the API it was written for: its names, ids and settings pass as they came. The betas of Bedrock and Vertex belong to their
 * providers' issue; further words of policy are in ../capabilities.test.ts.
 */

const hi: { readonly [wire in WireName]: JsonObject } = {
  "openai-chat": { messages: [{ role: "user", content: "hi" }] },
  "openai-responses": { input: "hi" },
  "anthropic-messages": { messages: [{ role: "user", content: "hi" }] },
  gemini: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
};

const withTemperature = (caller: WireName): JsonObject =>
  caller === "gemini" ? { ...hi[caller], generationConfig: { temperature: 0.3 } } : { ...hi[caller], temperature: 0.3 };

/** Models that think always, and take no temperature. */
const fixed: { readonly [upstream in WireName]?: readonly string[] } = {
  "openai-chat": ["oai/gpt-5", "oai/o3-mini", "oai/openai/gpt-5-nano"],
  "openai-responses": ["res/gpt-5", "res/o4-mini-2025-04-16"],
  "anthropic-messages": ["ant/claude-opus-5"],
};
const free: { readonly [upstream in WireName]: readonly string[] } = {
  "openai-chat": ["oai/gpt-5.4-nano", "oai/gpt-4o", "oai/gpt-5-chat-latest"],
  "openai-responses": ["res/gpt-5.4-nano"],
  "anthropic-messages": ["ant/claude-sonnet-4-5"],
  gemini: ["gem/gemini-2.5-flash"],
};

describe("#24: capability limits", { timeout: 60_000 }, () => {
  let stack: FourWires;
  before(async () => {
    stack = await startFourWires({ yaml: 'strict: "false"' });
  });
  after(() => stack.close());

  const received = (): number => stack.provider.journal.received;

  for (const { caller, upstream } of pairs) {
    if (caller === upstream) continue;

    const place = caller === "gemini" ? "generationConfig.temperature" : "temperature";

    test(`#24 (a): temperature to a model without it: ${caller} → ${upstream}`, async () => {
      for (const model of fixed[upstream] ?? []) {
        const count = received();
        const strict = { headers: { "x-polygate-strict": "true" } };
        const refused = await stack.post(caller, model, withTemperature(caller), strict);
        assert.equal(refused.status, 400, refused.text);
        assert.match(String(obj(obj(parseJson(refused.text))["error"])["message"]), new RegExp(`^\`${place}\` cannot`));
        assert.equal(received(), count, "the provider was called");

        const lenient = await stack.post(caller, model, withTemperature(caller));
        assert.equal(lenient.status, 200, lenient.text);
        assert.match(lenient.headers["x-polygate-warnings"] ?? "", new RegExp(`temperature_dropped at=${place}`));
        assert.equal(stack.sent()["temperature"], undefined);
      }
      for (const model of free[upstream]) {
        const answer = await stack.post(caller, model, withTemperature(caller));
        assert.doesNotMatch(answer.headers["x-polygate-warnings"] ?? "", /temperature/);
        const { temperature, generationConfig } = stack.sent();
        assert.equal(temperature ?? obj(generationConfig)["temperature"], 0.3);
      }
    });

    test(`#24 (d): a tool name of 71 characters and a call id of 60, over two turns: ${caller} → ${upstream}`, async () => {
      const name = `mcp__${"very_long_server_name_".repeat(3)}`;
      assert.equal(name.length, 71);
      const model = `${providerOf[upstream]}/unsigned`;
      const first = await stack.post(caller, model, { ...hi[caller], ...offered[caller](name) });
      assert.equal(first.status, 200, first.text);
      assert.deepEqual(stack.provider.journal.entries.at(-1)?.errors, []);
      const sent = JSON.stringify(stack.sent());
      assert.ok(!sent.includes(name), sent);
      const made = (await told(caller, first, false)).calls;
      assert.deepEqual(
        made.map((call) => call.name),
        [name],
      );
      for (const id of [made[0]?.id ?? "", "c".repeat(60)]) {
        const second = await stack.post(caller, model, { ...answered[caller](name, id), ...offered[caller](name) });
        assert.equal(second.status, 200, second.text);
        assert.deepEqual(stack.provider.journal.entries.at(-1)?.errors, []);
        const { text } = await told(caller, second, false);
        assert.match(text, /done/);
        const again = JSON.stringify(stack.sent());
        assert.ok(!again.includes(name));
        if (upstream === "openai-chat") assert.ok(!again.includes("c".repeat(41)), "an id longer than OpenAI takes");
      }
    });
  }

  for (const caller of wireNames) {
    if (caller === "anthropic-messages") continue;
    test(`#24 (b): no limit from ${caller} to Anthropic: the model's own maximum is sent`, async () => {
      for (const [model, most] of [
        ["claude-opus-4-5-20251101", 64_000],
        ["claude-3-5-haiku-20241022", 8192],
      ] as const) {
        const answer = await stack.post(caller, `ant/${model}`, hi[caller]);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(stack.sent()["max_tokens"], most);
      }
    });
  }

  test("#24 (c): an unknown beta goes to Anthropic, and nowhere else", async () => {
    const options = { headers: { "anthropic-beta": "things-to-come-2031-01-01" } };
    const body = { ...hi["anthropic-messages"], max_tokens: 9 };
    const headers = () => stack.provider.journal.entries.at(-1)?.headers["anthropic-beta"];
    await stack.post("anthropic-messages", "ant/echo", body, options);
    assert.equal(headers(), "things-to-come-2031-01-01");
    for (const upstream of ["openai-chat", "openai-responses", "gemini"] as const) {
      const answer = await stack.post("anthropic-messages", `${providerOf[upstream]}/echo`, body, options);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(headers(), undefined);
      assert.doesNotMatch(JSON.stringify(stack.sent()), /things-to-come/);
      assert.match(answer.headers["x-polygate-warnings"] ?? "", /beta/);
    }
  });
});

const parameters = { type: "object", properties: {} };

const offered: { readonly [wire in WireName]: (name: string) => JsonObject } = {
  "openai-chat": (name) => ({ tools: [{ type: "function", function: { name, parameters } }] }),
  "openai-responses": (name) => ({ tools: [{ type: "function", name, parameters, strict: false }] }),
  "anthropic-messages": (name) => ({ tools: [{ name, input_schema: parameters }] }),
  gemini: (name) => ({ tools: [{ functionDeclarations: [{ name, parametersJsonSchema: parameters }] }] }),
};

/** The second turn, as a caller sends it that echoes the call. */
const answered: { readonly [wire in WireName]: (name: string, id: string) => JsonObject } = {
  "openai-chat": (name, id) => ({
    messages: [
      ...objects(hi["openai-chat"]["messages"]),
      { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: { name, arguments: "{}" } }] },
      { role: "tool", tool_call_id: id, content: "done" },
    ],
  }),
  "openai-responses": (name, id) => ({
    input: [
      { role: "user", content: "hi" },
      { type: "function_call", call_id: id, name, arguments: "{}" },
      { type: "function_call_output", call_id: id, output: "done" },
    ],
  }),
  "anthropic-messages": (name, id) => ({
    messages: [
      ...objects(hi["anthropic-messages"]["messages"]),
      { role: "assistant", content: [{ type: "tool_use", id, name, input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "done" }] },
    ],
  }),
  gemini: (name, id) => ({
    contents: [
      ...objects(hi.gemini["contents"]),
      { role: "model", parts: [{ functionCall: { id, name, args: {} } }] },
      { role: "user", parts: [{ functionResponse: { id, name, response: { output: "done" } } }] },
    ],
  }),
};
