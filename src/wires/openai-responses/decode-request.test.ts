import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { onlyResponses } from "../shared/only-responses.ts";
import { incoming, responses } from "./testing/setting.ts";

const decode = (body: JsonObject) => responses.decodeRequest(incoming({ model: "m", input: "hi", ...body }));

function refused(body: JsonObject, param: string): void {
  assert.throws(
    () => decode(body).request(),
    (error) => error instanceof GatewayError && error.code === "invalid_request" && error.param === param,
    param,
  );
}

describe("requests of callers", () => {
  it("tell what routing needs without being decoded", () => {
    const schema = { type: "object" };
    const { model, stream, continues, output } = decode({
      stream: true,
      previous_response_id: "resp_1",
      text: { format: { type: "json_schema", schema } },
      input: 7,
    });
    assert.deepEqual({ model, stream, continues, output }, { model: "m", stream: true, continues: "resp_1", output: { schema } });
    assert.equal(decode({ conversation: { id: "conv_1" } }).continues, "conv_1");
    assert.equal(decode({}).continues, undefined);
  });

  it("are refused by the name of the field at fault", () => {
    const bad: readonly (readonly [JsonObject, string])[] = [
      [{ model: 5 }, "model"],
      [{ model: "" }, "model"],
      [{ stream: "yes" }, "stream"],
      [{ input: 5 }, "input"],
      [{ input: null }, "input"],
      [{ input: ["x"] }, "input[0]"],
      [{ input: [{}] }, "input[0].type"],
      [{ input: [{ role: "bot", content: "x" }] }, "input[0].role"],
      [{ input: [{ role: "user" }] }, "input[0].content"],
      [{ input: [{ role: "user", content: [{ text: "x" }] }] }, "input[0].content[0].type"],
      [{ input: [{ role: "user", content: [{ type: "input_text" }] }] }, "input[0].content[0].text"],
      [{ input: [{ type: "function_call", call_id: "c", name: "f" }] }, "input[0].arguments"],
      [{ input: [{ type: "function_call_output", output: "x" }] }, "input[0].call_id"],
      [{ instructions: 5 }, "instructions"],
      [{ tools: {} }, "tools"],
      [{ tools: [{ type: "function" }] }, "tools[0].name"],
      [{ tool_choice: "maybe" }, "tool_choice"],
      [{ max_output_tokens: "5" }, "max_output_tokens"],
      [{ text: "x" }, "text"],
      [{ text: { format: { type: "json_schema" } } }, "text.format.schema"],
      [{ include: "x" }, "include"],
      [{ previous_response_id: 5 }, "previous_response_id"],
    ];
    for (const [body, param] of bad) refused(body, param);
  });

  it("have one message for each item, reasoning in parts of its own", () => {
    const { messages } = decode({
      instructions: "be",
      input: [
        { role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,AA==", detail: "low" }] },
        {
          type: "reasoning",
          id: "rs_1",
          summary: [{ type: "summary_text", text: "a" }],
          content: [{ type: "reasoning_text", text: "b" }],
          encrypted_content: "c",
        },
        { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: "{}", status: "completed" },
        { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "r" }] },
        { type: "web_search_call", id: "ws_1", status: "completed" },
      ],
    }).request();
    assert.deepEqual(
      messages.map(({ role, content }) => [role, ...content.map(({ type }) => type)]),
      [
        ["system", "text"],
        ["user", "image"],
        ["assistant", "reasoning", "reasoning", "reasoning"],
        ["assistant", "tool-call"],
        ["tool", "tool-result"],
        ["assistant", "opaque"],
      ],
    );
    const thoughts = messages[2]?.content.map((part) => part.type === "reasoning" && [part.itemId, part.text, part.encrypted]);
    assert.deepEqual(thoughts, [
      ["rs_1", "a", undefined],
      ["rs_1", "b", undefined],
      ["rs_1", "", "c"],
    ]);
  });

  it("leave a choice of tools as other wires name it", () => {
    const choice = (value: Json) => decode({ tool_choice: value }).request().toolChoice;
    assert.deepEqual(choice({ type: "function", name: "f" }), { type: "tool", name: "f" });
    assert.deepEqual(choice({ type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }] }), {
      type: "allowed",
      mode: "auto",
      tools: [{ type: "function", function: { name: "f" } }],
    });
    assert.deepEqual(decode({ tool_choice: { type: "web_search_preview" } }).request().extra, {
      tool_choice: { type: "web_search_preview" },
    });
  });
});

describe("what other wires cannot do for callers of this one", () => {
  const refusedAs = (body: JsonObject, param: string): void => {
    assert.throws(
      () => onlyResponses(decode(body).request()),
      (error) =>
        error instanceof GatewayError &&
        error.code === "unsupported" &&
        error.param === param &&
        /whole input/.test(error.message),
    );
  };

  it("is refused where a part of the conversation lies elsewhere", () => {
    refusedAs({ previous_response_id: "resp_1" }, "previous_response_id");
    refusedAs({ conversation: "conv_1" }, "conversation");
    refusedAs({ prompt: { id: "p" } }, "prompt");
    refusedAs(
      {
        input: [
          { role: "user", content: "x" },
          { type: "item_reference", id: "i" },
        ],
      },
      "messages[1]",
    );
  });

  it("is told where it is a hint", () => {
    const codes = (body: JsonObject) => onlyResponses(decode(body).request()).map(({ code }) => code);
    assert.deepEqual(codes({}), []);
    assert.deepEqual(codes({ store: false, include: ["reasoning.encrypted_content"], truncation: "disabled" }), []);
    assert.deepEqual(codes({ store: true, background: true, max_tool_calls: 1, truncation: "auto" }), [
      "max_tool_calls_ignored",
      "truncation_ignored",
      "background_ignored",
    ]);
  });
});
