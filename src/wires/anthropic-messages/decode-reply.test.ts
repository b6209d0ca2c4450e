import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatChunk } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { decoder, event, textOf } from "./testing/setting.ts";

const start = event({
  type: "message_start",
  message: { id: "msg_1", model: "served", content: [], usage: { input_tokens: 1, output_tokens: 1 } },
});
const open = (index: number, content_block: JsonObject) => event({ type: "content_block_start", index, content_block });
const delta = (index: number, inner: JsonObject) => event({ type: "content_block_delta", index, delta: inner });
const close = (index: number) => event({ type: "content_block_stop", index });
const stop = (stop_reason: string | null, more: JsonObject = {}) =>
  event({ type: "message_delta", delta: { stop_reason, stop_sequence: null, ...more }, usage: { output_tokens: 2 } });
const last = event({ type: "message_stop" });

function read(...events: readonly { readonly data: string }[]) {
  const reader = decoder();
  const chunks: readonly ChatChunk[] = [...events.flatMap((one) => reader.push(one)), ...reader.end()];
  return { chunks, result: accumulate(chunks), ended: reader.ended };
}

test("reasoning keeps its order, signatures and bytes, the empty and the redacted included", () => {
  const { result } = read(
    start,
    open(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "thinking_delta", thinking: "a" }),
    delta(0, { type: "signature_delta", signature: "sig1" }),
    close(0),
    open(1, { type: "redacted_thinking", data: "xyz" }),
    close(1),
    open(2, { type: "thinking", thinking: "", signature: "" }),
    delta(2, { type: "signature_delta", signature: "sig2" }),
    close(2),
    open(3, { type: "tool_use", id: "t", name: "f", input: {} }),
    close(3),
    stop("tool_use"),
    last,
  );
  const origin = { wire: "anthropic-messages", provider: "anthropic", model: "claude-sonnet-4-5" };
  assert.deepEqual(JSON.parse(JSON.stringify(result.choices[0]?.content)), [
    { type: "reasoning", text: "a", signature: "sig1", origin },
    { type: "reasoning", text: "", redacted: "xyz", origin },
    { type: "reasoning", text: "", signature: "sig2", origin },
    { type: "tool-call", id: "t", name: "f", arguments: "{}" },
  ]);
});

test("why an answer ended follows from its content", () => {
  const tool = { type: "tool_use", id: "t", name: "f", input: {} };
  const hosted = { type: "server_tool_use", id: "s", name: "web_search", input: {} };
  const text = { type: "text", text: "x" };
  const table: readonly [string | null, JsonObject[], string][] = [
    ["end_turn", [text, tool], "tool-calls"],
    ["tool_use", [tool], "tool-calls"],
    ["tool_use", [text], "stop"],
    ["tool_use", [hosted], "stop"],
    ["", [tool], "tool-calls"],
    [null, [text], "other"],
    ["max_tokens", [tool], "length"],
    ["model_context_window_exceeded", [text], "length"],
    ["refusal", [tool], "content-filter"],
    ["pause_turn", [hosted], "pause"],
    ["stop_sequence", [text], "stop"],
    ["something_new", [text], "other"],
  ];
  for (const [raw, content, reason] of table) {
    const blocks = content.flatMap((block, index) => [open(index, block), close(index)]);
    const streamed = read(start, ...blocks, stop(raw), last).result.choices[0]?.finish;
    const whole = decoder().whole({ content, stop_reason: raw }).choices[0]?.finish;
    for (const finish of [streamed, whole]) assert.deepEqual([finish?.reason, finish?.raw], [reason, raw || null], `${raw}`);
  }
});

test("arguments: pieces, nothing, and all at once in the start", () => {
  const tool = (input: JsonObject) => ({ type: "tool_use", id: "t", name: "f", input });
  const args = (...events: readonly { readonly data: string }[]) => {
    const part = read(start, ...events, close(0), last).result.choices[0]?.content[0];
    return part?.type === "tool-call" ? part.arguments : undefined;
  };
  const piece = (partial_json: string) => delta(0, { type: "input_json_delta", partial_json });
  assert.equal(args(open(0, tool({})), piece(""), piece('{"a"'), piece(":1}")), '{"a":1}');
  assert.equal(args(open(0, tool({})), piece("")), "{}");
  assert.equal(args(open(0, tool({ a: 1 }))), '{"a":1}');
});

test("hosted tools, compactions and blocks of unknown kinds come whole as opaque parts", () => {
  const { result } = read(
    start,
    open(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
    delta(0, { type: "input_json_delta", partial_json: '{"query":"x"}' }),
    close(0),
    open(1, { type: "compaction", content: null }),
    delta(1, { type: "compaction_delta", content: "sum" }),
    close(1),
    open(2, { type: "hologram", a: 1 }),
    delta(2, { type: "hologram_delta", b: 2 }),
    close(2),
    event({ type: "brand_new_event", x: 1 }),
    stop("end_turn"),
    last,
  );
  assert.deepEqual(
    result.choices[0]?.content.map((part) => part.type === "opaque" && part.value),
    [
      { type: "server_tool_use", id: "s", name: "web_search", input: { query: "x" } },
      { type: "compaction", content: "sum" },
      { type: "hologram", a: 1, b: 2 },
    ],
  );
});

test("only message_stop ends an answer, and nothing after it counts", () => {
  const body = [start, open(0, { type: "text", text: "" }), delta(0, { type: "text_delta", text: "hi" })];
  assert.equal(read(...body).ended, false);
  const { result, ended, chunks } = read(
    ...body,
    close(0),
    stop("end_turn"),
    last,
    start,
    open(0, { type: "text", text: "more" }),
  );
  assert.equal(ended, true);
  assert.equal(textOf(result), "hi");
  assert.equal(chunks.filter((chunk) => chunk.type === "start").length, 1);
  assert.equal(chunks.filter((chunk) => chunk.type === "finish").length, 1);
});

test("an error event is an error of its kind; junk between events is skipped and flagged", () => {
  const error = event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
  const [chunk] = read(start, error).chunks.filter(({ type }) => type === "error");
  assert(chunk?.type === "error");
  assert.deepEqual([chunk.error.code, chunk.error.status, chunk.error.retryable], ["overloaded", 529, true]);
  const junk = read(
    start,
    { data: "null" },
    { data: "{broken" },
    { data: "[1]" },
    event({ type: "ping" }),
    stop("end_turn"),
    last,
  );
  assert.equal(junk.ended, true);
  assert.match(junk.result.usage?.anomaly ?? "", /1 events/);
  assert(junk.chunks.some(({ type }) => type === "ping"));
});

test("a whole body that is an error or no message is thrown as what it is", () => {
  const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  const code = (code: string) => (error: unknown) => error instanceof GatewayError && error.code === code;
  assert.throws(() => decoder().whole(overloaded), code("overloaded"));
  assert.throws(() => decoder().whole({ choices: [] }), code("bad_reply"));
});

test("a call that came without an id gets one of its own, whole and streamed", () => {
  const block = { type: "tool_use", name: "f", input: {} };
  const whole = decoder().whole({ id: "m", type: "message", role: "assistant", content: [block, { ...block, id: "" }] });
  const ids = whole.choices.flatMap(({ content }) => content.map((part) => (part.type === "tool-call" ? part.id : "")));
  assert.equal(new Set(ids).size, 2);
  for (const id of ids) assert.match(id, /^toolu_[\w-]{1,34}$/);
  const [opened] = decoder().push({ data: JSON.stringify({ type: "content_block_start", index: 0, content_block: block }) });
  assert.match(JSON.stringify(opened), /"id":"toolu_\w+_0"/);
});
