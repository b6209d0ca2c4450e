import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { readAll, TransportError, type UpstreamReply } from "./http-transport.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { type Rig, rejection, rig } from "./testing/harness.ts";
import { chunk, chunkedHead, lastChunk, type RawRequest, reply } from "./testing/raw-server.ts";

const cancelled = (error: unknown): boolean => error instanceof TransportError && error.code === "cancelled";

/** Milliseconds until the server has seen all connections close. */
async function untilClosed(at: Rig): Promise<number> {
  const from = performance.now();
  await at.server.until(() => at.server.open === 0);
  return performance.now() - from;
}

describe("a caller who goes away", () => {
  it("closes the provider's connection before the headers", async () => {
    const clock = new FakeClock();
    await using at = await rig(() => {}, { clock });
    const pending = rejection(at.send());
    await at.server.until(() => at.server.requests.length === 1);
    at.abort.abort();
    assert.ok(cancelled(await pending));
    assert.ok((await untilClosed(at)) < 250);
    assert.equal(clock.pending, 0);
    assert.equal(getEventListeners(at.abort.signal, "abort").length, 0);
  });

  it("closes it in the middle of a stream, in 100 streams within 250 ms", async (t) => {
    const clock = new FakeClock();
    await using at = await rig(({ socket }) => socket.write(chunkedHead + chunk("data: 1\n\n")), { clock });
    const aborts: AbortController[] = [];
    const bodies: UpstreamReply["body"][] = [];
    for (let stream = 0; stream < 100; stream++) {
      const abort = new AbortController();
      aborts.push(abort);
      bodies.push((await at.send({ signal: abort.signal })).body);
    }
    await Promise.all(bodies.map((body) => body.read()));
    assert.equal(at.server.open, 100);
    const pending = bodies.map((body) => rejection(body.read()));
    for (const abort of aborts) abort.abort();
    assert.ok((await Promise.all(pending)).every(cancelled));
    const ms = await untilClosed(at);
    t.diagnostic(`all 100 seen closed after ${ms.toFixed(1)} ms`);
    assert.ok(ms < 250);
    assert.equal(clock.pending, 0);
    for (const { signal } of aborts) assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  it("is not asked for while waiting for a connection", async () => {
    await using at = await rig(({ socket, number }) => number > 1 && socket.write(reply("{}")), { connections: 1 });
    const first = new AbortController();
    const busy = rejection(at.send({ signal: first.signal }));
    await at.server.until(() => at.server.requests.length === 1);
    const queued = rejection(at.send());
    at.abort.abort();
    const error = await queued;
    assert.ok(error instanceof TransportError && error.code === "cancelled" && !error.requestSent);
    first.abort();
    await busy;
    await readAll((await at.send({ signal: new AbortController().signal, path: "/after" })).body, 100);
    assert.deepEqual(
      at.server.requests.map(({ head }) => head.split(" ")[1]),
      ["/v1/x", "/after"],
    );
  });

  it("before anything was sent, sends nothing", async () => {
    await using at = await rig(() => {});
    at.abort.abort();
    assert.ok(cancelled(await rejection(at.send())));
    assert.equal(at.server.connections, 0);
  });

  it("gives the signal's own error where it has one", async () => {
    await using at = await rig(() => {});
    const pending = rejection(at.send());
    await at.server.until(() => at.server.requests.length === 1);
    const reason = new GatewayError("gateway_overloaded", "enough");
    at.abort.abort(reason);
    assert.equal(await pending, reason);
    assert.equal(await rejection(at.send()), reason);
  });

  it("cannot hurt a reply that has ended, nor can cancel()", async () => {
    await using at = await rig(({ socket }) => socket.write(chunkedHead + chunk("a") + lastChunk));
    const { body } = await at.send();
    const next = await body.read();
    assert.equal(Buffer.from(next ?? []).toString(), "a");
    assert.equal(await body.read(), undefined);
    at.abort.abort();
    body.cancel();
    assert.equal(await body.read(), undefined);
    assert.equal(at.server.open, 1);
  });
});

describe("cancel()", () => {
  it("closes the connection and rejects the waiting read and all later ones", async () => {
    const serve = ({ socket }: RawRequest): void => {
      socket.write(chunkedHead + chunk("a"));
    };
    await using at = await rig(serve);
    const { body } = await at.send();
    await body.read();
    const waiting = rejection(body.read());
    body.cancel();
    assert.ok(cancelled(await waiting));
    assert.ok(cancelled(await rejection(body.read())));
    await at.server.until(() => at.server.open === 0);
  });
});
