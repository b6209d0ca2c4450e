import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { systemClock } from "./clock.ts";
import { EgressPolicy } from "./egress.ts";
import { PublicFetcher } from "./fetch-public.ts";
import { publicAddress, TestNetwork, testClassify } from "./testing/network.ts";

interface Web extends AsyncDisposable {
  readonly port: number;
  readonly network: TestNetwork;
  readonly fetcher: PublicFetcher;
  readonly asked: { readonly url: string; readonly headers: IncomingMessage["headers"] }[];
  /** Connections to this machine's own address, on the same port. */
  readonly inside: { count: number };
  get(url: string, types?: readonly string[]): Promise<string>;
}

/** A web server on the "public" address that some names lead to, and a witness on the same port of this machine. */
async function web(
  serve: (request: IncomingMessage, reply: ServerResponse) => void,
  allow: readonly string[] = [],
): Promise<Web> {
  const asked: Web["asked"] = [];
  const server = createServer((request, reply) => {
    asked.push({ url: `${request.headers.host}${request.url}`, headers: request.headers });
    serve(request, reply);
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, publicAddress, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const inside = { count: 0 };
  const witness = createServer().on("connection", () => inside.count++);
  await new Promise<void>((resolve) => witness.listen(port, "127.0.0.1", resolve));
  const network = new TestNetwork().name("a.com", [publicAddress]).name("b.com", [publicAddress]).name("home.com", ["127.0.0.1"]);
  const policy = new EgressPolicy({ allow, classify: testClassify });
  const fetcher = new PublicFetcher({ policy: () => policy, network }, systemClock);
  const signal = new AbortController().signal;
  return {
    port,
    network,
    fetcher,
    asked,
    inside,
    get: async (url, types = ["image/", "text/plain"]) => {
      const got = await fetcher.get({ url, types, maxBytes: 1000, totalMs: 5000, signal });
      if (got.ok) return `${got.mediaType} ${Buffer.from(got.bytes).toString()}`;
      return `${got.refused ? "refused" : "failed"}: ${got.why}`;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      witness.closeAllConnections();
      witness.close();
    },
  };
}

const text = (reply: ServerResponse, body = "hello"): void => {
  reply.setHeader("content-type", "text/plain; charset=utf-8").setHeader("set-cookie", "a=b").end(body);
};

describe("PublicFetcher", () => {
  it("fetches what is public, with nothing of anybody's in its headers", async () => {
    await using site = await web((_, reply) => text(reply));
    assert.equal(await site.get(`http://a.com:${site.port}/x?y=1`), "text/plain hello");
    const { headers, url } = site.asked[0] ?? assert.fail();
    assert.equal(url, `a.com:${site.port}/x?y=1`);
    assert.deepEqual(Object.keys(headers).sort(), ["accept", "accept-encoding", "connection", "host", "user-agent"]);
  });

  it("follows three redirects, of every kind and over hosts, and no fourth", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      await using site = await web(({ url = "", headers }, reply) => {
        const left = Number(url.slice(1));
        if (left === 0) text(reply, headers.cookie ?? "no cookie");
        else
          reply
            .writeHead(status, {
              location: `http://${left % 2 === 0 ? "a" : "b"}.com:${site.port}/${left - 1}`,
              "set-cookie": "x=1",
            })
            .end();
      });
      assert.equal(await site.get(`http://a.com:${site.port}/3`), "text/plain no cookie");
      assert.equal(await site.get(`http://a.com:${site.port}/4`), "failed: it leads on more than 3 times");
    }
  });

  it("judges every hop: a chain whose last leads home is refused without a connection", async () => {
    await using site = await web(({ url = "" }, reply) => {
      const to = new Map([
        ["/301", `http://b.com:${site.port}/307`],
        ["/307", `http://a.com:${site.port}/308`],
        ["/308", `http://127.0.0.1:${site.port}/`],
        ["/name", `http://home.com:${site.port}/`],
        ["/relative", `//127.0.0.1:${site.port}/`],
        ["/metadata", "http://169.254.169.254/latest/meta-data/"],
        ["/file", "file:///etc/passwd"],
        ["/user", `http://u:p@a.com:${site.port}/`],
        ["/none", ""],
      ]);
      reply.writeHead(Number(url.slice(1)) || 302, url === "/none" ? {} : { location: to.get(url) ?? "/" }).end();
    });
    for (const path of ["301", "name", "relative", "metadata", "file", "user"]) {
      assert.match(await site.get(`http://a.com:${site.port}/${path}`), /^refused: /, path);
    }
    assert.equal(await site.get(`http://a.com:${site.port}/none`), "refused: it leads nowhere");
    assert.equal(site.inside.count, 0);
  });

  it("refuses names that lead home, first or later, and takes of mixed answers the public ones", async () => {
    await using site = await web((_, reply) => text(reply));
    site.network.name("rebind.com", [publicAddress], ["127.0.0.1"]).name("mixed.com", ["127.0.0.1", publicAddress]);
    assert.match(await site.get(`http://home.com:${site.port}/`), /^refused: home\.com:\d+ is not on the public internet/);
    assert.equal(await site.get(`http://rebind.com:${site.port}/`), "text/plain hello");
    assert.match(await site.get(`http://rebind.com:${site.port}/`), /^refused: /);
    assert.equal(await site.get(`http://mixed.com:${site.port}/`), "text/plain hello");
    for (const host of ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0", "redis"]) {
      assert.match(await site.get(`http://${host}:${site.port}/`), /^refused: /, host);
    }
    assert.equal(site.inside.count, 0);
  });

  it("goes home where egress.allow says so", async () => {
    await using site = await web((_, reply) => text(reply), ["*.lab.example:1"]);
    const allow = [`home.com:${site.port}`];
    const policy = new EgressPolicy({ allow, classify: testClassify });
    const fetcher = new PublicFetcher({ policy: () => policy, network: site.network }, systemClock);
    const signal = AbortSignal.timeout(5000);
    const asked = { url: `http://home.com:${site.port}/`, types: ["text/"], maxBytes: 10, totalMs: 200, signal };
    const got = await fetcher.get(asked);
    assert.ok(!got.ok && !got.refused, "connected to the witness, which does not answer");
    assert.equal(site.inside.count, 1);
  });

  it("takes only the types and sizes that are wanted, bombs included", async () => {
    await using site = await web(({ url = "" }, reply) => {
      if (url === "/html") reply.setHeader("content-type", "text/html").end("x");
      else if (url === "/none") reply.end("x");
      else if (url === "/large") text(reply, "x".repeat(1001));
      else if (url === "/chunked") {
        reply.setHeader("content-type", "text/plain").write("x".repeat(600));
        reply.end("x".repeat(600));
      } else if (url === "/bomb") {
        reply
          .setHeader("content-type", "text/plain")
          .setHeader("content-encoding", "gzip")
          .end(gzipSync("x".repeat(10_000_000)));
      } else reply.writeHead(404).end();
    });
    const at = (path: string): Promise<string> => site.get(`http://a.com:${site.port}/${path}`);
    assert.equal(await at("html"), "failed: it is of the type text/html, which is not taken here");
    assert.equal(await at("none"), "failed: it is of the type (none), which is not taken here");
    assert.equal(await at("large"), "failed: it is larger than 1000 bytes");
    assert.equal(await at("chunked"), "failed: its answer is too large or cannot be read");
    assert.equal(await at("bomb"), "failed: its answer is too large or cannot be read");
    assert.equal(await at("404"), "failed: it answered with HTTP 404");
    assert.equal(await site.get(`http://nowhere.com:${site.port}/`), "failed: it cannot be reached");
  });

  it("gives up in time, and at once when nobody waits any more", async () => {
    await using site = await web(() => {});
    const asked = { url: `http://a.com:${site.port}/`, types: ["text/"], maxBytes: 10 };
    const late = await site.fetcher.get({ ...asked, totalMs: 50, signal: new AbortController().signal });
    assert.deepEqual(late, { ok: false, refused: false, why: "it took too long" });
    const abort = new AbortController();
    const waiting = site.fetcher.get({ ...asked, totalMs: 60_000, signal: abort.signal });
    abort.abort();
    await assert.rejects(waiting, /cancelled/);
  });

  it("posts once, and takes a redirect for an answer", async () => {
    await using site = await web(({ url = "" }, reply) => {
      reply.writeHead(url === "/moved" ? 307 : 204, { location: `http://b.com:${site.port}/` }).end();
    });
    const post = (path: string, host = "a.com") =>
      site.fetcher.post({
        url: `http://${host}:${site.port}/${path}`,
        headers: { "content-type": "application/json", "x-signature": "canary" },
        body: "{}",
        totalMs: 5000,
        signal: new AbortController().signal,
      });
    assert.deepEqual(await post("hook"), { ok: true, status: 204 });
    assert.deepEqual(await post("moved"), { ok: true, status: 307 });
    assert.equal((await post("x", "home.com")).ok, false);
    assert.deepEqual([site.asked.length, site.inside.count], [2, 0]);
    assert.equal(site.asked[0]?.headers["x-signature"], "canary");
  });
});
