import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, generateText, isStepCount, type ModelMessage, streamText, tool } from "ai";
import { z } from "zod";
import { isArray, isObject, type Json } from "../../../src/canonical/json.ts";
import { forgetful, type Remembering, startRemembering } from "./gateway.ts";

/*
 * The Vercel AI SDK as most programs use it, `createOpenAI()(model)`: from the second step on it names its model's earlier
 * thoughts, texts and calls by the ids of their items.
 */

let gateway: Remembering;
before(async () => {
  gateway = await startRemembering();
});
after(() => gateway.close());

const left: string[] = [];
const tools = {
  get_weather: tool({
    inputSchema: z.object({ city: z.string() }),
    execute: () => left.shift() ?? "too many calls",
  }),
};

async function work(model: string, streamed: boolean, messages: ModelMessage[], thinks: boolean) {
  const options = {
    model: createOpenAI({ baseURL: `${gateway.address}/v1`, apiKey: gateway.key })(model),
    messages,
    tools,
    maxRetries: 0,
    stopWhen: isStepCount(8),
    // A bare name of OpenAI's would tell the SDK that its model reasons; ours do not look like one.
    ...(thinks && { providerOptions: { openai: { forceReasoning: true, reasoningSummary: "auto" } } }),
  };
  const result = streamed ? streamText({ ...options, onError: () => {} }) : await generateText(options);
  if ("stream" in result) {
    for await (const piece of result.stream) if (piece.type === "error") throw piece.error;
  }
  messages.push(...(await result.responseMessages));
  return await result.steps;
}

const texts = (value: Json | undefined): string => JSON.stringify(value);

/** What the provider was asked: nothing that only the gateway knows may be among it. */
function asked(from: number): readonly (Json | undefined)[] {
  const bodies = gateway.simulator.journal.entries.slice(from).map(({ body }) => body);
  for (const body of bodies) assert.doesNotMatch(texts(body), /item_reference|"rs_[0-9a-f]{32}_\d/);
  return bodies;
}

for (const provider of forgetful) {
  describe(`tools in three steps, twice, at ${provider}`, () => {
    for (const streamed of [false, true]) {
      for (const thinks of [false, true]) {
        test(`${thinks ? "with thoughts" : "plainly"}${streamed ? ", streamed" : ""}`, async () => {
          const from = gateway.simulator.journal.entries.length;
          left.splice(0, left.length, "one, ask again", "two", "three");
          const messages: ModelMessage[] = [{ role: "user", content: "Weather in Oslo?" }];
          const model = `${provider}/${thinks ? "thinking-agent" : "agent"}`;
          const first = await work(model, streamed, messages, thinks);
          assert.deepEqual(
            first.map(({ toolCalls }) => toolCalls.length),
            [1, 1, 0],
          );
          assert.match(first[2]?.text ?? "", /two/);
          if (thinks && provider !== "gem") assert.ok(first.every(({ reasoning }) => reasoning.length > 0));
          messages.push({ role: "user", content: "And tomorrow?" });
          const second = await work(model, streamed, messages, thinks);
          assert.match(second[1]?.text ?? "", /three/);
          const bodies = asked(from);
          assert.equal(bodies.length, 5);
          // The whole conversation goes there each time: an answer's text, the calls and their results.
          const last = texts(bodies.at(-1));
          for (const said of ["Weather in Oslo?", "one, ask again", "two", "And tomorrow?", "three", "The tools say"])
            assert.ok(last.includes(said), `${said} in ${last}`);
        });
      }
    }
  });
}

test("thoughts go back to their maker as it signed them, and to nobody else", async () => {
  for (const streamed of [false, true]) {
    left.splice(0, left.length, "one, ask again", "two", "three");
    const from = gateway.simulator.journal.entries.length;
    const messages: ModelMessage[] = [{ role: "user", content: "Weather in Oslo?" }];
    await work("ant/thinking-agent", streamed, messages, true);
    const signed = asked(from).map((body) => [...texts(body).matchAll(/"signature":"([^"]+)"/g)].map(([, one]) => one));
    assert.deepEqual(
      signed.map(({ length }) => length),
      [0, 1, 2],
    );
    assert.equal(signed[1]?.[0], signed[2]?.[0]);
    messages.push({ role: "user", content: "And tomorrow?" });
    for (const other of ["gem", "chat", "res"]) {
      left.splice(0, left.length, "three", "four");
      const before = gateway.simulator.journal.entries.length;
      const steps = await work(`${other}/agent`, streamed, [...messages], false);
      assert.match(steps.at(-1)?.text ?? "", /three/);
      for (const body of asked(before).slice(0, 1)) {
        assert.doesNotMatch(texts(body), /"signature"|encrypted_content|"type":"reasoning"/);
        assert.match(texts(body), /Weather in Oslo\?.*one, ask again.*two.*And tomorrow\?/s);
      }
    }
  }
});

test("parallel calls are named each for itself", async () => {
  const { responses } = gateway.dev;
  const offered = ["a", "b"].map((name) => ({ type: "function" as const, name, parameters: { type: "object" }, strict: false }));
  for (const provider of [...forgetful]) {
    const model = `${provider}/parallel`;
    const first = await responses.create({ model, input: "go", tools: offered });
    const calls = first.output.filter((item) => item.type === "function_call");
    assert.equal(calls.length, 2);
    const user = { role: "user" as const, content: "go" };
    const results = calls.map(({ call_id }) => ({ type: "function_call_output" as const, call_id, output: `of ${call_id}` }));
    const references = first.output.map(({ id }) => ({ type: "item_reference" as const, id: id ?? "" }));
    // Named twice, it was said once.
    const next = await responses.create({ model, tools: offered, input: [user, ...references, ...references, ...results] });
    for (const { call_id } of calls) assert.match(next.output_text, new RegExp(`of ${call_id}`));
    const other = gateway.ops.responses.create({ model, tools: offered, input: [user, ...references, ...results] });
    await assert.rejects(other, /^(?:Error|NotFoundError): 404 Item with id '.*' not found\..*Send the whole conversation/);
    const count = responses.inputTokens.count({ model, input: [user, ...references, ...results] });
    assert.ok((await count).input_tokens > 10);
  }
});

test("items that are forgotten are not found, and no provider is asked", async () => {
  left.splice(0, left.length, "one, ask again", "two", "three");
  const messages: ModelMessage[] = [{ role: "user", content: "Weather in Oslo?" }];
  await work("ant/agent", false, messages, false);
  messages.push({ role: "user", content: "And tomorrow?" });
  gateway.wait(3_601_000);
  for (const provider of ["ant", "res"]) {
    const before = gateway.simulator.journal.entries.length;
    await assert.rejects(work(`${provider}/agent`, false, messages, false), (error) => {
      assert.ok(APICallError.isInstance(error), String(error));
      assert.equal(error.statusCode, 404);
      assert.match(error.message, /^Item with id '\w+' not found\..*Send the whole conversation/);
      return true;
    });
    assert.equal(gateway.simulator.journal.entries.length, before);
  }
});

test("items that a provider keeps go to it as their caller named them", async () => {
  left.splice(0, left.length, "one, ask again", "two", "three");
  const from = gateway.simulator.journal.entries.length;
  await work("res/thinking-agent", false, [{ role: "user", content: "Weather in Oslo?" }], true);
  const last = gateway.simulator.journal.entries.slice(from).at(-1)?.body;
  const input = isObject(last) && isArray(last["input"]) ? last["input"] : [];
  assert.equal(input.filter((item) => isObject(item) && item["type"] === "item_reference").length, 2);
});
