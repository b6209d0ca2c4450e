import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { readAll } from "./http-transport.ts";
import { reads, rejection, rig } from "./testing/harness.ts";
import { chunk, chunkedHead, lastChunk, reply } from "./testing/raw-server.ts";

describe("HttpTransport", () => {
  it("sends a request and gives the reply", async () => {
    await using at = await rig(({ socket }) => socket.write(reply('{"ok":1}', "HTTP/1.1 201 Created\r\nX-A: 1\r\nx-a: 2")));
    const got = await at.send({ body: [Buffer.from('{"a":'), Buffer.from("1}")], path: "/v1/x?y=1" });
    assert.equal(got.status, 201);
    assert.equal(got.headers["x-a"], "1, 2");
    assert.equal(Buffer.from(await readAll(got.body, 100)).toString(), '{"ok":1}');
    assert.equal(await got.body.read(), undefined);
    assert.equal(at.server.requests[0]?.body, '{"a":1}');
    assert.match(at.server.requests[0]?.head ?? "", /^POST \/v1\/x\?y=1 HTTP\/1\.1\r\n/);
  });

  it("sets host, length and encoding itself and sends nothing hop-by-hop", async () => {
    await using at = await rig(({ socket }) => socket.write(reply("{}")));
    const headers = {
      host: "elsewhere",
      "content-length": "99",
      "accept-encoding": "gzip, br",
      connection: "close, x-secret",
      "transfer-encoding": "chunked",
      te: "trailers",
      expect: "100-continue",
      "x-kept": "1",
      absent: undefined,
    };
    await readAll((await at.send({ headers })).body, 100);
    const lines = at.server.requests[0]?.head.split("\r\n").slice(1).sort();
    assert.deepEqual(lines, [
      "accept-encoding: identity",
      "connection: keep-alive",
      "content-length: 2",
      `host: ${at.server.origin.slice(7)}`,
      "x-kept: 1",
    ]);
  });

  it("keeps connections and uses them again", async () => {
    await using at = await rig(({ socket }) => socket.write(reply("{}")));
    for (let call = 0; call < 5; call++) await readAll((await at.send()).body, 100);
    assert.equal(at.server.requests.length, 5);
    // One that has just served is free a turn of the event loop later, so a second one may be made.
    assert.ok(at.server.connections <= 2, `${at.server.connections} connections`);
  });

  it("gives one network read as one piece, however many chunks it has", async () => {
    await using at = await rig(({ socket }) => {
      socket.write(chunkedHead + Array.from({ length: 50 }, (_, n) => chunk(`data: ${n}\n\n`)).join(""));
    });
    const got = await at.send();
    const first = Buffer.from((await got.body.read()) ?? []).toString();
    assert.equal(first, Array.from({ length: 50 }, (_, n) => `data: ${n}\n\n`).join(""));
    const waiting = got.body.read();
    at.server.requests[0]?.socket.write(chunk("a") + chunk("b") + lastChunk);
    assert.equal(Buffer.from((await waiting) ?? []).toString(), "ab");
    assert.equal(await got.body.read(), undefined);
  });

  it("follows no redirect and passes interim replies over", async () => {
    await using at = await rig(({ socket, number }) => {
      if (number === 1) socket.write(reply("moved", "HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:1/"));
      else socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${reply("late")}`);
    });
    const moved = await at.send();
    assert.equal(moved.status, 307);
    assert.deepEqual(await reads(moved.body), ["moved"]);
    const late = await at.send();
    assert.equal(late.status, 200);
    assert.equal(late.headers["link"], undefined);
    assert.deepEqual(await reads(late.body), ["late"]);
  });

  it("gives an empty body for 204 and for length 0", async () => {
    await using at = await rig(({ socket, number }) => {
      socket.write(number === 1 ? "HTTP/1.1 204 No Content\r\n\r\n" : reply(""));
    });
    assert.deepEqual(await reads((await at.send()).body), []);
    assert.deepEqual(await reads((await at.send({ method: "GET", body: undefined })).body), []);
    assert.match(at.server.requests[1]?.head ?? "", /^GET /);
  });

  it("reads a body that the connection's end closes", async () => {
    await using at = await rig(({ socket }) => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
    assert.equal((await reads((await at.send()).body)).join(""), "all of it");
  });

  it("gives up whole bodies past the cap and closes the connection", async () => {
    await using at = await rig(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
      const more = (): void => {
        while (socket.writable && socket.write(chunk("x".repeat(10_000))));
      };
      socket.on("drain", more);
      more();
    });
    const got = await at.send();
    const error = await rejection(readAll(got.body, 100_000));
    assert.ok(error instanceof GatewayError && error.code === "bad_reply");
    await at.server.until(() => at.server.open === 0);
  });

  it("refuses what cannot be sent, naming the header and not its value", async () => {
    await using at = await rig(({ socket }) => socket.write(reply("{}")));
    const error = await rejection(at.send({ headers: { authorization: "Bearer se\ncret" } }));
    assert.ok(error instanceof GatewayError && error.code === "internal" && !error.retryable);
    assert.match(error.message, /authorization/);
    assert.doesNotMatch(error.message, /cret/);
    assert.equal(at.server.requests.length, 0);
  });

  it("rejects everything after close", async () => {
    await using at = await rig(() => {});
    const pending = rejection(at.send());
    await at.server.until(() => at.server.requests.length === 1);
    await at.transport.close();
    for (const error of [await pending, await rejection(at.send())]) {
      assert.ok(error instanceof GatewayError && error.code === "gateway_overloaded", String(error));
    }
  });
});
