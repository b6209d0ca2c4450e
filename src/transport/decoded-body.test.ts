import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from "node:zlib";
import { readAll, TransportError } from "./http-transport.ts";
import { reads, rejection, rig } from "./testing/harness.ts";
import { chunkedHead, type RawRequest } from "./testing/raw-server.ts";

const text = JSON.stringify({ text: "caf\u00e9 ".repeat(5000) });

const send = ({ socket }: RawRequest, coding: string, bytes: Uint8Array): void => {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${bytes.length}\r\n\r\n`);
  socket.write(bytes);
};

describe("a reply compressed although it was not asked for", () => {
  for (const [coding, bytes] of [
    ["gzip", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["BR", brotliCompressSync(text)],
    ["identity", Buffer.from(text)],
  ] as const) {
    it(`is read: ${coding}`, async () => {
      await using at = await rig((request) => send(request, coding, bytes));
      const { headers, body } = await at.send();
      assert.equal(Buffer.from(await readAll(body, 1_000_000)).toString(), text);
      if (coding !== "identity")
        assert.deepEqual([headers["content-encoding"], headers["content-length"]], [undefined, undefined]);
    });
  }

  it("is read event by event as it comes", { timeout: 5000 }, async () => {
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    await using at = await rig(({ socket }) => {
      socket.write(chunkedHead.replace("\r\n\r\n", "\r\ncontent-encoding: gzip\r\n\r\n"));
      gzip.on("data", (bytes) => socket.write(`${bytes.length.toString(16)}\r\n`) && socket.write(bytes) && socket.write("\r\n"));
      gzip.on("end", () => socket.write("0\r\n\r\n"));
    });
    const { body } = await at.send();
    for (const event of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
      gzip.write(event);
      assert.equal(Buffer.from((await body.read()) ?? []).toString(), event);
    }
    gzip.end();
    assert.deepEqual(await reads(body), []);
  });

  for (const [coding, bytes] of [
    ["gzip", gzipSync(Buffer.alloc(200 * 1024 * 1024))],
    ["br", brotliCompressSync(Buffer.alloc(200 * 1024 * 1024), { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })],
  ] as const) {
    it(`is given up when it is a bomb: ${coding}`, { timeout: 10_000 }, async (t) => {
      await using at = await rig((request) => send(request, coding, bytes));
      const before = process.memoryUsage.rss();
      const { body } = await at.send();
      const error = await rejection(readAll(body, 1024 * 1024 * 1024));
      const grown = process.memoryUsage.rss() - before;
      t.diagnostic(`${bytes.length} bytes would have been 200 MiB; memory grew by ${Math.round(grown / 1024 / 1024)} MiB`);
      assert.ok(error instanceof TransportError && error.code === "bad_reply", String(error));
      assert.match(error.message, /out of all proportion/);
      assert.ok(grown < 64 * 1024 * 1024);
      assert.equal(await rejection(body.read()), error);
    });
  }

  it("is given up when it is not what it says, or is cut off", async () => {
    await using at = await rig((request) => {
      if (request.number === 1) send(request, "gzip", Buffer.from("not gzip at all"));
      else if (request.number === 2) send(request, "gzip", gzipSync(text).subarray(0, 40));
      else request.socket.end("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 999\r\n\r\n");
    });
    for (const code of ["bad_reply", "bad_reply", "truncated"]) {
      const error = await rejection(at.send().then(({ body }) => readAll(body, 1_000_000)));
      assert.ok(error instanceof TransportError && error.code === code, String(error));
    }
  });

  it("harms nobody when it is bad and not read, and can be cancelled", async () => {
    await using at = await rig((request) => {
      const start = request.number === 1 ? "not gzip at all" : "";
      request.socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 999\r\n\r\n${start}`);
    });
    const bad = (await at.send()).body;
    await at.server.until(() => at.server.open === 0);
    const error = await rejection(bad.read());
    assert.ok(error instanceof TransportError && error.code === "bad_reply", String(error));
    const { body } = await at.send();
    const waiting = rejection(body.read());
    body.cancel();
    for (const thrown of [await waiting, await rejection(body.read())]) {
      assert.ok(thrown instanceof TransportError && thrown.code === "cancelled", String(thrown));
    }
  });
});
