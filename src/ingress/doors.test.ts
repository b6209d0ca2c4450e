import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createNet } from "node:net";
import { platform } from "node:process";
import { afterEach, describe, it } from "node:test";
import { type Doors, openDoors } from "./doors.ts";

let opened: Doors | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const at = (port: number, most: number) => ({ host: "127.0.0.1", port, most, handed: false });

const echo = (): Server => createServer((_, response) => response.end("here"));

describe("a server's doors", () => {
  it("take many connections a turn of the loop", {
    skip: platform === "linux" ? false : "sockets share a port on Linux",
  }, async () => {
    const server = echo();
    let taken = 0;
    server.on("connection", () => taken++);
    opened = await openDoors(server, at(0, 1000));
    const callers = Array.from({ length: 200 }, () => connect(opened?.port ?? 0, "127.0.0.1"));
    // Ten turns of twenty milliseconds: one socket would have taken ten connections.
    await new Promise<void>((resolve) => {
      let turns = 0;
      const turn = (): void => {
        const until = performance.now() + 20;
        while (performance.now() < until);
        if (++turns === 10) resolve();
        else setImmediate(turn);
      };
      setImmediate(turn);
    });
    assert.ok(taken > 100, `${taken}`);
    for (const caller of callers) caller.destroy();
  });

  it("are told apart by nobody: every connection is served", async () => {
    opened = await openDoors(echo(), at(0, 1000));
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const reply = await fetch(`http://127.0.0.1:${opened?.port}/`, { headers: { connection: "close" } });
        return reply.text();
      }),
    );
    assert.deepEqual([...new Set(answers)], ["here"]);
  });

  it("are not opened at an address that somebody else has, not even another gateway", async () => {
    opened = await openDoors(echo(), at(0, 1000));
    const { port } = opened;
    await assert.rejects(openDoors(echo(), at(port, 1000)), { code: "EADDRINUSE" });
    const other = createNet();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const bound: AddressInfo | string | null = other.address();
    assert.ok(typeof bound === "object" && bound !== null);
    await assert.rejects(openDoors(echo(), at(bound.port, 1000)), { code: "EADDRINUSE" });
    other.close();
  });

  it("let in no more than the most, all together", async () => {
    const server = echo();
    opened = await openDoors(server, at(0, 5));
    let closed = 0;
    const callers = Array.from({ length: 20 }, () =>
      connect(opened?.port ?? 0, "127.0.0.1")
        .on("error", () => {})
        .on("close", () => closed++),
    );
    const until = performance.now() + 5000;
    while (closed < 15 && performance.now() < until) await new Promise((resume) => setImmediate(resume));
    assert.equal(closed, 15);
    for (const caller of callers) caller.destroy();
  });
});
