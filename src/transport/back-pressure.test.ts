import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import { describe, it } from "node:test";
import { rig } from "./testing/harness.ts";
import { chunk, chunkedHead, lastChunk, type RawRequest, reply } from "./testing/raw-server.ts";

const TOTAL = 50 * 1024 * 1024;
const EVENT = `data: ${"x".repeat(1016)}\n\n`;

/** Writes for as long as it is let, in events of 1 KiB. */
function pour({ socket }: RawRequest): void {
  const block = chunk(EVENT).repeat(16);
  let left = TOTAL / EVENT.length / 16;
  socket.write(chunkedHead);
  const more = (): void => {
    while (left > 0) {
      left--;
      if (!socket.write(block)) return;
    }
    socket.off("drain", more);
    socket.write(lastChunk);
  };
  socket.on("drain", more);
  more();
}

/** Runs `work` with the client's sockets that undici opens meanwhile. */
async function withSockets(work: (sockets: readonly Socket[]) => Promise<void>): Promise<void> {
  const sockets: Socket[] = [];
  const note = (message: unknown): void => {
    if (typeof message === "object" && message !== null && "socket" in message && message.socket instanceof Socket) {
      sockets.push(message.socket);
    }
  };
  subscribe("undici:client:connected", note);
  try {
    await work(sockets);
  } finally {
    unsubscribe("undici:client:connected", note);
  }
}

/** Lets the event loop turn until the number has not changed for a while. */
async function settled(value: () => number): Promise<number> {
  let last = value();
  for (let still = 0; still < 200; still++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (value() !== last) still = 0;
    last = value();
  }
  return last;
}

describe("a reader who does not read", () => {
  for (const [name, serve] of [
    ["in chunks", pour],
    ["with a length", ({ socket }: RawRequest) => socket.write(reply("x".repeat(TOTAL)))],
  ] as const) {
    it(`is read ahead of by no more than 256 KiB, ${name}`, { timeout: 20_000 }, async (t) => {
      await withSockets(async (sockets) => {
        await using at = await rig(serve);
        const { body } = await at.send();
        const ahead = await settled(() => sockets[0]?.bytesRead ?? 0);
        t.diagnostic(`read ahead, unread: ${ahead} bytes`);
        assert.ok(ahead > 0 && ahead <= 256 * 1024, `${ahead} bytes`);
        let got = 0;
        let most = 0;
        for (let read = 0; read < 20; read++) {
          got += (await body.read())?.length ?? 0;
          most = Math.max(most, (await settled(() => sockets[0]?.bytesRead ?? 0)) - got);
        }
        t.diagnostic(`read ahead, read slowly: ${most} bytes`);
        assert.ok(most <= 256 * 1024 + 64 * 1024, `${most} bytes`);
        for (let bytes = await body.read(); bytes !== undefined; bytes = await body.read()) got += bytes.length;
        assert.equal(got, TOTAL);
      });
    });
  }

  it("does not keep a finished reply from the next one", async () => {
    await using at = await rig(({ socket, number }) => socket.write(reply(number === 1 ? "x".repeat(200_000) : "{}")));
    const { body } = await at.send();
    let got = 0;
    for (let bytes = await body.read(); bytes !== undefined; bytes = await body.read()) got += bytes.length;
    assert.equal(got, 200_000);
    assert.equal(Buffer.from((await (await at.send()).body.read()) ?? []).toString(), "{}");
  });
});
