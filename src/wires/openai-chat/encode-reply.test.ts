import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ChatCompletionStream } from "openai/lib/ChatCompletionStream";
import type { ChatChunk, ChatResult, Finish } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { cancelled, finished, type Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import { encoder } from "./testing/setting.ts";

const usage: Usage = {
  inputUncached: 3,
  cacheRead: 1,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  outputVisible: 2,
  outputReasoning: 4,
  raw: {},
};
const start: ChatChunk = { type: "start", head: { id: "msg_1", model: "claude", createdAt: 5, serviceTier: "standard" } };
const origin = { wire: "anthropic-messages" };

/** An answer as the Anthropic wire decodes it: thoughts, text with a citation, two calls told in turns. */
const answer: readonly ChatChunk[] = [
  start,
  { type: "part-start", choice: 0, part: 0, content: { type: "reasoning", text: "", origin } },
  { type: "part-delta", choice: 0, part: 0, delta: { type: "reasoning", text: "hm" } },
  { type: "part-delta", choice: 0, part: 0, delta: { type: "signature", signature: "sig" } },
  { type: "part-end", choice: 0, part: 0 },
  { type: "part-start", choice: 0, part: 1, content: { type: "text", text: "" } },
  { type: "part-delta", choice: 0, part: 1, delta: { type: "text", text: 'He said "ü"\n' } },
  { type: "part-delta", choice: 0, part: 1, delta: { type: "text", text: "bye" } },
  {
    type: "part-delta",
    choice: 0,
    part: 1,
    delta: { type: "citation", citation: { origin, kind: "url", url: "https://x.test", raw: {} } },
  },
  { type: "part-end", choice: 0, part: 1 },
  { type: "part-start", choice: 0, part: 2, content: { type: "tool-call", id: "a", name: "f", arguments: "" } },
  { type: "part-start", choice: 0, part: 3, content: { type: "tool-call", id: "b", name: "g", arguments: "" } },
  { type: "part-delta", choice: 0, part: 3, delta: { type: "arguments", text: '{"y":' } },
  { type: "part-delta", choice: 0, part: 2, delta: { type: "arguments", text: '{"x":1}' } },
  { type: "part-delta", choice: 0, part: 3, delta: { type: "arguments", text: "2}" } },
  { type: "part-end", choice: 0, part: 2 },
  { type: "part-end", choice: 0, part: 3 },
  { type: "finish", choice: 0, finish: { reason: "tool-calls", raw: "tool_use" } },
  { type: "usage", usage },
];

const asked = { stream: true, stream_options: { include_usage: true } };

function write(chunks: readonly ChatChunk[], terminal: Terminal, body: JsonObject = asked) {
  const writer = encoder(body);
  const events: WireEvent[] = chunks.flatMap((chunk) => [...writer.push(chunk)]);
  events.push(...writer.end(terminal));
  const datas = events.map((event) => event.data);
  const parsed: JsonObject[] = datas
    .filter((data) => data !== "[DONE]")
    .map((data): Json => JSON.parse(data))
    .filter(isObject);
  return { datas, parsed, writer };
}

const deltaOf = (chunk: JsonObject | undefined): Json | undefined => {
  const choice = isArray(chunk?.["choices"]) ? chunk["choices"][0] : undefined;
  return isObject(choice) ? choice["delta"] : undefined;
};

describe("a stream", () => {
  it("is read by the official SDK as it was meant", async () => {
    const { datas } = write(answer, finished);
    const lines = datas.filter((data) => data !== "[DONE]").map((data) => `${data}\n`);
    const stream = ChatCompletionStream.fromReadableStream(new Blob(lines).stream());
    const read = await stream.finalChatCompletion();
    const [choice] = read.choices;
    assert.equal(choice?.message.content, 'He said "ü"\nbye');
    assert.equal(choice?.finish_reason, "tool_calls");
    assert.deepEqual(
      choice?.message.tool_calls?.map(
        (call) => call.type === "function" && [call.id, call.function.name, call.function.arguments],
      ),
      [
        ["a", "f", '{"x":1}'],
        ["b", "g", '{"y":2}'],
      ],
    );
    assert.deepEqual([read.id, read.model, read.created], ["msg_1", "claude", 5]);
    assert.deepEqual([read.usage?.prompt_tokens, read.usage?.completion_tokens], [4, 6]);
  });

  it("begins with the role, tells reasoning and citations, ends with one usage chunk and [DONE]", () => {
    const { datas, parsed, writer } = write(answer, finished);
    assert.deepEqual(deltaOf(parsed[0]), { role: "assistant", content: "", refusal: null });
    assert.deepEqual(deltaOf(parsed[1]), { reasoning_content: "hm" });
    assert.ok(datas.some((data) => data.includes('"annotations":[{"type":"url_citation"')));
    assert.equal(datas.at(-1), "[DONE]");
    const told = parsed.filter((chunk) => chunk["usage"] !== null);
    assert.equal(told.length, 1);
    assert.deepEqual(told[0]?.["choices"], []);
    assert.equal(told[0], parsed.at(-1));
    assert.ok(parsed.every((chunk) => chunk["service_tier"] === "default" && chunk["object"] === "chat.completion.chunk"));
    assert.deepEqual(
      writer.warnings.map((warning) => warning.code),
      ["reasoning_signature_hidden"],
    );
  });

  it("tells no usage to a caller who did not ask", () => {
    const { datas } = write(answer, finished, { stream: true });
    assert.ok(datas.every((data) => !data.includes('"usage"')));
    assert.equal(datas.at(-1), "[DONE]");
  });

  it("ends an answer cut at a limit with length, usage and [DONE]", () => {
    const { datas, parsed } = write([...answer.slice(0, 8), { type: "usage", usage }], { kind: "limited" });
    assert.ok(datas.at(-3)?.includes('"finish_reason":"length"'));
    assert.ok(parsed.at(-1)?.["usage"]);
    assert.equal(datas.at(-1), "[DONE]");
  });

  it("ends a failed one with one error event and nothing else, a cancelled one with nothing", () => {
    for (const kind of ["error", "truncated"] as const) {
      const error = new GatewayError("truncated", "The stream broke off.");
      const { datas } = write([...answer.slice(0, 8), { type: "error", error }], { kind, error });
      assert.ok(!datas.includes("[DONE]"));
      assert.equal(datas.filter((data) => data.startsWith('{"error"')).length, 1);
      assert.ok(datas.at(-1)?.startsWith('{"error":{"message":"The stream broke off."'));
    }
    assert.equal(write(answer.slice(0, 8), cancelled).datas.length, write(answer.slice(0, 8), finished).datas.length - 2);
  });

  it("never stops with a call: paused it is to be run, unfinished it was cut; whole answers likewise", () => {
    const told = (finish: Finish, calls: boolean): readonly Json[] => {
      const part: Part = calls ? { type: "tool-call", id: "a", name: "f", arguments: "{}" } : { type: "text", text: "a" };
      const { parsed } = write(
        [start, { type: "part-start", choice: 0, part: 0, content: part }, { type: "finish", choice: 0, finish }],
        finished,
        {},
      );
      const whole = encoder({}).whole({ choices: [{ index: 0, content: [part], finish }] });
      return [parsed.at(-1), whole].map((body) => {
        const choice = isArray(body?.["choices"]) ? body["choices"][0] : undefined;
        return isObject(choice) ? (choice["finish_reason"] ?? null) : null;
      });
    };
    const reasons = ["stop", "pause", "other"] as const;
    assert.deepEqual(
      reasons.map((reason) => told({ reason, raw: null }, true)),
      ["tool_calls", "tool_calls", "length"].map((word) => [word, word]),
    );
    for (const reason of reasons) assert.deepEqual(told({ reason, raw: null }, false), ["stop", "stop"]);
  });

  it("keeps several choices apart, each with its role and finish", () => {
    const chunks: ChatChunk[] = [
      start,
      { type: "part-start", choice: 1, part: 0, content: { type: "text", text: "b" } },
      { type: "part-start", choice: 0, part: 0, content: { type: "text", text: "a" } },
      { type: "finish", choice: 1, finish: { reason: "stop", raw: "stop" } },
      { type: "finish", choice: 0, finish: { reason: "content-filter", raw: "refusal" } },
    ];
    const { parsed } = write(chunks, finished, { stream: true });
    const read = parsed.map((chunk) => {
      const choice = isArray(chunk["choices"]) ? chunk["choices"][0] : undefined;
      return isObject(choice) ? [choice["index"], choice["finish_reason"]] : [];
    });
    assert.deepEqual(read, [
      [0, null],
      [1, null],
      [1, null],
      [0, null],
      [1, "stop"],
      [0, "content_filter"],
    ]);
  });

  it("gives calls as function_call to callers of the legacy form", () => {
    const { datas, writer } = write(answer, finished, { stream: true, functions: [{ name: "f" }] });
    assert.ok(datas.some((data) => data.includes('"function_call":{"arguments":"{\\"x\\":1}"}')));
    assert.ok(datas.some((data) => data.includes('"finish_reason":"function_call"')));
    assert.ok(!datas.some((data) => data.includes("tool_calls")));
    assert.ok(writer.warnings.some((warning) => warning.code === "parallel_call_dropped"));
  });

  it("reports what callers of this wire cannot see", () => {
    const value = { type: "web_search_tool_result" };
    const { writer } = write(
      [start, { type: "part-start", choice: 0, part: 0, content: { type: "opaque", origin, kind: "x", value } }],
      finished,
    );
    assert.deepEqual(
      writer.warnings.map((warning) => [warning.kind, warning.code]),
      [["dropped", "part_hidden"]],
    );
  });
});

describe("a whole answer", () => {
  it("has every field that clients rely on", () => {
    const result: ChatResult = {
      choices: [
        {
          index: 0,
          content: [
            { type: "reasoning", text: "hm" },
            { type: "tool-call", id: "a", name: "f", arguments: "{}" },
          ],
          finish: { reason: "tool-calls", raw: "tool_use" },
        },
      ],
      usage,
    };
    assert.deepEqual(encoder().whole(result), {
      id: "chatcmpl-ours",
      object: "chat.completion",
      created: 7,
      model: "m",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: null,
            refusal: null,
            reasoning_content: "hm",
            tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
          },
          logprobs: null,
          finish_reason: "tool_calls",
        },
      ],
      usage: {
        prompt_tokens: 4,
        completion_tokens: 6,
        total_tokens: 10,
        prompt_tokens_details: { cached_tokens: 1 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
    });
  });
});
