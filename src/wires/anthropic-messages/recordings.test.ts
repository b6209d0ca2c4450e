import assert from "node:assert/strict";
import { test } from "node:test";
import { BetaMessageStream } from "@anthropic-ai/sdk/lib/BetaMessageStream";
import { accumulate } from "../../canonical/accumulate.ts";
import type { ChatResult } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { finished } from "../../canonical/terminal.ts";
import { inputTokens, outputTokens } from "../../canonical/usage.ts";
import { plain } from "../shared/testing/codec.ts";
import { eventsOf, recordings, skip } from "../shared/testing/recorded.ts";
import { chat, decoder, encoder, textOf } from "./testing/setting.ts";
import { decodeUsage } from "./usage.ts";

const folders = ["anthropic/messages", "vertex/anthropic_messages", "ollama/anthropic_compat_messages"];

/** Doctored by its recorder: the result names a call that was never made. The API would refuse it today. */
const orphan = "anthropic/messages/dd-trace-py.anthropic-completion-tools-call-with-tool-result-stream.0.7e31fe23.json";

test("every recorded request that was answered encodes back to what was sent", { skip }, () => {
  const wrong: string[] = [];
  for (const { file, request, headers, status } of recordings(folders)) {
    if (!isObject(request) || status >= 400 || file === orphan) continue;
    // Vertex keeps the model in the URL.
    const body: JsonObject = request["model"] === undefined ? { ...request, model: "m" } : request;
    const bag = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
    try {
      const decoded = chat.decodeRequest({ path: "/v1/messages", query: "", headers: bag, body });
      const canonical = decoded.request();
      const encoded = chat.encodeRequest(canonical, {
        provider: "anthropic",
        callId: "call_1",
        model: decoded.model,
        stream: decoded.stream,
        quirks: {},
      });
      assert.deepEqual(plain(encoded.wireRequest.body), body);
      assert.deepEqual(encoded.warnings, []);
      if (canonical.extra !== undefined) assert.deepEqual(Object.keys(canonical.extra), ["anthropic_version"]);
      for (const beta of bag["anthropic-beta"]?.split(",") ?? []) {
        assert(encoded.wireRequest.headers["anthropic-beta"]?.split(",").includes(beta));
      }
    } catch (error) {
      wrong.push(`${file}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** The result of a recorded reply, or the error it was; concatenated streams end at the first message's end. */
function resultOf(reply: Json | undefined): ChatResult | GatewayError | undefined {
  const reader = decoder();
  try {
    if (isObject(reply)) return reader.whole(reply);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  if (typeof reply !== "string") return undefined;
  const chunks = eventsOf(reply).flatMap((event) => reader.push(event));
  assert(reader.ended);
  return accumulate([...chunks, ...reader.end()]);
}

test("every recorded reply decodes: a known reason, and usage that adds up to what was reported", { skip }, () => {
  let read = 0;
  for (const { file, reply, status } of recordings(folders)) {
    if (status !== 200) continue;
    const result = resultOf(reply);
    if (result === undefined || result instanceof GatewayError) continue;
    read++;
    assert.notEqual(result.choices[0]?.finish.reason, "other", file);
    const { usage } = result;
    assert(usage && isObject(usage.raw), file);
    assert.equal(usage.anomaly, undefined, file);
    const { raw } = usage;
    const told = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].reduce(
      (sum, name) => sum + Number(raw[name] ?? 0),
      0,
    );
    const compacted = decodeUsage({ ...raw, iterations: null });
    assert.equal(inputTokens(compacted), told, file);
    assert.equal(outputTokens(compacted), raw["output_tokens"], file);
  }
  assert(read > 700);
});

/** The SDK's accumulator over events as it would read them from a socket. */
async function sdkMessage(events: readonly { readonly data: string }[]) {
  const bytes = new TextEncoder().encode(events.map(({ data }) => `${data}\n`).join(""));
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return await BetaMessageStream.fromReadableStream(stream).finalMessage();
}

/** Empty citations are as good as none; arguments are compared as what they say, not how. */
function normal(part: Part): Part {
  if (part.type === "text" && part.citations?.length === 0) return { ...part, citations: undefined };
  return part.type === "tool-call" ? { ...part, arguments: JSON.stringify(JSON.parse(part.arguments)) } : part;
}

test("every recorded stream, encoded again, is read by the official SDK as the same message", { skip }, async () => {
  let read = 0;
  for (const { file, reply, status } of recordings(folders)) {
    if (status !== 200 || typeof reply !== "string") continue;
    const reader = decoder();
    const writer = encoder();
    const chunks = eventsOf(reply).flatMap((event) => reader.push(event));
    const events = [...chunks.flatMap((chunk) => writer.push(chunk)), ...writer.end(finished)];
    const message = await sdkMessage(events.filter(({ event }) => event !== "ping"));
    const result = accumulate(chunks);
    const again = decoder().whole(JSON.parse(JSON.stringify(message)));
    assert.deepEqual(writer.warnings, [], file);
    assert.equal(textOf(again), textOf(result), file);
    const strip = (of: ChatResult): Json => plain(of.choices[0]?.content.map(normal));
    assert.deepEqual(strip(again), strip(result), file);
    assert.equal(again.choices[0]?.finish.raw, result.choices[0]?.finish.raw ?? "end_turn", file);
    const { raw: _, ...counts } = again.usage ?? { raw: null };
    const { raw: __, ...expected } = result.usage ?? { raw: null };
    assert.deepEqual(counts, expected, file);
    read++;
  }
  assert(read > 250);
});

test("relay passes recorded streams on untouched and reads the same out of them", { skip }, () => {
  for (const { file, reply, status } of recordings(folders)) {
    if (status !== 200 || typeof reply !== "string") continue;
    const json = { model: "m" };
    const body = new TextEncoder().encode(JSON.stringify(json));
    const members = new Map([["model", { key: 1, start: 9, end: 12 }]]);
    const source = { wire: "anthropic-messages", path: "", query: "", headers: {}, body, json, members };
    const { relay } = chat.relay(source, { provider: "anthropic", model: "m", stream: true, callId: "call_1", quirks: {} });
    for (const event of eventsOf(reply)) {
      const frame = `event: ${event.event}\ndata: ${event.data}\n\n`;
      if (!relay.observed().content || relay.interesting.test(frame)) assert.equal(relay.push(event), "keep");
      else assert.equal(event.event, event.event === "ping" ? "ping" : "content_block_delta", file);
    }
    const seen = relay.observed();
    const result = resultOf(reply);
    assert(result && !(result instanceof GatewayError));
    assert.deepEqual(
      { id: seen.id, model: seen.model, usage: seen.usage, ended: seen.ended },
      { id: result.id, model: result.model, usage: result.usage, ended: true },
      file,
    );
    const { container: _, contextManagement: __, ...finish } = result.choices[0]?.finish ?? { reason: "other", raw: null };
    assert.deepEqual(seen.finish, finish, file);
    assert.equal(seen.content, (result.choices[0]?.content.length ?? 0) > 0, file);
  }
});
