import assert from "node:assert/strict";
import { test } from "node:test";
import type { Source, Span } from "../../canonical/call.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { parsed } from "../shared/testing/codec.ts";
import type { Target } from "../wire.ts";
import { chat, event, target } from "./testing/setting.ts";

/** A body of members as they are written, and where each stands. */
function source(written: readonly (readonly [string, string])[], headers: { readonly [name: string]: string } = {}): Source {
  const members = new Map<string, Span>();
  let body = "{ ";
  written.forEach(([name, value], index) => {
    if (index > 0) body += " ,  ";
    const key = body.length;
    body += `"${name}" : `;
    members.set(name, { key, start: body.length, end: body.length + value.length });
    body += value;
  });
  const json: Json = JSON.parse(`${body} }`);
  assert(isObject(json));
  const bytes = new TextEncoder().encode(`${body} }`);
  return { wire: "anthropic-messages", path: "/v1/messages", query: "", headers, body: bytes, json, members };
}

const simple: readonly (readonly [string, string])[] = [["model", '"m"']];

const textOf = (pieces: JsonObject | readonly Uint8Array[]): string =>
  Symbol.iterator in pieces ? Buffer.concat([...pieces]).toString("utf8") : assert.fail("rebuilt instead of edited");

test("only the model's name changes in the caller's bytes, and refused fields go with a warning", () => {
  const body = [
    ["model", '"claude"'],
    ["max_tokens", "1e2"],
    ["unknown", '{"a":[1.0]}'],
    ["top_k", "3"],
    ["messages", "[]"],
  ] as const;
  const { wireRequest, warnings } = chat.relay(source(body), target({ model: "m2", quirks: { drop: ["top_k", "absent"] } }));
  assert.equal(
    textOf(wireRequest.body ?? {}),
    '{ "model" : "m2" ,  "max_tokens" : 1e2 ,  "unknown" : {"a":[1.0]} ,  "messages" : [] }',
  );
  assert.deepEqual(
    warnings.map(({ code, at }) => [code, at]),
    [["top_k_dropped", "top_k"]],
  );
  const same = chat.relay(source(body), target({ model: "claude" }));
  assert.equal(textOf(same.wireRequest.body ?? {}), new TextDecoder().decode(source(body).body));
});

test("the caller's version and betas go along", () => {
  const { headers } = chat.relay(
    source(simple, { "anthropic-beta": "a,b", "anthropic-version": "2023-01-01", "x-api-key": "k" }),
    target(),
  ).wireRequest;
  assert.deepEqual(headers, { "anthropic-version": "2023-01-01", "anthropic-beta": "a,b" });
  assert.deepEqual(chat.relay(source(simple), target()).wireRequest.headers, { "anthropic-version": "2023-06-01" });
});

const relay = () => chat.relay(source(simple), target()).relay;
const start = event({
  type: "message_start",
  message: { id: "msg_1", model: "served", usage: { input_tokens: 4, output_tokens: 1 } },
});
const open = (content_block: JsonObject) => event({ type: "content_block_start", index: 0, content_block });
const delta = (inner: JsonObject) => event({ type: "content_block_delta", index: 0, delta: inner });

test("frames that need a look are told from deltas, whatever the deltas say", () => {
  const { interesting } = relay();
  const frame = (one: { readonly event?: string | undefined; readonly data: string }) =>
    `event: ${one.event}\ndata: ${one.data}\n\n`;
  const looks = [
    start,
    open({ type: "text", text: "" }),
    event({ type: "content_block_stop", index: 0 }),
    event({ type: "message_delta", delta: {} }),
    event({ type: "message_stop" }),
    event({ type: "error", error: { type: "api_error" } }),
  ];
  for (const one of looks) {
    assert(interesting.test(frame(one)), one.event);
    assert(interesting.test(`data: ${one.data.replaceAll('":', '": ')}\n\n`), `${one.event} without its name`);
  }
  const quote = 'event: "type":"message_stop" {"type": "error"}';
  for (const inner of [
    { type: "text_delta", text: quote },
    { type: "input_json_delta", partial_json: quote },
  ]) {
    assert(!interesting.test(frame(delta(inner))), JSON.stringify(inner));
  }
});

test("content is what a caller would see: not an empty start, not an empty delta", () => {
  const seen = (...events: readonly { readonly data: string }[]) => {
    const reader = relay();
    for (const one of events) assert.equal(reader.push(one), "keep");
    return reader.observed().content;
  };
  const thinking = open({ type: "thinking", thinking: "", signature: "" });
  assert.equal(seen(start, open({ type: "text", text: "", citations: null }), event({ type: "ping" })), false);
  assert.equal(seen(start, thinking, delta({ type: "thinking_delta", thinking: "", estimated_tokens: 5 })), false);
  assert.equal(seen(start, thinking, delta({ type: "thinking_delta", thinking: "a" })), true);
  assert.equal(seen(start, open({ type: "text", text: "" }), delta({ type: "text_delta", text: "a" })), true);
  assert.equal(seen(start, open({ type: "tool_use", id: "t", name: "f", input: {} })), true);
  assert.equal(seen(start, open({ type: "redacted_thinking", data: "x" })), true);
});

test("usage, finish and errors are read as they pass", () => {
  const reader = relay();
  const stop = event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } });
  for (const one of [start, open({ type: "tool_use", id: "t", name: "f", input: {} }), stop, event({ type: "message_stop" })])
    reader.push(one);
  const { id, model, usage, finish, ended } = reader.observed();
  assert.deepEqual(
    [id, model, usage?.inputUncached, usage?.outputVisible, finish, ended],
    ["msg_1", "served", 4, 9, { reason: "tool-calls", raw: "end_turn" }, true],
  );
  const failing = relay();
  failing.push(event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }));
  assert.equal(failing.observed().error?.code, "overloaded");
  assert.deepEqual(failing.cut({ kind: "error", error: new GatewayError("overloaded", "x") }), []);
});

test("a cut at a limit closes the open block; a broken stream ends in one error event", () => {
  const reader = relay();
  for (const one of [start, open({ type: "text", text: "" }), delta({ type: "text_delta", text: "a" })]) reader.push(one);
  const cut = parsed(reader.cut({ kind: "limited" }));
  assert.deepEqual(
    cut.map((body) => body["type"]),
    ["content_block_stop", "message_delta", "message_stop"],
  );
  assert(isObject(cut[1]?.["usage"]) && cut[1]["usage"]["input_tokens"] === 4);
  const error = new GatewayError("truncated", "Cut off.");
  const [broken] = parsed(reader.cut({ kind: "truncated", error }));
  assert.deepEqual(broken, { type: "error", error: { type: "api_error", message: "Cut off." }, request_id: null });
  assert.deepEqual(reader.cut({ kind: "cancelled" }), []);
});

test("whole replies: read, and an error under status 200 is seen", () => {
  const body: Json = {
    id: "msg_1",
    model: "served",
    content: [{ type: "text", text: "x" }],
    stop_reason: "end_turn",
    usage: { input_tokens: 1, output_tokens: 2 },
  };
  const reader = relay();
  assert.equal(reader.whole(body), "keep");
  const { content, ended, finish } = reader.observed();
  assert.deepEqual([content, ended, finish?.reason], [true, true, "stop"]);
  const failing = relay();
  failing.whole({ type: "error", error: { type: "api_error", message: "x" } });
  assert.equal(failing.observed().error?.code, "provider_error");
});

test("thoughts without a signature go to who takes them, and to Anthropic itself they do not", () => {
  const thought = '{"type":"thinking","thinking":"hm","signature":""}';
  const turn = `{"role":"assistant","content":[${thought},{"type":"tool_use","id":"t","name":"f","input":{}}]}`;
  const result = '{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"}]}';
  const body = [
    ["messages", `[{"role":"user","content":"q"},${turn},${result}]`],
    ["thinking", '{"type":"enabled","budget_tokens":1024}'],
  ] as const;
  const sent = (quirks: Target["quirks"]): string => textOf(chat.relay(source(body), target({ quirks })).wireRequest.body ?? {});
  assert.match(sent({}), /"signature":"".*budget_tokens/);
  assert.doesNotMatch(sent({ signedThinking: true }), /thinking/);
  assert.match(sent({ signedThinking: true }), /tool_use.*tool_result/);
});
