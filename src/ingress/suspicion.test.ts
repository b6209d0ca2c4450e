import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { describe, it } from "node:test";
import { refuseAmbiguous, refuseForeignPages } from "./suspicion.ts";
import { HeldSocket } from "./testing/held-socket.ts";

/** As Node reads it; undefined where it refuses by itself. */
function arrived(head: string): Promise<IncomingMessage | undefined> {
  const socket = new HeldSocket();
  return new Promise((resolve) => {
    const server = createServer((request) => resolve(request));
    server.on("clientError", () => resolve(undefined));
    server.emit("connection", socket);
    socket.push(`${head}\r\nhost: localhost:4000\r\n\r\n`);
  });
}

const taken = async (head: string, judge: (request: IncomingMessage) => void): Promise<boolean> => {
  const request = await arrived(head);
  if (request === undefined) return false;
  try {
    judge(request);
    return true;
  } catch {
    return false;
  }
};

describe("refuseAmbiguous", () => {
  const judged = (head: string): Promise<boolean> => taken(head, refuseAmbiguous);

  it("takes one framing, where the method gives a body a meaning", async () => {
    for (const head of [
      "POST / HTTP/1.1\r\ncontent-length: 2",
      "POST / HTTP/1.1\r\ntransfer-encoding: chunked",
      "POST / HTTP/1.1\r\nTransfer-Encoding: CHUNKED",
      "POST / HTTP/1.0\r\ncontent-length: 2",
      "GET / HTTP/1.1",
      "GET / HTTP/1.1\r\ncontent-length: 0",
      "DELETE / HTTP/1.1\r\ncontent-length: 2",
      "POST / HTTP/1.1\r\nContent_Length: 99\r\nTransfer_Encoding: chunked\r\ncontent-length: 2",
    ])
      assert.equal(await judged(head), true, head);
  });

  it("refuses what could be read in two ways", async () => {
    for (const head of [
      "POST / HTTP/1.1\r\ntransfer-encoding: \r\ncontent-length: 2",
      "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 2",
      "POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked",
      "POST / HTTP/1.1\r\ntransfer-encoding: identity",
      "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked",
      "POST / HTTP/1.1\r\ntransfer-encoding: xchunked\r\ncontent-length: 2",
      "POST / HTTP/1.0\r\ntransfer-encoding: chunked",
      "GET / HTTP/1.1\r\ncontent-length: 2",
      "HEAD / HTTP/1.1\r\ncontent-length: 2",
      "OPTIONS / HTTP/1.1\r\ntransfer-encoding: chunked",
    ])
      assert.equal(await judged(head), false, head);
  });
});

describe("refuseForeignPages", () => {
  const judged = (head: string): Promise<boolean> => taken(`POST / HTTP/1.1\r\n${head}`, refuseForeignPages);

  it("takes programs, what a user types, and pages of the gateway's own origin", async () => {
    for (const head of [
      "accept: */*",
      "sec-fetch-site: none",
      "sec-fetch-site: same-origin",
      "origin: http://localhost:4000\r\nsec-fetch-site: same-origin",
      "origin: http://LOCALHOST:4000",
    ])
      assert.equal(await judged(head), true, head);
  });

  it("refuses other pages", async () => {
    for (const head of [
      "sec-fetch-site: cross-site",
      "sec-fetch-site: same-site",
      "origin: null",
      "origin: ",
      "origin: https://evil.example",
      "origin: http://localhost:3000",
      "origin: http://localhost:4000.evil.example",
      "origin: http://localhost",
      "origin: http://localhost:4000\r\nsec-fetch-site: cross-site",
    ])
      assert.equal(await judged(head), false, head);
  });
});
