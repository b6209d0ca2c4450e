import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FunctionTool, Message, ToolChoice } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { user } from "../shared/testing/codec.ts";
import { encode, events, foreign, readStream, round } from "./testing/setting.ts";

const anthropic = { wire: "anthropic-messages" } as const;
const png: Part = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } };
const call = (id: string, name = "f"): Part => ({ type: "tool-call", id, name, arguments: '{"a":1}' });
const result = (toolCallId: string, ...content: readonly Part[]): Part => ({ type: "tool-result", toolCallId, content });
const text = (said: string): Part => ({ type: "text", text: said });
const tool = (name: string): FunctionTool => ({ type: "function", name, parameters: { type: "object" } });

const refusal = (run: () => unknown): GatewayError => {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
  return assert.fail("nothing was refused");
};

describe("a history from another wire", () => {
  it("answers every call right after it, media and text in user messages behind", () => {
    const { messages, codes } = encode(
      foreign({
        messages: [
          user("go"),
          { role: "assistant", content: [text("ok"), call("a"), call("b")] },
          { role: "user", content: [result("b", text("two"), png), result("a", text("one")), text("and now?")] },
        ],
      }),
    );
    assert.deepEqual(
      messages.map((message) => [message["role"], message["tool_call_id"]]),
      [
        ["user", undefined],
        ["assistant", undefined],
        ["tool", "b"],
        ["tool", "a"],
        ["user", undefined],
        ["user", undefined],
      ],
    );
    assert.equal(messages[2]?.["content"], "two");
    assert.deepEqual(messages[4]?.["content"], [
      { type: "text", text: "From the result of tool call b:" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
    ]);
    assert.equal(messages[5]?.["content"], "and now?");
    assert.deepEqual(codes, ["tool_result_media_moved"]);
  });

  it("holds what was said between results until all are in", () => {
    const { messages } = encode(
      foreign({
        messages: [
          user("go"),
          { role: "assistant", content: [call("a"), call("b")] },
          { role: "user", content: [result("a", text("one"))] },
          { role: "system", content: [text("be brief")] },
          { role: "user", content: [result("b", text("two"))] },
        ],
      }),
    );
    assert.deepEqual(
      messages.map((message) => message["role"]),
      ["user", "assistant", "tool", "tool", "system"],
    );
  });

  it("joins assistant messages before whose calls are answered", () => {
    const { messages } = encode(
      foreign({
        messages: [
          user("go"),
          { role: "assistant", content: [text("one"), call("a")] },
          { role: "assistant", content: [text("two"), call("b")] },
          { role: "user", content: [result("a", text("1")), result("b", text("2"))] },
        ],
      }),
    );
    assert.deepEqual(
      messages.map((message) => message["role"]),
      ["user", "assistant", "tool", "tool"],
    );
    assert.deepEqual(messages[1]?.["content"], [text("one"), text("two")]);
    assert.ok(Array.isArray(messages[1]?.["tool_calls"]) && messages[1]["tool_calls"].length === 2);
  });

  it("offers no empty list of tools, and compiles strict ones into the strict subset, or says that it cannot", () => {
    assert.equal(encode(foreign({ tools: [] })).body["tools"], undefined);
    const parameters: JsonObject = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false };
    const held = encode(foreign({ tools: [{ ...tool("f"), parameters, strict: true }] }));
    const properties = { a: { type: ["string", "null"] } };
    const compiled = { type: "object", properties, required: ["a"], additionalProperties: false };
    assert.deepEqual(held.body["tools"], [{ type: "function", function: { name: "f", parameters: compiled, strict: true } }]);
    assert.deepEqual(held.codes, []);
    const open = { ...parameters, additionalProperties: true };
    const loose = encode(foreign({ tools: [{ ...tool("f"), parameters: open, strict: true }] }));
    assert.deepEqual(loose.body["tools"], [{ type: "function", function: { name: "f", parameters: open } }]);
    assert.deepEqual(loose.codes, ["schema_not_strict"]);
    const fitting = { ...parameters, required: ["a"] };
    assert.deepEqual(encode(foreign({ tools: [{ ...tool("f"), parameters: fitting, strict: true }] })).codes, []);
    assert.deepEqual(encode(foreign({ tools: [{ ...tool("f"), parameters: open }] })).codes, []);
  });

  it("is refused with the message's index where a result answers nothing", () => {
    const error = refusal(() =>
      encode(foreign({ messages: [user("go"), { role: "user", content: [result("x", text("one"))] }] })),
    );
    assert.deepEqual([error.code, error.param], ["invalid_request", "messages[1]"]);
  });

  it("says cache marks are ignored once, whatever their number", () => {
    const { body, codes } = encode(
      foreign({
        tools: [{ ...tool("f"), cache: { ttl: "1h" } }],
        messages: [
          { role: "system", content: [{ type: "text", text: "s", cache: {} }] },
          { role: "user", content: [{ type: "text", text: "u", cache: {} }] },
          { role: "assistant", content: [{ ...call("a"), cache: {} }] },
          { role: "user", content: [{ ...result("a", text("r")), cache: {} }] },
        ],
        cache: {},
      }),
    );
    assert.deepEqual(codes, ["cache_control_ignored"]);
    assert.ok(!JSON.stringify(body).includes("cache"));
  });

  it("drops reasoning it cannot send, or sends its text where the provider reads it", () => {
    const messages: Message[] = [
      user("go"),
      { role: "assistant", content: [{ type: "reasoning", text: "hmm", signature: "s1", origin: anthropic }, text("yes")] },
      user("and?"),
    ];
    const lost = encode(foreign({ messages }));
    assert.deepEqual(lost.codes, ["reasoning_dropped"]);
    assert.deepEqual(lost.messages[1], { role: "assistant", content: "yes" });
    const kept = encode(foreign({ messages }), { quirks: { reasoningField: "reasoning_content" } });
    assert.deepEqual(kept.messages[1], { role: "assistant", content: "yes", reasoning_content: "hmm" });
    assert.deepEqual(kept.codes, ["reasoning_signature_dropped"]);
  });

  it("drops what only its own wire understands", () => {
    const { body, codes } = encode(
      foreign({
        tools: [{ type: "hosted", origin: anthropic, kind: "web_search_20250305", definition: { type: "web_search_20250305" } }],
        toolChoice: { type: "required" },
        parallelToolCalls: false,
        topK: 5,
        container: "c",
        messages: [
          user("go"),
          {
            role: "assistant",
            content: [{ type: "opaque", origin: anthropic, kind: "server_tool_use", value: { id: "x" } }, text("t")],
          },
          user("more"),
        ],
        extra: { weird: 1 },
      }),
    );
    assert.deepEqual(codes.toSorted(), [
      "container_dropped",
      "hosted_tool_dropped",
      "part_dropped",
      "tool_choice_dropped",
      "top_k_dropped",
      "unknown_field_dropped",
    ]);
    assert.deepEqual(Object.keys(body).toSorted(), ["messages", "model"]);
  });

  it("sends documents as files, text documents as tagged text", () => {
    const pdf: Part = { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" } };
    const note: Part = { type: "document", title: "Note", source: { kind: "text", text: "body", mediaType: "text/plain" } };
    const { messages, codes } = encode(foreign({ messages: [{ role: "user", content: [pdf, note] }] }));
    assert.deepEqual(messages[0]?.["content"], [
      { type: "file", file: { file_data: "data:application/pdf;base64,JVBE", filename: "document.pdf" } },
      { type: "text", text: '<document title="Note">\nbody\n</document>' },
    ]);
    assert.deepEqual(codes, ["document_as_text"]);
  });

  it("turns budgets into efforts and too many stop sequences into four, and says so", () => {
    for (const [budgetTokens, effort] of [
      [1024, "low"],
      [10_000, "medium"],
      [32_000, "high"],
    ] as const) {
      const { body, codes } = encode(foreign({ reasoning: { mode: "enabled", budgetTokens }, stop: ["a", "b", "c", "d", "e"] }));
      assert.equal(body["reasoning_effort"], effort);
      assert.deepEqual(body["stop"], ["a", "b", "c", "d"]);
      assert.deepEqual(codes, ["reasoning_approximated", "stop_sequences_cut"]);
    }
  });

  it("states a schema as response_format, strict where it fits the strict subset", () => {
    const schema: JsonObject = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const strict = encode(foreign({ responseFormat: { type: "json-schema", schema } }));
    assert.deepEqual(strict.body["response_format"], {
      type: "json_schema",
      json_schema: { name: "response", schema, strict: true },
    });
    const loose = encode(foreign({ responseFormat: { type: "json-schema", schema: { type: "object" } } }));
    assert.deepEqual(loose.codes, ["schema_not_strict"]);
    assert.deepEqual(loose.body["response_format"], {
      type: "json_schema",
      json_schema: { name: "response", schema: { type: "object" } },
    });

    it("tells the schema in words where the provider knows none, and leaves the tools alone (#23)", () => {
      const schema: JsonObject = { type: "object", properties: { a: { type: "string", minLength: 2 } } };
      const messages = [{ role: "system" as const, content: [{ type: "text" as const, text: "s" }] }, user("hello")];
      const quirks = { schemaOutput: false };
      const request = foreign({ messages, tools: [tool("f")], responseFormat: { type: "json-schema", schema } });
      const { body, messages: sent, warnings } = encode(request, { quirks });
      assert.deepEqual(body["response_format"], { type: "json_object" });
      assert.deepEqual(
        sent.map(({ role }) => role),
        ["system", "system", "user"],
      );
      assert.ok(String(sent[1]?.["content"]).includes(JSON.stringify(schema)));
      assert.ok(Array.isArray(body["tools"]) && body["tools"].length === 1 && body["tool_choice"] === undefined);
      assert.deepEqual(
        warnings.map(({ kind, code }) => [kind, code]),
        [["emulated", "json_schema_emulated"]],
      );
      const list = encode(foreign({ responseFormat: { type: "json-schema", schema: { type: "array" } } }), { quirks });
      assert.equal(list.body["response_format"], undefined);
      assert.deepEqual(encode(foreign({ responseFormat: { type: "json" } }), { quirks }).codes, []);
    });
  });

  it("asks every stream for its usage, unless the provider refuses", () => {
    assert.deepEqual(encode(foreign(), { stream: true }).body["stream_options"], { include_usage: true });
    const quiet = encode(foreign(), { stream: true, quirks: { streamUsage: false } }).body;
    assert.deepEqual([quiet["stream"], quiet["stream_options"]], [true, undefined]);
    assert.equal(encode(foreign()).body["stream"], undefined);
  });
});

describe("long names and ids", () => {
  const long = "mcp__some_server_with_a_long_name__a_tool_whose_name_is_far_too_long_to_send";
  const id = `toolu_${"x".repeat(60)}`;
  const turn = (toolChoice?: ToolChoice) =>
    foreign({
      tools: [tool(long)],
      toolChoice,
      messages: [
        user("go"),
        { role: "assistant", content: [call(id, long)] },
        { role: "user", content: [result(id, text("r"))] },
      ],
    });

  it("are shortened everywhere alike, and restored in the reply", () => {
    const first = encode(turn({ type: "tool", name: long }));
    const sent = JSON.stringify(first.body);
    assert.ok(!sent.includes(long) && !sent.includes(id));
    const short = /"name":"(mcp__[^"]+)"/.exec(sent)?.[1] ?? "";
    assert.ok(short.length <= 64);
    assert.equal(sent.split(`"${short}"`).length - 1, 3);
    assert.equal(
      first.messages[1] && JSON.stringify(first.messages[1]).includes(String(first.messages[2]?.["tool_call_id"])),
      true,
    );
    assert.ok(String(first.messages[2]?.["tool_call_id"]).length <= 40);
    const reply: Json = {
      id: "c",
      model: "m",
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: "call_1", function: { name: short, arguments: "{}" } }] } }],
    };
    const { result: answer } = readStream(events(reply, "[DONE]"), first.decoder);
    const part = answer.choices[0]?.content[0];
    assert.equal(part?.type === "tool-call" && part.name, long);
    assert.equal(JSON.stringify(encode(turn({ type: "tool", name: long })).body), sent);
  });

  it("are left alone where the caller chose them for this wire", () => {
    const { body } = round({
      model: "m",
      messages: [
        { role: "user", content: "go" },
        { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: { name: "f", arguments: "{}" } }] },
        { role: "tool", tool_call_id: id, content: "r" },
      ],
    });
    assert.ok(JSON.stringify(body).includes(id));
  });
});

describe("quirks", () => {
  it("rename the limit, replace the developer role, drop fields", () => {
    const { body, messages, codes } = round(
      {
        model: "m",
        max_completion_tokens: 5,
        seed: 3,
        messages: [
          { role: "developer", content: "d" },
          { role: "user", content: "u" },
        ],
      },
      { quirks: { maxTokensField: "max_tokens", developerRole: false, drop: ["seed", "user"] } },
    );
    assert.deepEqual([body["max_tokens"], body["max_completion_tokens"], body["seed"]], [5, undefined, undefined]);
    assert.equal(messages[0]?.["role"], "system");
    assert.deepEqual(codes, ["developer_role_as_system", "seed_dropped"]);
  });
});

it("leaves out what only another cloud can read or answer in", () => {
  const bucket: Part = { type: "image", source: { kind: "url", url: "gs://bucket/a.png" } };
  const asked = { messages: [{ role: "user" as const, content: [text("look"), bucket, png] }], modalities: ["text", "image"] };
  const { body, codes } = encode(foreign(asked));
  assert.deepEqual(body["modalities"], ["text"]);
  assert.deepEqual(codes, ["image_dropped", "modalities_dropped"]);
  assert.doesNotMatch(JSON.stringify(body), /gs:/);
});

it("keeps a grammar as a custom tool has it here, whichever API it came from", () => {
  const inner = { syntax: "lark", definition: "start: /a/" };
  const grammars = [
    { type: "grammar", ...inner },
    { type: "grammar", grammar: inner },
  ];
  for (const format of grammars) {
    const { body } = encode(foreign({ messages: [user("go")], tools: [{ type: "custom", name: "patch", format }] }));
    const custom = { name: "patch", format: { type: "grammar", grammar: inner } };
    assert.deepEqual(body["tools"], [{ type: "custom", custom }]);
  }
});
