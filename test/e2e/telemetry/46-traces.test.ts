import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { asked, type FourWires, pairs, startFourWires } from "../pains/kit/four-wires.ts";
import { type CollectedSpan, type Collector, startCollector } from "./collector.ts";

/* #46: what happened can be seen. A fake collector behind OTLP, every route, streams, failures. */

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";
const traced = { traceparent: `00-${traceId}-${callerSpan}-01`, tracestate: "vendor=a1,other=b2" };

const providers = { "openai-chat": "oai", "openai-responses": "res", "anthropic-messages": "ant", gemini: "gem" } as const;

const prompt = "one two three four five six seven eight nine ten";
const wordy: { readonly [wire in keyof typeof providers]: JsonObject } = {
  "openai-chat": { messages: [{ role: "user", content: prompt }] },
  "openai-responses": { input: prompt },
  "anthropic-messages": { messages: [{ role: "user", content: prompt }] },
  gemini: { contents: [{ role: "user", parts: [{ text: prompt }] }] },
};

describe("#46: traces", () => {
  let collector: Collector;
  let stack: FourWires;

  before(async () => {
    collector = await startCollector();
    stack = await startFourWires({
      yaml: `observe: { otlp_endpoint: ${collector.url} }`,
      env: {
        OTEL_SERVICE_NAME: "gate",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=ci,team=a%20b",
        OTEL_BSP_SCHEDULE_DELAY: "20",
      },
    });
  });
  after(async () => {
    await stack.close();
    await collector.close();
  });

  /** The spans of a call, once all of them have come. */
  async function spansOf(
    callId: string | undefined,
  ): Promise<{ readonly call: CollectedSpan; readonly attempts: readonly CollectedSpan[] }> {
    assert.ok(callId);
    for (let least = 1; ; least = collector.spans.length + 1) {
      const spans = await collector.until(least);
      const call = spans.find(({ attributes }) => attributes["polygate.call_id"] === callId);
      if (call === undefined) continue;
      const attempts = spans.filter(({ parentSpanId }) => parentSpanId === call.spanId);
      if (attempts.length === call.attributes["polygate.attempts"]) return { call, attempts };
    }
  }

  test("every route, whole and in a stream: the caller's trace, one child per attempt, tokens", async (t) => {
    const heard: { caller: string; upstream: keyof typeof providers; stream: boolean; model: string; id: string | undefined }[] =
      [];
    // One after the other: a busy machine turns crowds away.
    for (const { caller, upstream } of pairs) {
      for (const stream of [false, true]) {
        const model = `${providers[upstream]}/echo`;
        const { headers, status } = await stack.post(caller, model, asked[caller], { stream, headers: traced });
        assert.equal(status, 200);
        heard.push({ caller, upstream, stream, model, id: headers["x-polygate-call-id"] });
      }
    }
    for (const { caller, upstream, stream, model, id } of heard) {
      const { call, attempts } = await spansOf(id);
      const where = `${caller} -> ${upstream} ${stream}`;
      assert.equal(call.traceId, traceId, where);
      assert.equal(call.parentSpanId, callerSpan, where);
      assert.equal(call.traceState, "vendor=a1,other=b2", where);
      assert.deepEqual([call.kind, call.status, call.name], [2, 0, `chat ${model}`], where);
      assert.equal(attempts.length, 1, where);
      const [attempt] = attempts;
      assert.ok(attempt);
      assert.deepEqual([attempt.kind, attempt.name, attempt.traceId], [3, "chat echo", traceId], where);
      for (const { attributes } of [call, attempt]) {
        assert.equal(attributes["gen_ai.operation.name"], "chat", where);
        assert.ok(Number(attributes["gen_ai.usage.input_tokens"]) > 0, where);
        assert.ok(Number(attributes["gen_ai.usage.output_tokens"]) > 0, where);
        assert.equal(attributes["gen_ai.provider.name"], providers[upstream], where);
        assert.deepEqual(attributes["gen_ai.response.finish_reasons"], ["tool-calls"], where);
        assert.equal(attributes["http.response.status_code"], 200, where);
        assert.equal(attributes["polygate.terminal"], "finished", where);
        assert.equal(attributes["error.type"], undefined, where);
      }
      assert.equal(call.attributes["gen_ai.request.model"], model);
      assert.equal(attempt.attributes["gen_ai.request.model"], "echo");
      assert.equal(call.attributes["gen_ai.request.stream"], stream);
      assert.equal(call.attributes["polygate.caller_wire"], caller);
      assert.equal(attempt.attributes["polygate.provider_wire"], upstream);
      assert.ok(call.startMs <= attempt.startMs + 1 && attempt.endMs <= call.endMs + 1.5, where);
      assert.ok(call.endMs - call.startMs < 30_000, where);
      if (stream) assert.ok(Number(call.attributes["gen_ai.response.time_to_first_chunk"]) > 0, where);
    }
    t.diagnostic(`${heard.length} calls over 16 routes, whole and in streams`);
    assert.equal(collector.resource["service.name"], "gate");
    assert.equal(collector.resource["team"], "a b");
  });

  test("failures of every route: the error's type, on the call and on its attempt, before and amid a stream", async () => {
    for (const { caller, upstream } of pairs) {
      for (const [fault, stream, code, status] of [
        ["400", false, "invalid_request", 400],
        ["401", true, "provider_credential", 401],
        ["error-event:8", true, "overloaded", 200],
        ["truncate:8", true, "truncated", 200],
      ] as const) {
        const model = `${providers[upstream]}/fault:${fault}`;
        const { headers } = await stack.post(caller, model, wordy[caller], { stream, headers: traced });
        const { call, attempts } = await spansOf(headers["x-polygate-call-id"]);
        const where = `${caller} -> ${upstream} ${fault}`;
        assert.equal(call.traceId, traceId, where);
        assert.equal(call.status, 2, where);
        assert.equal(call.attributes["error.type"], code, where);
        if (fault !== "401") assert.equal(call.attributes["http.response.status_code"], status, where);
        assert.equal(attempts.at(-1)?.attributes["error.type"], code, where);
        assert.equal(attempts.at(-1)?.status, 2, where);
        assert.equal(call.attributes["polygate.terminal"], code === "truncated" ? "truncated" : "error", where);
      }
    }
  });

  test("a retry is a second child that says why", async () => {
    const { headers, status } = await stack.post("openai-chat", "oai/fault:fail-then-ok:1", asked["openai-chat"]);
    assert.equal(status, 200);
    const { call, attempts } = await spansOf(headers["x-polygate-call-id"]);
    const [first, second] = [...attempts].sort(
      (a, b) => Number(a.attributes["polygate.attempt.number"]) - Number(b.attributes["polygate.attempt.number"]),
    );
    assert.equal(call.attributes["polygate.attempts"], 2);
    assert.equal(call.status, 0);
    assert.equal(first?.attributes["error.type"], "overloaded");
    assert.equal(first?.attributes["polygate.attempt.kind"], undefined);
    assert.equal(second?.attributes["polygate.attempt.kind"], "retry");
    assert.equal(second?.attributes["polygate.attempt.reason"], "overloaded");
  });

  test("a caller who goes away leaves a call that was cancelled", async () => {
    let id: string | undefined;
    await stack
      .post(
        "anthropic-messages",
        "ant/echo-slow",
        { messages: [{ role: "user", content: "a b c d e f g h i j" }] },
        {
          stream: true,
          onText: (_, request) => request.destroy(),
          onRequest: (request) =>
            request.on("response", ({ headers }) => {
              id = String(headers["x-polygate-call-id"]);
            }),
        },
      )
      .catch(() => {});
    const { call, attempts } = await spansOf(id);
    assert.equal(call.attributes["polygate.terminal"], "cancelled");
    assert.equal(attempts.length, 1);
  });

  test("without a valid traceparent the call begins a trace of its own", async () => {
    for (const traceparent of [
      undefined,
      "rubbish",
      `00-${"0".repeat(32)}-${callerSpan}-01`,
      `ff-${traceId}-${callerSpan}-01`,
      "x".repeat(8000),
    ]) {
      const headers = traceparent === undefined ? {} : { traceparent };
      const reply = await stack.post("openai-chat", "oai/echo", asked["openai-chat"], { headers });
      const { call } = await spansOf(reply.headers["x-polygate-call-id"]);
      assert.notEqual(call.traceId, traceId);
      assert.equal(call.parentSpanId, undefined);
    }
  });

  test("a trace that its caller does not sample is not sent", async () => {
    const before = collector.spans.length;
    await stack.post("openai-chat", "oai/echo", asked["openai-chat"], {
      headers: { traceparent: `00-${traceId}-${callerSpan}-00` },
    });
    const { headers } = await stack.post("openai-chat", "oai/echo", asked["openai-chat"]);
    await spansOf(headers["x-polygate-call-id"]);
    assert.equal(collector.spans.length, before + 2);
  });

  test("providers hear nothing of the trace, and no prompt is in it", async () => {
    const { headers } = await stack.post(
      "openai-chat",
      "oai/fault:echo-headers",
      { messages: [{ role: "user", content: "a-word-of-the-prompt" }] },
      { headers: traced },
    );
    await spansOf(headers["x-polygate-call-id"]);
    assert.equal(collector.texts.join().includes("a-word-of-the-prompt"), false);
    assert.equal(JSON.stringify(stack.provider.journal.entries.at(-1)).includes(traceId), false);
  });
});
