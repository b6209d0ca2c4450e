import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatChunk, Finish } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { finished, type Terminal } from "../../canonical/terminal.ts";
import { plain } from "../shared/testing/codec.ts";
import { sdkEvents, sdkStream, sdkWhole } from "./testing/sdk.ts";
import { encoder } from "./testing/setting.ts";

const stop: Finish = { reason: "stop", raw: null };
const other = { wire: "anthropic-messages", provider: "anthropic" };

/** Chunks of parts that are told one after the other, each in one delta. */
function told(...parts: readonly Part[]): ChatChunk[] {
  const out: ChatChunk[] = [{ type: "start", head: { id: "msg_1", model: "served" } }];
  for (const [part, content] of parts.entries()) {
    const at = { choice: 0, part };
    if (content.type === "text" || content.type === "refusal") {
      out.push({ type: "part-start", ...at, content: { ...content, text: "" } });
      out.push({ type: "part-delta", ...at, delta: { type: content.type, text: content.text } });
    } else if (content.type === "reasoning") {
      out.push({ type: "part-start", ...at, content: { ...content, text: "" } });
      if (content.text !== "") out.push({ type: "part-delta", ...at, delta: { type: "reasoning", text: content.text } });
    } else if (content.type === "tool-call") {
      out.push({ type: "part-start", ...at, content: { ...content, arguments: "" } });
      out.push({ type: "part-delta", ...at, delta: { type: "arguments", text: content.arguments } });
    } else out.push({ type: "part-start", ...at, content });
    out.push({ type: "part-end", ...at });
  }
  return out;
}

function serve(chunks: readonly ChatChunk[], terminal: Terminal = finished, body: JsonObject = {}) {
  const writer = encoder(body);
  const events: WireEvent[] = chunks.flatMap((chunk) => [...writer.push(chunk)]);
  events.push(...writer.end(terminal));
  return { events, codes: writer.warnings.map(({ code }) => code) };
}

const bodies = (events: readonly WireEvent[]): JsonObject[] =>
  events.map(({ event, data }, at) => {
    const body: Json = JSON.parse(data);
    assert(isObject(body));
    assert.equal(body["type"], event);
    assert.equal(body["sequence_number"], at);
    return body;
  });

function output(response: Json): readonly JsonObject[] {
  assert(isObject(response) && isArray(response["output"]));
  return response["output"].filter(isObject);
}

const call = (id: string, name: string, args: string): Part => ({ type: "tool-call", id, name, arguments: args });

describe("responses for callers", () => {
  it("say everything in order, with numbered events, in items whose ids agree", async () => {
    const { events } = serve([
      ...told(
        { type: "reasoning", text: "hm", origin: other },
        { type: "text", text: "so" },
        { type: "refusal", text: "no" },
        call("c1", "f", '{"a":1}'),
      ),
      { type: "finish", choice: 0, finish: { reason: "tool-calls", raw: "tool_use" } },
    ]);
    const types = bodies(events).map(({ type }) => type);
    assert.deepEqual(types, [
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.reasoning_summary_part.added",
      "response.reasoning_summary_text.delta",
      "response.reasoning_summary_text.done",
      "response.reasoning_summary_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.content_part.added",
      "response.refusal.delta",
      "response.refusal.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "response.completed",
    ]);
    const items = output(await sdkStream(events));
    assert.deepEqual(
      items.map(({ id, type }) => [id, type]),
      [
        ["rs_ours_0", "reasoning"],
        ["msg_ours_1", "message"],
        ["fc_ours_2", "function_call"],
      ],
    );
  });

  it("keep parallel calls apart, however their pieces come (#8)", async () => {
    const chunks: ChatChunk[] = [{ type: "start", head: {} }];
    for (const part of [0, 1]) {
      chunks.push({
        type: "part-start",
        choice: 0,
        part,
        content: { type: "tool-call", id: `c${part}`, name: "f", arguments: "" },
      });
    }
    for (const [part, text] of [
      [0, '{"a"'],
      [1, '{"b"'],
      [0, ":1}"],
      [1, ":2}"],
    ] as const) {
      chunks.push({ type: "part-delta", choice: 0, part, delta: { type: "arguments", text } });
    }
    for (const part of [1, 0]) chunks.push({ type: "part-end", choice: 0, part });
    const items = output(await sdkStream(serve(chunks).events));
    assert.deepEqual(
      items.map((item) => [item["call_id"], item["arguments"]]),
      [
        ["c0", '{"a":1}'],
        ["c1", '{"b":2}'],
      ],
    );
  });

  it("tell a call without arguments as an empty object, in a delta as in the end", () => {
    const { events } = serve([{ type: "part-start", choice: 0, part: 0, content: call("a", "f", "") }]);
    const told = bodies(events).flatMap(({ type, delta, arguments: written }) =>
      String(type).includes("arguments") ? [[type, delta ?? written]] : [],
    );
    assert.deepEqual(told, [
      ["response.function_call_arguments.delta", "{}"],
      ["response.function_call_arguments.done", "{}"],
    ]);
  });

  it("repeat what was asked and need no usage", () => {
    const body = { instructions: "be", temperature: 0.5, store: false, tools: [{ type: "function", name: "f" }] };
    const last = bodies(serve([...told({ type: "text", text: "x" })], finished, body).events).at(-1)?.["response"];
    assert(isObject(last));
    const { instructions, temperature, store, tools, status, usage, previous_response_id } = last;
    assert.deepEqual(
      { instructions, temperature, store, status, usage, previous_response_id },
      {
        instructions: "be",
        temperature: 0.5,
        store: false,
        status: "completed",
        usage: null,
        previous_response_id: null,
      },
    );
    assert.deepEqual(tools, [{ type: "function", name: "f", description: null, parameters: null, strict: true }]);
  });

  it("tell a cut answer as incomplete, whoever cut it", async () => {
    for (const [finish, terminal] of [
      [{ reason: "length", raw: "max_tokens" }, finished],
      [stop, { kind: "limited" }],
    ] as const) {
      const chunks = told({ type: "text", text: "so" }).slice(0, -1);
      const { events } = serve([...chunks, { type: "finish", choice: 0, finish }], terminal);
      const response = await sdkStream(events);
      assert(isObject(response));
      assert.deepEqual([response["status"], response["incomplete_details"]], ["incomplete", { reason: "max_output_tokens" }]);
      assert.deepEqual(
        output(response).map(({ status }) => status),
        ["incomplete"],
      );
    }
  });

  it("break off with an error that the SDK throws, and with a failed response for those who read on (#9)", async () => {
    const error = new GatewayError("overloaded", "Too busy.");
    const { events } = serve(told({ type: "text", text: "so" }).slice(0, -1), { kind: "error", error });
    const [said, failed] = bodies(events).slice(-2);
    assert.equal(said?.["message"], "Too busy.");
    assert.deepEqual(isObject(said?.["error"]) && said["error"]["message"], "Too busy.");
    assert(isObject(failed?.["response"]));
    assert.deepEqual(failed["response"]["error"], { code: "server_error", message: "Too busy." });
    await assert.rejects(sdkEvents(events), /Too busy/);
    await assert.rejects(sdkStream(events), /Too busy/);
  });

  it("end in silence where the caller has gone", () => {
    assert.deepEqual(
      serve(told({ type: "text", text: "x" }), { kind: "cancelled" }).events.at(-1)?.event,
      "response.content_part.done",
    );
  });

  it("show a provider's own items and thoughts as they were", async () => {
    const mine = { wire: "openai-responses", provider: "openai" };
    const search = { id: "ws_1", type: "web_search_call", status: "completed", action: { type: "search", query: "x" } };
    const parts: Part[] = [
      { type: "reasoning", text: "one", itemId: "rs_1", origin: mine },
      { type: "reasoning", text: "two", itemId: "rs_1", origin: mine },
      { type: "reasoning", text: "", encrypted: "sealed", itemId: "rs_1", origin: mine },
      { type: "opaque", origin: mine, kind: "web_search_call", value: search },
      { type: "text", text: "found", itemId: "msg_1", as: "phase=final_answer" },
    ];
    const summary = [
      { type: "summary_text", text: "one" },
      { type: "summary_text", text: "two" },
    ];
    const due = [
      { id: "rs_1", type: "reasoning", summary, encrypted_content: "sealed" },
      search,
      {
        id: "msg_1",
        type: "message",
        status: "completed",
        role: "assistant",
        phase: "final_answer",
        content: [{ type: "output_text", text: "found", annotations: [], logprobs: [] }],
      },
    ];
    const whole = encoder().whole({ choices: [{ index: 0, content: parts, finish: stop }] });
    assert.deepEqual(plain(output(plain(await sdkWhole(whole)))), due);
    const streamed = output(await sdkStream(serve(told(...parts)).events));
    assert.deepEqual(
      streamed.map(({ id }) => id),
      ["rs_1", "ws_1", "msg_1"],
    );
    assert.deepEqual(streamed[0], due[0]);
    assert.deepEqual(streamed[1], due[1]);
  });

  it("report what cannot be shown", () => {
    const { codes, events } = serve(
      told(
        { type: "reasoning", text: "", redacted: "x", origin: other },
        { type: "opaque", origin: other, kind: "server_tool_use", value: { type: "server_tool_use" } },
        { type: "text", text: "x", citations: [{ origin: other, kind: "document", raw: {} }] },
      ),
    );
    assert.deepEqual(codes, ["reasoning_signature_hidden", "part_hidden", "citation_dropped"]);
    assert.equal(output(bodies(events).at(-1)?.["response"] ?? null).length, 1);
  });

  it("give another wire's log probabilities and citations in their own shapes", async () => {
    const token = { token: "x", logprob: -1, bytes: [120], top_logprobs: [] };
    const chunks: ChatChunk[] = [
      { type: "part-start", choice: 0, part: 0, content: { type: "text", text: "" } },
      {
        type: "part-delta",
        choice: 0,
        part: 0,
        delta: { type: "text", text: "x", logprobs: { content: [token], refusal: null } },
      },
      {
        type: "part-delta",
        choice: 0,
        part: 0,
        delta: { type: "citation", citation: { origin: other, kind: "url", url: "u", raw: {} } },
      },
      { type: "part-end", choice: 0, part: 0 },
    ];
    const [item] = output(await sdkStream(serve(chunks).events));
    assert(isArray(item?.["content"]) && isObject(item["content"][0]));
    assert.deepEqual(item["content"][0]["logprobs"], [token]);
    assert.deepEqual(item["content"][0]["annotations"], [
      { type: "url_citation", url: "u", title: "u", start_index: 0, end_index: 0 },
    ]);
  });
});
