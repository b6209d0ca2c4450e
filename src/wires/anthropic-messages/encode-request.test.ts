import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type JsonObject } from "../../canonical/json.ts";
import { user } from "../shared/testing/codec.ts";
import { blocksOf, chat, encode, foreign, messagesOf } from "./testing/setting.ts";

const native = (body: JsonObject): ChatRequest =>
  chat
    .decodeRequest({
      path: "",
      query: "",
      headers: {},
      body: { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }], ...body },
    })
    .request();

test("what has no place is reported, field by field", () => {
  const asked: Partial<ChatRequest> = {
    choices: 2,
    seed: 1,
    frequencyPenalty: 0.5,
    presencePenalty: 0.5,
    logprobs: true,
    logitBias: { "1": 2 },
    modalities: ["text", "audio"],
    extra: { top_a: 1 },
  };
  const { codes } = encode(foreign(asked));
  assert.deepEqual(codes, [
    ...["n_dropped", "seed_dropped", "frequency_penalty_dropped", "presence_penalty_dropped"],
    ...["logprobs_dropped", "logit_bias_dropped", "modalities_dropped", "unknown_field_dropped"],
  ]);
  assert.deepEqual(encode(foreign({ choices: 1, frequencyPenalty: 0, logprobs: false, modalities: ["text"] })).codes, []);
});

test("a limit is always sent: the caller's, the model's, or a default that is reported", () => {
  assert.equal(encode(foreign({ maxOutputTokens: 7 })).body["max_tokens"], 7);
  const unsaid = foreign({ maxOutputTokens: undefined });
  assert.equal(encode(unsaid, { maxOutputTokens: 64_000 }).body["max_tokens"], 64_000);
  const { body, codes } = encode(unsaid);
  assert.equal(body["max_tokens"], 4096);
  assert.deepEqual(codes, ["max_tokens_defaulted"]);
});

test("sampling stays within what the API and the model take", () => {
  const sent = (over: Partial<ChatRequest>, model: string) => {
    const { body, codes } = encode(foreign(over), { model });
    return [body["temperature"], body["top_p"], codes];
  };
  assert.deepEqual(sent({ temperature: 1.7 }, "claude-3-haiku-20240307"), [1, undefined, ["temperature_fitted"]]);
  assert.deepEqual(sent({ temperature: 0.3, topP: 0.5 }, "claude-3-haiku-20240307"), [0.3, 0.5, []]);
  assert.deepEqual(sent({ temperature: 0.3, topP: 0.5 }, "claude-sonnet-4-5"), [0.3, undefined, ["top_p_dropped"]]);
  assert.deepEqual(sent({ temperature: 0.3, topP: 1 }, "claude-sonnet-4-5"), [0.3, undefined, []]);
  assert.deepEqual(sent({ temperature: 0.3 }, "claude-opus-4-7"), [undefined, undefined, ["temperature_dropped"]]);
  const stops = encode(foreign({ stop: ["\n", "END"] }));
  assert.deepEqual([stops.body["stop_sequences"], stops.codes], [["END"], ["stop_dropped"]]);
});

const tool = { type: "function", name: "f", parameters: { type: "object", properties: {} } } as const;

test("tool choice, parallel calls and allowed tools", () => {
  const choice = (over: Partial<ChatRequest>) => encode(foreign({ tools: [tool], ...over })).body["tool_choice"];
  assert.deepEqual(choice({ toolChoice: { type: "required" }, parallelToolCalls: false }), {
    type: "any",
    disable_parallel_tool_use: true,
  });
  assert.deepEqual(choice({ toolChoice: { type: "tool", name: "f" } }), { type: "tool", name: "f" });
  assert.deepEqual(choice({ toolChoice: { type: "none" }, parallelToolCalls: true }), { type: "none" });
  assert.deepEqual(choice({ parallelToolCalls: false }), { type: "auto", disable_parallel_tool_use: true });
  assert.equal(choice({ parallelToolCalls: true }), undefined);
  const other = { ...tool, name: "g" };
  const toolChoice = { type: "allowed", mode: "required", tools: [{ type: "function", function: { name: "g" } }] } as const;
  const { body, codes } = encode(foreign({ tools: [tool, other], toolChoice }));
  assert.deepEqual([body["tool_choice"], codes], [{ type: "any" }, ["allowed_tools"]]);
  assert.deepEqual(body["tools"], [{ name: "g", input_schema: tool.parameters }]);
});

test("a tool's schema has an object at the root and no union there", () => {
  const parameters = {
    anyOf: [
      { properties: { a: {} }, required: ["a", "b"] },
      { properties: { b: {} }, required: ["b"] },
    ],
  };
  const { body, codes } = encode(foreign({ tools: [{ type: "function", name: "f", parameters }] }));
  const schema = { type: "object", properties: { a: {}, b: {} }, required: ["b"] };
  assert.deepEqual(body["tools"], [{ name: "f", input_schema: schema }]);
  assert.deepEqual(codes, ["tool_schema"]);
  assert.deepEqual(encode(foreign({ tools: [{ type: "function", name: "f" }] })).body["tools"], [
    { name: "f", input_schema: { type: "object" } },
  ]);
});

test("a schema for the answer is sent natively beside the caller's tools, never as a forced tool", () => {
  const responseFormat = {
    type: "json-schema",
    schema: { type: "object", properties: { n: { type: "integer", minimum: 1 } } },
  } as const;
  const reasoning = { effort: "high" };
  const { body, codes } = encode(foreign({ tools: [tool], responseFormat, reasoning }), { model: "claude-opus-4-6" });
  assert.equal(body["tool_choice"], undefined);
  assert.deepEqual(body["tools"], [{ name: "f", input_schema: tool.parameters }]);
  assert.deepEqual(body["thinking"], { type: "adaptive" });
  const schema = {
    type: "object",
    properties: { n: { type: "integer", description: "{minimum: 1}" } },
    additionalProperties: false,
  };
  assert.deepEqual(body["output_config"], { effort: "high", format: { type: "json_schema", schema } });
  assert.deepEqual(codes, ["answer_schema"]);
  const old = encode(foreign({ responseFormat }), { model: "claude-3-5-haiku-20241022" });
  assert.deepEqual([old.body["output_config"], old.codes], [undefined, ["json_schema_emulated"]]);
  const json = encode(foreign({ responseFormat: { type: "json" } }));
  assert.deepEqual(json.codes, ["json_mode"]);
  assert(blocksOf({ content: json.body["system"] }).some((block) => String(block["text"]).includes("JSON")));
});

test("cache marks keep their place and time to live", () => {
  const cache = { ttl: "1h" } as const;
  const { body, codes } = encode(
    foreign({
      tools: [{ ...tool, cache: {} }],
      messages: [
        { role: "system", content: [{ type: "text", text: "s", cache }] },
        { role: "user", content: [{ type: "image", source: { kind: "url", url: "data:image/png;base64,AA==" }, cache: {} }] },
        { role: "assistant", content: [{ type: "tool-call", id: "a", name: "f", arguments: "{}", cache: {} }] },
        {
          role: "tool",
          content: [{ type: "tool-result", toolCallId: "a", content: [{ type: "text", text: "r", cache: {} }], cache }],
        },
      ],
    }),
  );
  assert.deepEqual(codes, []);
  const control = { type: "ephemeral", ttl: "1h" };
  const plain = { type: "ephemeral" };
  assert.deepEqual(body["tools"], [{ name: "f", input_schema: tool.parameters, cache_control: plain }]);
  assert.deepEqual(body["system"], [{ type: "text", text: "s", cache_control: control }]);
  const [first, second, third] = messagesOf(body);
  const source = { type: "base64", media_type: "image/png", data: "AA==" };
  assert.deepEqual(blocksOf(first), [{ type: "image", source, cache_control: plain }]);
  assert.deepEqual(blocksOf(second), [{ type: "tool_use", id: "a", name: "f", input: {}, cache_control: plain }]);
  assert.deepEqual(blocksOf(third), [
    {
      type: "tool_result",
      tool_use_id: "a",
      content: [{ type: "text", text: "r", cache_control: plain }],
      cache_control: control,
    },
  ]);
});

test("fields of no specification, explicit nulls and empty objects come back as sent", () => {
  const body = {
    model: "m",
    max_tokens: 9,
    stream: false,
    metadata: { user_id: null, team: "x" },
    output_config: {},
    container: null,
    cache_control: { type: "ephemeral", scope: "global" },
    later: { a: 1 },
    thinking: { type: "adaptive", display: "omitted", new: 1 },
    tools: [{ type: "custom", name: "f", input_schema: { type: "object" }, cache_control: null, odd: true }],
    tool_choice: { type: "any", disable_parallel_tool_use: false, odd: 1 },
    messages: [
      { role: "user", content: [{ type: "text", text: "x", cache_control: null, citations: null, odd: 1 }], odd: 2 },
      { role: "system", content: "now" },
      { role: "user", content: [{ type: "document", source: { type: "content", content: "d" }, citations: {}, title: null }] },
    ],
  };
  const sent = encode(native(body), { model: "m" });
  assert.deepEqual(sent.body, body);
  assert.deepEqual(sent.codes, []);
  const kept = native(body).extra;
  assert(isObject(kept));
  assert.deepEqual(Object.keys(kept).sort(), ["cache_control", "later", "metadata"]);
});

test("betas: the caller's go along, a feature's own is added once", () => {
  const body = {
    model: "m",
    max_tokens: 9,
    messages: [{ role: "user", content: "hi" }],
    context_management: { edits: [{ type: "compact_20260112" }] },
  };
  const named = chat
    .decodeRequest({ path: "", query: "", headers: { "anthropic-beta": "compact-2026-09-04, x" }, body })
    .request();
  assert.equal(encode(named).headers["anthropic-beta"], "compact-2026-09-04,x");
  assert.equal(encode(native(body)).headers["anthropic-beta"], "compact-2026-01-12");
  assert.equal(encode(foreign()).headers["anthropic-version"], "2023-06-01");
  assert.equal(encode(foreign()).headers["anthropic-beta"], undefined);
});

test("callers' mistakes are named", () => {
  const bad: readonly [JsonObject, string][] = [
    [{ messages: "x" }, "messages"],
    [{ messages: ["x"] }, "messages[0]"],
    [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].role"],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text"],
    [{ max_tokens: -1 }, "max_tokens"],
    [{ temperature: "hot" }, "temperature"],
    [{ thinking: { type: "maybe" } }, "thinking.type"],
    [{ tools: [{ name: "f" }] }, "tools[0].input_schema"],
    [{ output_config: { format: { type: "json_schema" } } }, "output_config.format.schema"],
    [{ cache_control: { type: "ephemeral", ttl: "2h" } }, "cache_control.ttl"],
  ];
  for (const [body, param] of bad) {
    assert.throws(
      () => native(body),
      (error) => error instanceof GatewayError && error.code === "invalid_request" && error.param === param,
      param,
    );
  }
  assert.deepEqual(encode(native({ messages: [{ role: "user", content: "x" }] }), { quirks: { drop: ["max_tokens"] } }).codes, [
    "max_tokens_dropped",
  ]);
  assert.equal(encode(foreign({ messages: [user("x")] }), { stream: true }).body["stream"], true);
});

test("an empty list in another wire's field asks for nothing, so nothing is lost", () => {
  const own = { wire: "gemini", settings: { safetySettings: [] } };
  assert.deepEqual(encode(foreign({ own })).codes, []);
  const said = { wire: "gemini", settings: { safetySettings: [{ category: "X" }] } };
  assert.deepEqual(encode(foreign({ own: said })).codes, ["unknown_field_dropped"]);
});
