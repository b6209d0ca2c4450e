import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { withRequest } from "../canonical/call.ts";
import type { Message } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import { TransportError } from "../transport/http-transport.ts";
import { callOf, settled, wires } from "./testing/calls.ts";
import { busy, chunksOf, good, refusal, rig, whole } from "./testing/rig.ts";
import { openaiAnswer } from "./testing/streams.ts";

const { openai, anthropic } = wires;
assert.ok(openai && anthropic);

describe("dispatch", () => {
  it("tries again before content, one entry per attempt, and waits between", async () => {
    const { run, log, transport, clock } = rig([
      busy,
      { reads: [openaiAnswer.frames[0] ?? ""] },
      { headers: { "x-request-id": "third" }, reads: [good] },
    ]);
    const call = callOf(openai, "oai/m");
    const started = clock.now();
    const { terminal } = await chunksOf(await run(call));
    assert.equal(terminal, "finished");
    assert.deepEqual(
      log.ended.map((end) => [end.how, end.terminal, end.errorCode, end.status]),
      [
        ["settle", "error", "overloaded", 503],
        ["settle", "truncated", "truncated", 200],
        ["settle", "finished", undefined, 200],
      ],
    );
    assert.deepEqual(
      log.begun.map(({ id, number }) => [id, number]),
      [
        ["call_1.1", 1],
        ["call_1.2", 2],
        ["call_1.3", 3],
      ],
    );
    assert.equal(clock.now() - started, 375);
    assert.equal(call.record.waitedMs, 375);
    assert.equal(call.record.attempts, 3);
    assert.equal(call.record.model, "m-1");
    assert.deepEqual(call.record.headers, { "x-request-id": "third" });
    assert.equal(clock.pending, 0);
    assert.equal(transport.asked.length, 3);
  });

  it("after content never: the stream says how it broke", async () => {
    const { run, log, transport } = rig([{ reads: [...openaiAnswer.frames.slice(0, 2), new GatewayError("truncated", "gone")] }]);
    const { terminal } = await chunksOf(await run(callOf(anthropic, "oai/m")));
    assert.equal(terminal, "truncated");
    assert.equal(transport.asked.length, 1);
    assert.deepEqual(
      log.ended.map(({ terminal }) => terminal),
      ["truncated"],
    );
  });

  it("an answer made in the background never a second time, where the first may be in the making", async () => {
    const torn = new TransportError("unreachable", "gone", true);
    const unsent = new TransportError("unreachable", "no way", false);
    for (const [first, attempts] of [
      [torn, 1],
      [{ reads: [openaiAnswer.frames[0] ?? ""] }, 1],
      [unsent, 2],
      [busy, 2],
    ] as const) {
      for (const background of [true, false]) {
        const { run, transport } = rig([first, { reads: [good] }]);
        const call = callOf(openai, "oai/m");
        const changed = withRequest(call, { ...call.request, background });
        await run(changed).catch(() => undefined);
        assert.equal(transport.asked.length, background ? attempts : 2);
      }
    }
  });

  it("gives the last error, with the headers of its own attempt", async () => {
    const { run, log } = rig([busy, busy, new TransportError("unreachable", "no way", false)]);
    const call = callOf(openai, "oai/m", { stream: false });
    assert.equal((await refusal(run(call))).code, "unreachable");
    assert.deepEqual(
      log.ended.map(({ how }) => how),
      ["settle", "settle", "void"],
    );
    assert.deepEqual(call.record.headers, {});
  });

  it("a model that is not there is a 404 to callers of another wire, whatever status its provider has for it", async () => {
    const reads = ['{"error":{"message":"The requested model \'m\' does not exist.","code":"model_not_found"}}'];
    for (const [caller, status] of [
      [openai, 400],
      [anthropic, 404],
    ] as const) {
      const { run } = rig([{ status: 400, reads }]);
      const error = await refusal(run(callOf(caller, "oai/m")));
      assert.deepEqual([error.code, error.status], ["model_not_found", status]);
    }
  });

  it("does not try again what cannot succeed, nor past the deadline", async () => {
    const wrong = rig([{ status: 400, reads: ['{"error":{"message":"no"}}'] }]);
    assert.equal((await refusal(wrong.run(callOf(openai, "oai/m")))).status, 400);
    const slow = rig([{ ...busy, headers: { "retry-after": "60" } }]);
    const error = await refusal(slow.run(callOf(openai, "oai/m", { deadline: 1000 + 60_000 })));
    assert.equal(error.retryAfterMs, 60_000);
    assert.equal(slow.clock.pending, 0);
    const late = rig([]);
    assert.equal((await refusal(late.run(callOf(openai, "oai/m", { deadline: 1000 })))).code, "timeout");
    assert.deepEqual(
      late.log.ended.map(({ how }) => how),
      ["void"],
    );
  });

  it("waits for the longest that the provider asks for, in a header or in words", async () => {
    const reads = ['{"error":{"message":"Please try again in 1m2s.","code":"rate_limit_exceeded"}}'];
    for (const [seconds, wait] of [
      ["1", 62_000],
      ["90", 90_000],
    ] as const) {
      const { run } = rig([{ status: 429, reads, headers: { "retry-after": seconds } }]);
      assert.equal((await refusal(run(callOf(openai, "oai/m", { deadline: 30_000 })))).retryAfterMs, wait);
    }
  });

  it("stops waiting the moment the caller goes away, and leaves nothing behind", async () => {
    const { handler, clock, log } = rig([busy]);
    const abort = new AbortController();
    const reply = refusal(handler(callOf(openai, "oai/m", { signal: abort.signal })));
    await settled();
    assert.equal(clock.pending, 1);
    abort.abort();
    assert.equal((await reply).code, "cancelled");
    assert.equal(clock.pending, 0);
    assert.equal(log.ended.length, 1);
    const patient = new AbortController();
    await rig([busy, { reads: [good] }]).run(callOf(openai, "oai/m", { signal: patient.signal }));
    assert.equal(getEventListeners(patient.signal, "abort").length, 0);
    const gone = rig([new GatewayError("unreachable", "")]);
    assert.equal((await refusal(gone.run(callOf(openai, "oai/m", { signal: AbortSignal.abort() })))).code, "unreachable");
    assert.equal(gone.transport.asked.length, 1);
  });
});

describe("an error reply", () => {
  it("counts by its status, however its body ends", async () => {
    const bodies = [
      ["{"],
      [new GatewayError("truncated", "")],
      ['{"error"', new GatewayError("timeout", "")],
      [`<html>${"x".repeat(300_000)}`, "…" as const],
    ];
    for (const reads of bodies) {
      const { run, transport } = rig([{ status: 401, reads }]);
      const error = await refusal(run(callOf(openai, "oai/m")));
      assert.equal(error.upstream?.status, 401);
      assert.equal(error.retryable, false);
      assert.equal(transport.asked.length, 1);
    }
    const gone = rig([{ status: 401, reads: [new GatewayError("cancelled", "")] }]);
    assert.equal((await refusal(gone.run(callOf(openai, "oai/m")))).code, "cancelled");
  });

  it("never passes on a status that is no error", async () => {
    const { run } = rig(Array.from({ length: 3 }, () => ({ status: 302, reads: [""] })));
    assert.ok((await refusal(run(callOf(openai, "oai/m")))).status >= 400);
  });
});

describe("what a request is sent as", () => {
  it("has the credential, a fixed set of headers, and no more time than the call has", async () => {
    const { run, transport } = rig([{ reads: [good] }, { reads: [whole] }]);
    await run(callOf(openai, "oai/m", { deadline: 1000 + 7000 }));
    await run(callOf(openai, "oai/m", { deadline: 1000 + 50_000, stream: false }));
    const [streamed, plain] = transport.asked;
    assert.equal(`${streamed?.origin}${streamed?.path}`, "http://oai.test/v1/chat/completions");
    assert.equal(streamed?.headers["authorization"], "Bearer sk-oai");
    assert.deepEqual(streamed?.timeouts, { connectMs: 1000, firstByteMs: 7000, idleMs: 5000, totalMs: 7000 });
    assert.deepEqual(plain?.timeouts, { connectMs: 1000, firstByteMs: 50_000, idleMs: 5000, totalMs: 50_000 });
  });

  it("is refused where a call's arguments are nested too deep to be written, and costs nothing", async () => {
    const { run, transport, log } = rig([]);
    const { request } = callOf(openai, "ant/m");
    const written = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const messages: readonly Message[] = [
      { role: "user", content: [] },
      { role: "assistant", content: [{ type: "tool-call", id: "a", name: "f", arguments: written }] },
      { role: "tool", content: [{ type: "tool-result", toolCallId: "a", content: [] }] },
    ];
    const error = await refusal(run(callOf(openai, "ant/m", { request: { ...request, messages } })));
    assert.equal(error.code, "invalid_request");
    assert.match(error.message, /nested too deep/);
    assert.equal(transport.asked.length, 0);
    assert.deepEqual(
      log.ended.map(({ how }) => how),
      ["void"],
    );
  });
});
