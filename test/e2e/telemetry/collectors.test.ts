import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { asked, startFourWires } from "../pains/kit/four-wires.ts";
import { startCollector } from "./collector.ts";

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const env = { OTEL_BSP_SCHEDULE_DELAY: "10" };

test("D19: a collector that never answers slows no call, and what it does not take is dropped and counted", async (t) => {
  const sockets = new Set<Socket>();
  const dead = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(dead, "listening");
  const stack = await startFourWires({
    yaml: `observe: { otlp_endpoint: "http://127.0.0.1:${portOf(dead)}", metrics: public }`,
    env,
  });
  try {
    const started = performance.now();
    for (let calls = 0; calls < 200; calls++) {
      const { status } = await stack.post("openai-chat", "oai/echo", asked["openai-chat"]);
      assert.equal(status, 200);
    }
    const ms = performance.now() - started;
    t.diagnostic(`200 calls before a dead collector: ${ms.toFixed(0)} ms`);
    assert.ok(ms < 5000);
    const before = performance.now();
    await stack.close();
    const closing = performance.now() - before;
    t.diagnostic(`closing: ${closing.toFixed(0)} ms`);
    assert.ok(closing < 4000, "a dead collector holds up the end");
  } finally {
    for (const socket of sockets) socket.destroy();
    dead.close();
  }
});

test("spans that a collector refuses are counted as dropped", { timeout: 10_000 }, async () => {
  const refusing = createHttpServer((request, response) => {
    request.resume().on("end", () => response.writeHead(400).end());
  }).listen(0, "127.0.0.1");
  await once(refusing, "listening");
  const stack = await startFourWires({ yaml: `observe: { otlp_endpoint: "http://127.0.0.1:${portOf(refusing)}" }`, env });
  try {
    await stack.post("openai-chat", "oai/echo", asked["openai-chat"]);
    for (;;) {
      const { text } = await stack.running.gateway.telemetry.metricsText();
      if (/^polygate_spans_dropped_total 2$/m.test(text)) break;
      await new Promise(setImmediate);
    }
  } finally {
    await stack.close();
    refusing.closeAllConnections();
    refusing.close();
  }
});

test("no traces where OTEL_SDK_DISABLED says so; a wrong address is told and harms nobody", async () => {
  const collector = await startCollector();
  const off = await startFourWires({
    env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: "true" },
  });
  await off.post("openai-chat", "oai/echo", asked["openai-chat"]);
  await off.close();
  assert.equal(collector.spans.length, 0);
  const wrong = await startFourWires({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" } });
  assert.equal((await wrong.post("openai-chat", "oai/echo", asked["openai-chat"])).status, 200);
  assert.match(wrong.troubles.join(), /OTEL_EXPORTER_OTLP_ENDPOINT is no URL/);
  await wrong.close();
  await collector.close();
});

test("with observe.propagate the provider is sent its attempt's place in the trace", async () => {
  const collector = await startCollector();
  const stack = await startFourWires({
    yaml: "observe: { propagate: true }",
    env: { ...env, DELOS_OBSERVE_ENDPOINT: collector.url },
  });
  try {
    const reply = await stack.post("openai-chat", "oai/fault:echo-headers", asked["openai-chat"]);
    assert.equal(reply.status >= 200, true);
    await stack.close();
    const attempt = collector.spans.find(({ kind }) => kind === 3);
    const [sent] = stack.provider.journal.entries;
    assert.ok(attempt !== undefined && sent !== undefined);
    assert.equal(sent.headers["traceparent"], `00-${attempt.traceId}-${attempt.spanId}-01`);
  } finally {
    await collector.close();
  }
});
