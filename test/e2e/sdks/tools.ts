import assert from "node:assert/strict";
import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { assertFinish, type Check, type Context } from "./check.ts";
import type { WireName } from "./driver.ts";
import { clock, inventedTime, inventedWeather, weather } from "./material.ts";

/* Conversations with tools, as the SDKs' users have them. */

const results = ["minus four, ask again", "minus five", "plus six"];

/** Two prompts; the first takes two calls one after the other, the second one. */
async function converse(context: Context, stream: boolean, thinking: boolean): Promise<void> {
  const { driver, place, model } = context;
  const left = [...results];
  const steps = await driver.work(place, {
    model: model(thinking ? "thinking-agent" : "agent"),
    stream,
    thinking,
    prompts: ["Weather in Oslo?", "And tomorrow?"],
    tools: [weather],
    run: () => left.shift() ?? "too many calls",
  });
  const call = [{ name: "get_weather", args: inventedWeather }];
  assert.deepEqual(
    steps.map(({ calls }) => calls),
    [call, call, [], call, []],
  );
  // Some SDKs wrap a result in an object of their own.
  assert.match(steps[2]?.text ?? "", /^The tools say: get_weather -> .*minus five/);
  assert.match(steps[4]?.text ?? "", /^The tools say: get_weather -> .*plus six/);
  for (const { finish, calls } of steps) assertFinish(context, finish, calls.length > 0 ? "tools" : "stop");
  assert.equal(context.received().length, 5);
  if (!thinking || !showsThoughts(driver.wire, context.upstream)) return;
  assert.ok(
    steps.every(({ thought }) => thought),
    "what the model thought is shown",
  );
}

/** Whether an upstream tells thoughts that its caller has asked for: not all wires can ask all upstreams for them. */
function showsThoughts(caller: WireName, upstream: WireName): boolean {
  switch (upstream) {
    case "openai-chat":
    case "anthropic-messages":
      return true;
    case "openai-responses":
      // Thoughts are summed up for those who ask for it, and only some may.
      return caller === "openai-responses" || caller === "gemini";
    case "gemini":
      // What has it think differs by model, and nothing is known of the simulator's.
      return caller === "gemini";
  }
}

const turns = (stream: boolean): Check => ({
  name: stream ? "three turns, streamed" : "three turns",
  run: (context) => converse(context, stream, false),
});

/** The upstream verifies each signature it is shown; here it is seen that it is shown each, and the same one on every turn. */
const signed = (stream: boolean): Check => ({
  name: stream ? "signatures, streamed" : "signatures",
  async run(context) {
    await converse(context, stream, true);
    // Chat Completions has no signatures, and who only names what was said before shows none.
    if (context.upstream === "openai-chat" || context.driver.sendsOnlyNew === true) return;
    const shown = context.received().map(({ body }) => signatures(context.upstream, isObject(body) ? body : {}));
    assert.deepEqual(
      shown.map((one) => one.map((signature) => signature !== undefined && signature !== "")),
      [[], [true], [true, true], [true, true], [true, true, true]],
      "each call comes back with its signature",
    );
    for (const [i, one] of shown.entries())
      assert.deepEqual(one, shown.at(-1)?.slice(0, one.length), `request ${i} shows the same as the last`);
  },
});

/** The signature that stands before each turn that makes calls, oldest first. */
function signatures(wire: WireName, body: JsonObject): readonly (Json | undefined)[] {
  switch (wire) {
    case "openai-chat":
      return [];
    case "anthropic-messages":
      return objects(body["messages"])
        .map((message) => objects(message["content"]))
        .filter((blocks) => blocks.some((block) => block["type"] === "tool_use"))
        .map((blocks) => blocks.find((block) => block["type"] === "thinking")?.["signature"]);
    case "openai-responses": {
      const items = objects(body["input"]);
      return items.flatMap((item, i) => (item["type"] === "function_call" ? [thoughtOf(items[i - 1])] : []));
    }
    case "gemini":
      return objects(body["contents"])
        .flatMap((content) => objects(content["parts"]))
        .filter((part) => part["functionCall"] !== undefined)
        .map((part) => part["thoughtSignature"]);
  }
}

/** What is kept at the provider is named by its id. */
const thoughtOf = (item: JsonObject | undefined): Json | undefined =>
  item?.["type"] === "item_reference" ? item["id"] : item?.["encrypted_content"];

const objects = (value: Json | undefined): readonly JsonObject[] => (isArray(value) ? value.filter(isObject) : []);

const parallel = (stream: boolean): Check => ({
  name: stream ? "parallel, streamed" : "parallel",
  async run(context) {
    const { driver, place, model } = context;
    const [first, second, ...more] = await driver.work(place, {
      model: model("parallel"),
      stream,
      thinking: false,
      prompts: ["Weather and time in Oslo?"],
      tools: [weather, clock],
      run: ({ name }) => `result of ${name}`,
    });
    assert.deepEqual(more, []);
    assert.deepEqual(first?.calls, [
      { name: "get_weather", args: inventedWeather },
      { name: "get-time", args: inventedTime },
    ]);
    assertFinish(context, first.finish, "tools");
    assert.match(
      second?.text ?? "",
      /^The tools say: get_weather -> .*result of get_weather.*; get-time -> .*result of get-time/,
    );
    assertFinish(context, second?.finish, "stop");
  },
});

export const tools: readonly Check[] = [turns(false), turns(true), signed(false), signed(true), parallel(false), parallel(true)];
