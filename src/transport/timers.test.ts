import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HttpTransport, readAll, TransportError } from "./http-transport.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { type Rig, rejection, rig } from "./testing/harness.ts";
import { chunk, chunkedHead, lastChunk, reply } from "./testing/raw-server.ts";

const timeouts = { connectMs: 1000, firstByteMs: 5000, idleMs: 2000, totalMs: 60_000 } as const;

function assertLate(error: unknown, says: RegExp, sent = true): void {
  assert.ok(error instanceof TransportError && error.code === "timeout", String(error));
  assert.match(error.message, says);
  assert.equal(error.requestSent, sent);
}

/** Sends, and waits until the server has the request. */
async function asked(
  at: Rig,
  changes: Parameters<Rig["send"]>[0],
): Promise<{ readonly reply: ReturnType<HttpTransport["send"]> }> {
  const before = at.server.requests.length;
  const reply = at.send({ timeouts, ...changes });
  reply.catch(() => {});
  await at.server.until(() => at.server.requests.length > before);
  return { reply };
}

describe("the four timers", () => {
  it("connect: a request that gets no connection", async () => {
    const clock = new FakeClock();
    await using at = await rig(
      ({ socket, head }) => {
        if (head.startsWith("POST /third ")) socket.write(reply("{}"));
      },
      { clock, connections: 1 },
    );
    const first = await asked(at, {});
    const second = rejection(at.send({ timeouts }));
    clock.advance(999);
    assert.equal(clock.pending, 2);
    clock.advance(1);
    assertLate(await second, /No connection to 127\.0\.0\.1:\d+ was free or made within 1 s/, false);
    at.server.requests[0]?.socket.write(reply("{}"));
    await readAll((await first.reply).body, 100);
    // Its turn comes now, and it is not sent any more.
    await readAll((await at.send({ timeouts, path: "/third" })).body, 100);
    assert.equal(at.server.requests.length, 2);
    assert.equal(at.server.connections, 1);
  });

  it("first byte: a provider that does not begin", async () => {
    const clock = new FakeClock();
    await using at = await rig(() => {}, { clock });
    const { reply: pending } = await asked(at, {});
    const error = rejection(pending);
    clock.advance(4999);
    clock.advance(1);
    assertLate(await error, /did not begin to answer within 5 s/);
    await at.server.until(() => at.server.open === 0);
    assert.equal(clock.pending, 0);
  });

  it("idle: a provider that stops in the middle, not one that is slow", async () => {
    const clock = new FakeClock();
    await using at = await rig(({ socket }) => socket.write(chunkedHead + chunk("a")), { clock });
    const { body } = await (await asked(at, {})).reply;
    await body.read();
    for (let piece = 0; piece < 5; piece++) {
      clock.advance(1900);
      const next = body.read();
      at.server.requests[0]?.socket.write(chunk("b"));
      assert.equal(Buffer.from((await next) ?? []).toString(), "b");
    }
    const error = rejection(body.read());
    clock.advance(1999);
    assert.equal(clock.pending, 1);
    clock.advance(1);
    assertLate(await error, /sent nothing more for 2 s in the middle/);
    await at.server.until(() => at.server.open === 0);
    assert.equal(clock.pending, 0);
  });

  it("idle does not count while we keep the provider waiting", async () => {
    const clock = new FakeClock();
    const size = 4 * 1024 * 1024;
    await using at = await rig(({ socket }) => socket.write(reply("x".repeat(size))), { clock });
    const { body } = await (await asked(at, {})).reply;
    let got = (await body.read())?.length ?? 0;
    for (let wait = 0; wait < 20; wait++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1500);
    }
    got += (await readAll(body, size)).length;
    assert.equal(got, size);
  });

  it("idle counts from when the provider may go on", async () => {
    const clock = new FakeClock();
    const size = 100_000;
    await using at = await rig(
      ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 * size}\r\n\r\n${"x".repeat(size)}`),
      {
        clock,
      },
    );
    const { body } = await (await asked(at, {})).reply;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1900);
    for (let got = 0; got < size; ) got += (await body.read())?.length ?? 0;
    const error = rejection(body.read());
    clock.advance(1900);
    assert.equal(clock.pending, 1);
    clock.advance(100);
    assertLate(await error, /nothing more for 2 s/);
  });

  it("total: however busily it goes on", async () => {
    const clock = new FakeClock();
    await using at = await rig(({ socket }) => socket.write(chunkedHead + chunk("a")), { clock });
    const { body } = await (await asked(at, { timeouts: { ...timeouts, totalMs: 5000 } })).reply;
    await body.read();
    for (let piece = 0; piece < 3; piece++) {
      clock.advance(1500);
      const next = body.read();
      at.server.requests[0]?.socket.write(chunk("b"));
      await next;
    }
    const error = rejection(body.read());
    clock.advance(500);
    assertLate(await error, /time was used up while 127\.0\.0\.1:\d+ was answering/);
    await at.server.until(() => at.server.open === 0);
  });

  it("leaves no timer behind a reply that has ended, and arms one for all phases", async () => {
    const clock = new FakeClock();
    await using at = await rig(({ socket }) => socket.write(chunkedHead + chunk("a") + lastChunk), { clock });
    const { reply: pending } = await asked(at, {});
    assert.ok(clock.pending <= 1);
    await readAll((await pending).body, 100);
    assert.equal(clock.pending, 0);
  });
});
