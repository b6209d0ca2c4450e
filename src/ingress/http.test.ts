import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Call } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Batches, Reply } from "../canonical/reply.ts";
import { cancelled, finished } from "../canonical/terminal.ts";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { createHttpServer } from "./http.ts";
import type { IngressOptions, Serving } from "./options.ts";
import { HeldSocket } from "./testing/held-socket.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Answer = "whole" | "stream" | "endless" | GatewayError;

/** A call that waits for the test to answer it. */
interface Pending {
  readonly call: Call;
  /** Terminals with which the answer was given back. */
  readonly returned: string[];
  answer(as: Answer): void;
}

function replyOf<Op extends Operation>(as: Exclude<Answer, GatewayError>, returned: string[]): Reply<Op> {
  if (as === "whole") {
    return {
      stream: false,
      get result(): never {
        return assert.fail("a relayed answer was decoded");
      },
      raw: Buffer.from('{"raw":1}'),
    };
  }
  const batches: Batches<Op> = {
    next: async () =>
      as === "stream" ? { done: true, value: finished } : { done: false, value: [{ raw: Buffer.alloc(99), chunks: () => [] }] },
    return: async (terminal) => {
      returned.push(terminal.kind);
      return { done: true, value: terminal };
    },
  };
  return { stream: true, relayed: true, batches };
}

async function ingress({
  serving,
  ...changes
}: Partial<Omit<IngressOptions, "serving">> & { readonly serving?: Partial<Serving> } = {}) {
  const clock = new FakeClock();
  const calls: Pending[] = [];
  const internal: string[] = [];
  const inForce: Serving = {
    handler: <Op extends Operation>(call: Call<Op>) =>
      new Promise<Reply<Op>>((resolve, reject) => {
        const returned: string[] = [];
        const answer = (as: Answer): void => (as instanceof GatewayError ? reject(as) : resolve(replyOf<Op>(as, returned)));
        calls.push({ call, returned, answer });
      }),
    identify: () => ({ kind: "open", keyId: "open", labels: {} }),
    losses: "warn",
    open: true,
    hosts: [],
    metrics: "admin",
    listModels: async () => ({ models: [{ id: "p/m", provider: "p", createdAt: 5 }], silent: [] }),
    bounds: { bodyBytes: 1000, totalMs: 600_000 },
    ...serving,
  };
  const server = createHttpServer({
    serving: () => inForce,
    unready: () => undefined,
    clock,
    random: { next: () => 0, hex: (count) => "ab".repeat(count) },
    onInternalError: (_, error) => internal.push(error.code),
    limits: {
      allBodiesBytes: 1500,
      silenceMs: 10_000,
      keepAliveMs: 15_000,
      writeIdleMs: 60_000,
      headersMs: 10_000,
      requestMs: 120_000,
      bodyGraceMs: 10_000,
      connectionsPerAddress: 10,
      wrongKeys: 20,
    },
    ...changes,
  });
  const socket = new HeldSocket();
  server.emit("connection", socket);
  const ask = async (line: string, body?: string, headers = ""): Promise<void> => {
    const length = body === undefined ? "" : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    socket.push(`${line} HTTP/1.1\r\nhost: localhost\r\n${length}${headers}\r\n${body ?? ""}`);
    await settled();
    await settled();
  };
  const chat = (stream: boolean): Promise<void> =>
    ask("POST /v1/chat/completions", JSON.stringify({ model: "p/m", stream, messages: [{ role: "user", content: "hi" }] }));
  return { clock, calls, internal, socket, ask, chat };
}

describe("a call", () => {
  it("is answered as it came, its request undecoded until somebody asks", async () => {
    const { calls, chat, socket, clock } = await ingress();
    await chat(false);
    const [pending] = calls;
    assert.equal(pending?.call.model, "p/m");
    assert.equal(pending?.call.deadline, clock.now() + 600_000);
    assert.equal(pending?.call.request, pending?.call.request);
    pending?.answer("whole");
    await settled();
    assert.match(socket.text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(socket.text, /x-polygate-call-id: call_[0-9a-f]{32}\r\n/);
    assert.equal(socket.body, '{"raw":1}');
    assert.equal(clock.pending, 0);
    assert.equal(socket.timeoutMs === undefined || socket.timeoutMs >= 75_000, true);
  });

  it("whose caller goes away is aborted, and not after it was answered", async () => {
    for (const streamed of [true, false]) {
      const { calls, chat, socket, clock } = await ingress();
      await chat(streamed);
      assert.equal(calls[0]?.call.signal.aborted, false);
      socket.destroy();
      await settled();
      assert.equal(calls[0]?.call.signal.aborted, true);
      calls[0]?.answer(new GatewayError("cancelled", ""));
      await settled();
      assert.equal(clock.pending, 0);
    }
    const { calls, chat, socket } = await ingress();
    await chat(false);
    calls[0]?.answer("whole");
    await settled();
    socket.destroy();
    await settled();
    assert.equal(calls[0]?.call.signal.aborted, false);
  });

  it("that waits long is shown a sign of life, and its error then comes in the stream", async () => {
    const { calls, chat, socket, clock } = await ingress();
    await chat(true);
    clock.advance(9_999);
    await settled();
    assert.equal(socket.text, "");
    clock.advance(1);
    await settled();
    assert.match(socket.text, /^HTTP\/1\.1 200 OK\r\n.*text\/event-stream.*: keep-alive\n\n/s);
    clock.advance(15_000);
    await settled();
    assert.equal(socket.text.match(/^: keep-alive/gm)?.length, 2);
    calls[0]?.answer(new GatewayError("overloaded", "All are busy."));
    await settled();
    assert.match(socket.text, /data: \{"error":\{"message":"All are busy\..*0\r\n\r\n$/s);
    assert.doesNotMatch(socket.text, /DONE/);
    assert.equal(clock.pending, 0);
  });

  it("that fails before has the error's status, in its own wire's shape", async () => {
    const { calls, chat, socket, internal, clock } = await ingress();
    await chat(true);
    calls[0]?.answer(new GatewayError("overloaded", "All are busy."));
    await settled();
    assert.match(socket.text, /^HTTP\/1\.1 503 .*"message":"All are busy\./s);
    assert.deepEqual(internal, []);
    assert.equal(clock.pending, 0);
  });

  it("answered in the wrong manner is a fault of the gateway's, and leaves no timer behind", async () => {
    for (const [streamed, waited] of [
      [false, 0],
      [true, 0],
      [true, 10_000],
    ] as const) {
      const { calls, chat, socket, internal, clock } = await ingress();
      await chat(streamed);
      clock.advance(waited);
      calls[0]?.answer(streamed ? "whole" : "stream");
      await settled();
      assert.deepEqual(internal, ["internal"]);
      assert.match(socket.text, waited === 0 ? /^HTTP\/1\.1 500 / : /"error"/);
      assert.equal(clock.pending, 0);
    }
  });

  it("whose handler throws by accident is told nothing of why", async () => {
    const { socket, chat, internal } = await ingress({
      serving: { handler: () => Promise.reject(new TypeError("at /home/secret")) },
    });
    await chat(false);
    assert.match(socket.text, /^HTTP\/1\.1 500 /);
    assert.doesNotMatch(socket.text, /secret/);
    assert.deepEqual(internal, ["internal"]);
  });
});

describe("a request", () => {
  it("is identified before its body is read, and refused without waiting for it", async () => {
    const identify = () => {
      throw new GatewayError("unauthenticated", "No.");
    };
    const { socket, ask, calls } = await ingress({ serving: { identify } });
    await ask("POST /v1/messages", undefined, "content-type: application/json\r\ncontent-length: 900\r\n");
    assert.match(socket.text, /^HTTP\/1\.1 401 .*connection: close\r\n.*"type":"authentication_error"/is);
    assert.equal(calls.length, 0);
  });

  it("of a probe needs no key, and learns nothing but its answer", async () => {
    const refuse = (): never => assert.fail("identified");
    const ready = await ingress({ serving: { identify: refuse } });
    await ready.ask("GET /readyz");
    assert.match(ready.socket.text, /^HTTP\/1\.1 200 .*\{"status":"ok"\}$/s);
    const unready = await ingress({ serving: { identify: refuse }, unready: () => "losing rows" });
    await unready.ask("GET /readyz");
    assert.match(unready.socket.text, /^HTTP\/1\.1 503 .*losing rows/s);
    await ready.ask("GET /healthz");
    assert.equal(ready.socket.text.match(/200 OK/g)?.length, 2);
  });

  it("for models is answered in the shape its SDK reads", async () => {
    const { socket, ask } = await ingress();
    await ask("GET /v1/models");
    assert.match(socket.text, /"object":"list".*"owned_by":"p"/s);
    await ask("GET /v1/models", undefined, "anthropic-version: 2023-06-01\r\n");
    assert.match(socket.text, /"has_more":false.*"first_id":"p\/m"/s);
    await ask("HEAD /v1/models");
    assert.equal(socket.body.match(/200 OK/g)?.length, 2);
    assert.ok(socket.text.endsWith("\r\n\r\n"));
  });

  it("for nothing we serve is told what we do", async () => {
    const { socket, ask } = await ingress();
    await ask("GET /v1/nothing");
    assert.match(socket.text, /^HTTP\/1\.1 404 .*POST \/v1\/messages/s);
    await ask("DELETE /v1/messages", undefined, "anthropic-version: 2023-06-01\r\n");
    assert.match(socket.text, /HTTP\/1\.1 405 .*"type":"error".*takes POST, not DELETE/s);
  });
});

it("a stream whose caller is stuck and leaves is given back to its provider", async () => {
  const { calls, chat, socket } = await ingress();
  await chat(true);
  socket.hold();
  calls[0]?.answer("endless");
  await settled();
  assert.deepEqual(calls[0]?.returned, []);
  socket.destroy();
  await settled();
  assert.deepEqual(calls[0]?.returned, [cancelled.kind]);
});
