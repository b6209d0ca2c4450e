import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import type { ErrorCode } from "../canonical/error.ts";
import { systemClock } from "./clock.ts";
import { HttpTransport, readAll, TransportError } from "./http-transport.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { patient, rejection, rig } from "./testing/harness.ts";
import { openEgress } from "./testing/network.ts";
import { chunk, chunkedHead, type RawRequest, reply } from "./testing/raw-server.ts";

interface Case {
  readonly name: string;
  readonly serve: (request: RawRequest) => void;
  readonly code: ErrorCode;
  readonly sent: boolean;
  readonly says: RegExp;
}

const reset = ({ socket }: RawRequest): void => {
  socket.resetAndDestroy();
};

const cases: readonly Case[] = [
  { name: "reset before a byte", serve: reset, code: "unreachable", sent: true, says: /without an answer/ },
  { name: "FIN before a byte", serve: ({ socket }) => socket.end(), code: "unreachable", sent: true, says: /without an answer/ },
  {
    name: "FIN amid the headers",
    serve: ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ncontent-ty"),
    code: "unreachable",
    sent: true,
    says: /without an answer/,
  },
  {
    name: "length longer than the body",
    serve: ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"),
    code: "truncated",
    sent: true,
    says: /before the end/,
  },
  {
    name: "FIN between chunks",
    serve: ({ socket }) => socket.end(chunkedHead + chunk("data: 1\n\n")),
    code: "truncated",
    sent: true,
    says: /before the end/,
  },
  {
    name: "reset between chunks",
    serve: ({ socket }) => {
      socket.write(chunkedHead + chunk("data: 1\n\n"), () => setImmediate(() => socket.resetAndDestroy()));
    },
    code: "truncated",
    sent: true,
    says: /before the end/,
  },
  {
    name: "a chunk size that is none",
    serve: ({ socket }) => socket.write(`${chunkedHead}${chunk("data: 1\n\n")}zz\r\n`),
    code: "bad_reply",
    sent: true,
    says: /not HTTP/,
  },
  {
    name: "no HTTP at all",
    serve: ({ socket }) => socket.write("SSH-2.0-OpenSSH\r\n"),
    code: "bad_reply",
    sent: true,
    says: /not HTTP/,
  },
  {
    name: "100 KB of headers",
    serve: ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n\r\n`),
    code: "bad_reply",
    sent: true,
    says: /more headers/,
  },
  {
    name: "a header name with NUL",
    serve: ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nx\0y: 1\r\ncontent-length: 0\r\n\r\n"),
    code: "bad_reply",
    sent: true,
    says: /not HTTP/,
  },
  {
    name: "length and chunks at once",
    serve: ({ socket }) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    code: "bad_reply",
    sent: true,
    says: /not HTTP/,
  },
  {
    name: "a flood of interim replies",
    serve: ({ socket }) => socket.write("HTTP/1.1 102 Processing\r\n\r\n".repeat(2000)),
    code: "bad_reply",
    sent: true,
    says: /interim/,
  },
  {
    name: "a protocol switch",
    serve: ({ socket }) => socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
    code: "bad_reply",
    sent: true,
    says: /nobody asked/,
  },
  {
    name: "200 stacked encodings",
    serve: ({ socket }) => socket.write(reply("x", `HTTP/1.1 200 OK\r\ncontent-encoding: ${Array(200).fill("gzip").join(", ")}`)),
    code: "bad_reply",
    sent: true,
    says: /encoded its reply/,
  },
];

describe("what providers do wrong", () => {
  for (const { name, serve, code, sent, says } of cases) {
    it(`${name}: ${code}`, { timeout: 5000 }, async () => {
      await using at = await rig(serve);
      const error = await rejection(at.send().then(({ body }) => readAll(body, 1_000_000)));
      assert.ok(error instanceof TransportError, String(error));
      assert.equal(error.code, code, error.message);
      assert.equal(error.requestSent, sent);
      assert.equal(error.retryable, true);
      assert.match(error.message, says);
      assert.ok(error.message.includes(at.server.origin.slice(7)), error.message);
      await at.server.until(() => at.server.open === 0);
    });
  }

  it("gives what arrived before the break", async () => {
    await using at = await rig(({ socket }) =>
      socket.end(`${chunkedHead}${chunk("data: 1\n\n")}${chunk("data: 2\n\n").slice(0, 8)}`),
    );
    const { body } = await at.send();
    let got = "";
    const error = await rejection(
      (async () => {
        for (;;) got += Buffer.from((await body.read()) ?? assert.fail("ended in good order")).toString();
      })(),
    );
    assert.ok(error instanceof TransportError && error.code === "truncated");
    assert.match(got, /^data: 1\n\n/);
    assert.equal(await rejection(body.read()), error);
  });

  it("knows which kept-alive connections went stale and so took no request", async () => {
    const clock = new FakeClock();
    const breaks: ((request: RawRequest) => void)[] = [
      reset,
      ({ socket }) => socket.end("HTTP/1.1 20"),
      ({ socket }) => {
        clock.advance(5000);
        socket.resetAndDestroy();
      },
    ];
    for (const breakIt of breaks) {
      await using at = await rig(
        (request) => {
          if (request.onConnection === 1) request.socket.write(reply("{}"));
          else breakIt(request);
        },
        { clock },
      );
      await readAll((await at.send()).body, 100);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      const error = await rejection(at.send());
      assert.equal(at.server.connections, 1);
      assert.ok(error instanceof TransportError && error.code === "unreachable" && error.retryable, String(error));
      assert.equal(error.requestSent, breakIt !== reset);
    }
  });

  it("names a port nobody listens on, and that nothing was sent", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    server.close();
    await once(server, "close");
    const transport = new HttpTransport({ clock: systemClock, egress: openEgress });
    const send = (origin: string): Promise<unknown> =>
      rejection(
        transport.send({
          origin,
          path: "/",
          method: "GET",
          headers: {},
          signal: new AbortController().signal,
          timeouts: patient,
        }),
      );
    const refused = await send(`http://127.0.0.1:${port}`);
    assert.ok(refused instanceof TransportError && refused.code === "unreachable" && !refused.requestSent);
    assert.match(refused.message, new RegExp(`^127\\.0\\.0\\.1:${port} cannot be reached \\(ECONNREFUSED\\)`));
    for (const origin of ["http://[::1", "ftp://127.0.0.1", "127.0.0.1:1"]) {
      const broken = await send(origin);
      assert.ok(broken instanceof TransportError && broken.code === "internal" && !broken.retryable, String(broken));
    }
    await transport.close();
  });
});
