import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { ReasoningPart, ToolCallPart } from "../../canonical/parts.ts";
import { user } from "../shared/testing/codec.ts";
import { encode, foreign, round } from "./testing/setting.ts";

const here = { wire: "openai-responses", provider: "openai" };
const call = (id: string, over: Partial<ToolCallPart> = {}): ToolCallPart => ({
  type: "tool-call",
  id,
  name: "f",
  arguments: "{}",
  ...over,
});

const objects = (value: Json | undefined): readonly JsonObject[] => (isArray(value) ? value.filter(isObject) : []);

describe("requests from other wires", () => {
  it("keep nothing at the provider and get reasoning that can be sent back", () => {
    const { body } = encode(foreign());
    assert.deepEqual(body["store"], false);
    assert.deepEqual(body["include"], ["reasoning.encrypted_content"]);
    assert.equal(encode(foreign(), { model: "gpt-4o-mini" }).body["include"], undefined);
  });

  it("lead with instructions, the rest in its place", () => {
    const { body, codes } = encode(
      foreign({
        messages: [
          { role: "system", content: [{ type: "text", text: "A" }] },
          { role: "system", content: [{ type: "text", text: "B" }] },
          user("hi"),
          { role: "developer", content: [{ type: "text", text: "C" }] },
        ],
      }),
    );
    assert.equal(body["instructions"], "A");
    assert.deepEqual(body["input"], [
      { role: "system", content: "B" },
      { role: "user", content: "hi" },
      { role: "developer", content: "C" },
    ]);
    assert.deepEqual(codes, []);
  });

  it("have something to answer even where all is system text", () => {
    const { body } = encode(foreign({ messages: [{ role: "system", content: [{ type: "text", text: "A" }] }] }));
    assert.equal(body["instructions"], undefined);
    assert.deepEqual(body["input"], [{ role: "system", content: "A" }]);
  });

  it("send results before what was said with them, with their media, and no empty texts (#5, #22)", () => {
    const { input } = encode(
      foreign({
        messages: [
          { role: "assistant", content: [{ type: "text", text: " " }, call("a"), call("b", { kind: "custom", arguments: "x" })] },
          {
            role: "user",
            content: [
              { type: "text", text: "go" },
              { type: "tool-result", toolCallId: "b", content: [{ type: "text", text: "rb" }] },
              {
                type: "tool-result",
                toolCallId: "a",
                content: [{ type: "image", source: { kind: "base64", mediaType: "image/png", data: "AA==" } }],
              },
            ],
          },
        ],
      }),
    );
    assert.deepEqual(input, [
      { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
      { type: "custom_tool_call", call_id: "b", name: "f", input: "x" },
      { type: "custom_tool_call_output", call_id: "b", output: "rb" },
      {
        type: "function_call_output",
        call_id: "a",
        output: [{ type: "input_image", image_url: "data:image/png;base64,AA==", detail: "auto" }],
      },
      { role: "user", content: "go" },
    ]);
  });

  it("give reasoning back to its maker only, in place and as it was (#6)", () => {
    const thoughts: ReasoningPart[] = [
      { type: "reasoning", text: "one", itemId: "rs_1", origin: here },
      { type: "reasoning", text: "two", itemId: "rs_1", origin: here },
      { type: "reasoning", text: "", encrypted: "sealed", itemId: "rs_1", origin: here },
      { type: "reasoning", text: "", encrypted: "other", itemId: "rs_2", origin: here },
    ];
    const messages = [
      user("hi"),
      { role: "assistant" as const, content: [...thoughts, call("a")] },
      { role: "tool" as const, content: [{ type: "tool-result" as const, toolCallId: "a", content: [] }] },
    ];
    const { input, codes } = encode(foreign({ messages }));
    assert.deepEqual(input.slice(1, 4), [
      {
        type: "reasoning",
        id: "rs_1",
        summary: [
          { type: "summary_text", text: "one" },
          { type: "summary_text", text: "two" },
        ],
        encrypted_content: "sealed",
      },
      { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "other" },
      { type: "function_call", call_id: "a", name: "f", arguments: "{}" },
    ]);
    assert.deepEqual(codes, []);
    const elsewhere = encode(foreign({ messages }), { provider: "xai" });
    assert.deepEqual(
      elsewhere.input.map(({ type, role }) => type ?? role),
      ["user", "function_call", "function_call_output"],
    );
    assert.deepEqual(elsewhere.codes, ["reasoning_dropped", "reasoning_dropped"]);
  });

  it("leave out what only a provider's memory could fill, and ids of items that nobody keeps", () => {
    const { input, codes } = encode(
      foreign({
        messages: [
          user("hi"),
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "a summary alone", itemId: "rs_1", origin: here },
              { type: "text", text: "so", itemId: "msg_1", as: "phase=commentary" },
            ],
          },
          user("and?"),
        ],
      }),
    );
    assert.deepEqual(input[1], { role: "assistant", content: "so", phase: "commentary" });
    assert.deepEqual(codes, ["reasoning_dropped"]);
  });

  it("say that tools are not strict unless they are", () => {
    const parameters = { type: "object", properties: { a: { type: "string" } } };
    const { body, decoder } = encode(
      foreign({
        tools: [
          { type: "function", name: "loose", parameters },
          { type: "function", name: "tight", parameters, strict: true },
        ],
      }),
    );
    const [loose, tight] = objects(body["tools"]);
    assert.deepEqual(loose, { type: "function", name: "loose", parameters, strict: false });
    assert.deepEqual(tight?.["parameters"], {
      type: "object",
      properties: { a: { type: ["string", "null"] } },
      required: ["a"],
      additionalProperties: false,
    });
    const item = { type: "function_call", call_id: "c", name: "tight", arguments: '{"a":null}' };
    const [choice] = decoder.whole({ status: "completed", output: [item] }).choices;
    assert.equal(choice?.content[0]?.type === "tool-call" && choice.content[0].arguments, "{}");
  });

  it("report what this API has no word for (#24)", () => {
    const request = foreign({ stop: ["x"], seed: 1, choices: 2, topK: 3, presencePenalty: 1, logitBias: { a: 1 } });
    const { codes, body } = encode(request);
    assert.deepEqual(codes.toSorted(), [
      "logit_bias_dropped",
      "n_dropped",
      "presence_penalty_dropped",
      "seed_dropped",
      "stop_dropped",
      "top_k_dropped",
    ]);
    assert.deepEqual(Object.keys(body).toSorted(), ["include", "input", "model", "store"]);
  });

  it("shorten names that are too long, and find them again (#24)", () => {
    const name = "n".repeat(80);
    const { body, decoder } = encode(foreign({ tools: [{ type: "function", name }] }));
    const [tool] = objects(body["tools"]);
    const sent = String(tool?.["name"]);
    assert.equal(sent.length, 64);
    const reply = { status: "completed", output: [{ type: "function_call", call_id: "c", name: sent, arguments: "{}" }] };
    const [part] = decoder.whole(reply).choices[0]?.content ?? [];
    assert.equal(part?.type === "tool-call" && part.name, name);
  });

  it("take thinking budgets as efforts and ignore cache marks aloud (#21)", () => {
    const { body, codes } = encode(
      foreign({
        reasoning: { mode: "enabled", budgetTokens: 2000, display: "summarized" },
        messages: [{ role: "user", content: [{ type: "text", text: "hi", cache: {} }] }],
        maxOutputTokens: 5,
      }),
    );
    assert.deepEqual(body["reasoning"], { effort: "low", summary: "auto" });
    assert.equal(body["max_output_tokens"], 16);
    assert.deepEqual(codes, ["cache_control_ignored", "reasoning_approximated", "max_tokens_raised"]);
  });

  it("put the word JSON where JSON is asked for", () => {
    const { body, codes } = encode(foreign({ responseFormat: { type: "json" } }));
    assert.match(String(body["instructions"]), /JSON/);
    assert.deepEqual(codes, ["json_mode"]);
  });

  it("refuse calls nobody answered, naming the message", () => {
    assert.throws(
      () => encode(foreign({ messages: [user("x"), { role: "assistant", content: [call("a")] }] })),
      (error) => error instanceof GatewayError && error.param === "messages[1]",
    );
  });
});

describe("requests of this wire", () => {
  it("may answer calls that only the keeper of the conversation knows", () => {
    const input = [{ type: "function_call_output", call_id: "c", output: "x" }];
    const { body } = round({ model: "m", previous_response_id: "resp_1", input });
    assert.deepEqual(body, { model: "m", previous_response_id: "resp_1", input });
    assert.throws(() => round({ model: "m", input }), /did not make/);
  });

  it("keep unnamed fields, nulls and forms", () => {
    const body = {
      model: "m",
      input: [
        { role: "user", content: "a", odd: 1 },
        { type: "message", role: "assistant", id: "msg_1", status: "completed", phase: null, content: [] },
        { type: "reasoning", id: "rs_1", summary: [], content: null, encrypted_content: null, format: "x" },
        { type: "local_shell_call", id: "l", call_id: "c", action: {} },
        { role: "user", content: [{ type: "input_file", file_data: "AA", filename: null, new: true }] },
        { role: "user", content: [{ type: "input_image", image_url: null, file_id: "f", detail: "high" }] },
        { id: "item_1" },
      ],
      reasoning: { effort: null, summary: "detailed", context: "auto" },
      text: { format: { type: "json_schema", name: "n", schema: {}, strict: null }, verbosity: null },
      tool_choice: { type: "mcp", server_label: "s" },
      instructions: null,
      store: true,
      unheard: { of: 1 },
    };
    assert.deepEqual(round(body).body, body);
    assert.deepEqual(round(body).warnings, []);
  });
});
