import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { cancelled, finished } from "../../canonical/terminal.ts";
import type { Target } from "../wire.ts";
import { chat, delta, events, sourceOf, target } from "./testing/setting.ts";

const hi: Json = [{ role: "user", content: "hi" }];

function pass(body: JsonObject, over: Partial<Target> = {}, gap = "") {
  const { wireRequest, warnings, relay } = chat.relay(sourceOf({ messages: hi, ...body }, gap), target(over));
  assert.ok(Array.isArray(wireRequest.body));
  const text = Buffer.concat(wireRequest.body).toString("utf8");
  const sent: JsonObject = JSON.parse(text);
  return { text, sent, codes: warnings.map((warning) => warning.at), relay };
}

describe("the caller's bytes", () => {
  it("are passed on but for the model", () => {
    const { text } = pass({ model: "alias", temperature: 1, unknown: { a: [null] } }, { model: "gpt-5" }, " ");
    assert.equal(
      text,
      '{ "messages" : [{"role":"user","content":"hi"}] , "model" : "gpt-5" , "temperature" : 1 , "unknown" : {"a":[null]} }',
    );
    assert.equal(pass({ model: "gpt-5" }).text, '{"messages":[{"role":"user","content":"hi"}],"model":"gpt-5"}');
  });

  it("ask for the usage of a stream, keeping other options", () => {
    const { sent } = pass({ model: "m", stream: true, stream_options: { include_obfuscation: false } }, { stream: true });
    assert.deepEqual(sent["stream_options"], { include_obfuscation: false, include_usage: true });
    assert.deepEqual(pass({ model: "m", stream: true }, { stream: true }).sent["stream_options"], { include_usage: true });
    const refused = pass(
      { model: "m", stream: true, stream_options: { include_usage: true } },
      { stream: true, quirks: { streamUsage: false } },
    );
    assert.deepEqual([refused.sent["stream_options"], refused.codes], [undefined, ["stream_options"]]);
  });

  it("tell a schema in words to a provider that knows none (#23)", () => {
    const schema = { type: "object", properties: { a: { type: "string" } } };
    const response_format = { type: "json_schema", json_schema: { name: "n", schema, strict: true } };
    const quirks = { schemaOutput: false };
    const { sent, codes } = pass(
      { model: "m", response_format, tools: [{ type: "function", function: { name: "f" } }] },
      { quirks },
    );
    assert.deepEqual(sent["response_format"], { type: "json_object" });
    const [told, asked] = Array.isArray(sent["messages"]) ? sent["messages"] : [];
    assert.ok(told.role === "system" && told.content.includes(JSON.stringify(schema)));
    assert.deepEqual(asked, { role: "user", content: "hi" });
    assert.deepEqual(sent["tools"], [{ type: "function", function: { name: "f" } }]);
    assert.deepEqual(codes, ["response_format"]);
    assert.deepEqual(pass({ model: "m", response_format }).sent["response_format"], response_format);
  });

  it("are edited for the provider's quirks", () => {
    const quirks = { maxTokensField: "max_tokens", developerRole: false, drop: ["seed"] } as const;
    const { sent, codes } = pass(
      {
        model: "m",
        max_completion_tokens: 9,
        seed: 1,
        messages: [
          { role: "developer", content: "d" },
          { role: "user", content: "u" },
        ],
      },
      { quirks },
    );
    assert.deepEqual([sent["max_tokens"], sent["max_completion_tokens"], sent["seed"]], [9, undefined, undefined]);
    assert.deepEqual(sent["messages"], [
      { role: "system", content: "d" },
      { role: "user", content: "u" },
    ]);
    assert.deepEqual(codes, ["seed", "messages"]);
    assert.equal(pass({ model: "m", max_tokens: 5, max_completion_tokens: 9 }, { quirks }).sent["max_tokens"], 5);
  });
});

describe("what a relay sees", () => {
  const open = (body: JsonObject = {}) => pass({ model: "m", stream: true, ...body }, { stream: true }).relay;
  const content: readonly (readonly [what: string, delta: JsonObject, is: boolean])[] = [
    ["a role", { role: "assistant" }, false],
    ["a role and nothing said", { role: "assistant", content: "", refusal: null, tool_calls: null }, false],
    ["empty lists", { tool_calls: [], reasoning_details: [], annotations: [] }, false],
    ["empty objects", { function_call: { name: "", arguments: "" }, audio: {} }, false],
    ["text", { content: "a" }, true],
    ["a call", { tool_calls: [{ index: 0, id: "a", function: { name: "f" } }] }, true],
    ["legacy call", { function_call: { name: "f", arguments: "" } }, true],
    ["reasoning", { content: "", reasoning_content: "a" }, true],
    ["other reasoning", { reasoning: "a" }, true],
    ["hidden reasoning", { reasoning_details: [{ type: "reasoning.encrypted", data: "a" }] }, true],
    ["a refusal", { refusal: "a" }, true],
    ["audio", { audio: { id: "a" } }, true],
    ["a list", { content: [{ type: "text", text: "a" }] }, true],
  ];
  for (const [what, said, is] of content) {
    it(`${what} is ${is ? "" : "no "}content`, () => {
      const relay = open();
      for (const event of events(delta(said))) relay.push(event);
      assert.equal(relay.observed().content, is);
    });
  }

  it("is the id, the model, the finish, the usage and the end", () => {
    const relay = open();
    const counts = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const verdicts = events(
      delta({ role: "assistant" }),
      delta({ content: "a" }, "stop"),
      { id: "c1", choices: [], usage: counts },
      "[DONE]",
    ).map((event) => {
      const before = relay.observed();
      return [relay.push(event), before.ended, before.done];
    });
    assert.deepEqual(verdicts, [
      ["keep", false, false],
      ["keep", false, false],
      ["drop", true, false],
      ["keep", true, false],
    ]);
    const { id, model, finish, usage, ended, done } = relay.observed();
    assert.deepEqual(
      [id, model, finish, usage?.inputUncached, ended, done],
      ["c1", "served", { reason: "stop", raw: "stop" }, 3, true, true],
    );
  });

  it("the usage chunk is passed on where it was asked for, or tells more than usage", () => {
    const counts = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const asking = open({ stream_options: { include_usage: true } });
    assert.deepEqual(
      events({ choices: [], usage: counts }).map((event) => asking.push(event)),
      ["keep"],
    );
    const silent = open();
    const riding = { ...delta({ content: "a" }, "stop"), usage: counts };
    assert.deepEqual(
      events(riding, { choices: [], usage: counts }).map((event) => silent.push(event)),
      ["keep", "drop"],
    );
  });

  it("an error in the stream", () => {
    const relay = open();
    relay.push({ data: '{"error":{"message":"Overloaded","code":529}}' });
    assert.equal(relay.observed().error?.code, "overloaded");
    const [named] = [open()];
    named.push({ event: "error", data: '{"message":"slow","type":"rate_limit_error"}' });
    assert.equal(named.observed().error?.code, "rate_limited");
  });

  it("is interesting only where it changes what is known", () => {
    const { interesting } = open();
    const dull = [
      delta({ content: 'say "usage":{ and "finish_reason":"stop" [done]' }),
      { ...delta({ content: "a" }), usage: null, error: null },
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"name":"x"}' } }] }),
    ];
    for (const chunk of dull) assert.doesNotMatch(`data: ${JSON.stringify(chunk)}`, interesting);
    const bright = [
      delta({}, "stop"),
      { choices: [], usage: { prompt_tokens: 1 } },
      { x_groq: { usage: { prompt_tokens: 1 } }, choices: [] },
      { error: { message: "x" } },
      { error: "x" },
      delta({ tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "" } }] }),
    ];
    for (const chunk of bright) {
      assert.match(`data: ${JSON.stringify(chunk)}`, interesting);
      assert.match(`data: ${JSON.stringify(chunk, null, 1)}`, interesting);
    }
    assert.match("data: [DONE]", interesting);
    assert.match('event: error\ndata: {"message":"x"}', interesting);
  });
});

describe("a cut", () => {
  const error = new GatewayError("timeout", "Too slow.");
  it("is an error event, or a clean end with length for each open choice", () => {
    const { relay } = pass({ model: "m", n: 2, stream: true }, { stream: true });
    for (const event of events(delta({ content: "a" }), delta({ content: "b" }, "stop", 1))) relay.push(event);
    assert.match(relay.cut({ kind: "error", error })[0]?.data ?? "", /^\{"error":\{"message":"Too slow\."/);
    assert.equal(relay.cut({ kind: "truncated", error }).length, 1);
    assert.deepEqual(relay.cut(cancelled), []);
    const [last, done, ...more] = relay.cut({ kind: "limited" });
    assert.deepEqual(JSON.parse(last?.data ?? ""), {
      ...{ id: "c1", object: "chat.completion.chunk", created: 1, model: "served" },
      choices: [{ index: 0, delta: {}, finish_reason: "length" }],
    });
    assert.deepEqual([done, more], [{ data: "[DONE]" }, []]);
    assert.deepEqual(relay.cut(finished), [{ data: "[DONE]" }]);
  });
});

describe("a whole reply", () => {
  it("is kept and read, its finish reason put right (#7)", () => {
    const { relay } = pass({ model: "m" });
    const message = {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
    };
    const body = (finish_reason: string) => ({ id: "c", model: "served", choices: [{ index: 0, message, finish_reason }] });
    assert.deepEqual(relay.whole(body("stop")), body("tool_calls"));
    for (const word of ["tool_calls", "length"]) assert.equal(pass({ model: "m" }).relay.whole(body(word)), "keep");
    const seen = relay.observed();
    assert.deepEqual([seen.finish, seen.content, seen.ended], [{ reason: "tool-calls", raw: "stop" }, true, true]);
    const other = pass({ model: "m" }).relay;
    other.whole({ error: { message: "Overloaded", code: 503 } });
    assert.equal(other.observed().error?.code, "overloaded");
  });
});
