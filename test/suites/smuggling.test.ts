import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { callerKey, type Front, startFront } from "../e2e/edge/front.ts";
import { head, open } from "../e2e/edge/wire.ts";
import { send } from "./kit.ts";

/* S1: requests inside of requests, sent directly and through nginx. One request in makes at most one call. */

const body = JSON.stringify({ model: "p/m", messages: [{ role: "user", content: "outer" }] });
const inner = [
  "POST /v1/chat/completions HTTP/1.1",
  "Host: localhost",
  `Authorization: Bearer ${callerKey}`,
  "Content-Type: application/json",
  `Content-Length: ${body.length}`,
  "",
  body,
].join("\r\n");
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const asked = (headers: readonly string[], text: string, version = "1.1"): string =>
  head(`POST /v1/chat/completions HTTP/${version}`, [
    `Authorization: Bearer ${callerKey}`,
    "Content-Type: application/json",
    ...headers,
  ]) + text;

interface Trick {
  readonly name: string;
  readonly bytes: string;
  /** Calls that it may make at the very most. */
  readonly most: number;
  /** The same where nginx reads it first, and more leniently: what it takes for two requests is two to us as well. */
  readonly mostBehind?: number;
}

const long = `Content-Length: ${body.length + inner.length}`;
const tricks: readonly Trick[] = [
  { name: "CL.TE", most: 0, bytes: asked([long, "Transfer-Encoding: chunked"], `${chunk(body)}0\r\n\r\n${inner}`) },
  {
    name: "TE.CL",
    most: 0,
    bytes: asked(["Transfer-Encoding: chunked", `Content-Length: ${body.length}`], `${chunk(body + inner)}0\r\n\r\n`),
  },
  { name: "CL.CL", most: 0, bytes: asked([`Content-Length: ${body.length}`, long], body + inner) },
  { name: "CL, CL", most: 0, bytes: asked([`Content-Length: ${body.length}, ${body.length + inner.length}`], body + inner) },
  ...[
    " chunked",
    "chunked ",
    "\tchunked",
    "xchunked",
    "chunked, identity",
    "identity, chunked",
    "chunked\u000b",
    "\u000cchunked",
    '"chunked"',
    "chunked;q=1",
    ",chunked",
    "CHUNKED",
    "",
    "gzip, chunked",
  ].map(
    (coding): Trick => ({
      name: `TE.TE ${JSON.stringify(coding)}`,
      most: 0,
      bytes: asked([`Transfer-Encoding:${coding}`, long], `${chunk(body)}0\r\n\r\n${inner}`),
    }),
  ),
  {
    name: "two TE",
    most: 0,
    bytes: asked(["Transfer-Encoding: chunked", "Transfer-Encoding: identity", long], `${chunk(body)}0\r\n\r\n${inner}`),
  },
  { name: "TE folded", most: 0, bytes: asked(["Transfer-Encoding:", " chunked", long], `${chunk(body)}0\r\n\r\n${inner}`) },
  {
    name: "TE with a space before its colon",
    most: 0,
    bytes: asked(["Transfer-Encoding : chunked", long], `${chunk(body)}0\r\n\r\n${inner}`),
  },
  { name: "underscores", most: 2, bytes: asked(["Transfer_Encoding: chunked", `Content-Length: ${body.length}`], body + inner) },
  // What follows a request that is refused may be its own body in another reader's eyes.
  {
    name: "two hosts, then a request",
    most: 0,
    bytes: asked(["Host: localhost", `Content-Length: ${body.length}`], body + inner),
  },
  {
    name: "an empty TE, then a request",
    most: 0,
    bytes: asked(["Transfer-Encoding:", `Content-Length: ${body.length}`], body + inner),
  },
  {
    name: "a GET with a body, then a request",
    most: 0,
    mostBehind: 1,
    bytes: `${head("GET /v1/models HTTP/1.1", ["Content-Length: 5"])}hello${inner}`,
  },
  {
    name: "another form of target, then a request",
    most: 0,
    mostBehind: 1,
    bytes: head("GET http://localhost/v1/models HTTP/1.1") + inner,
  },
  // Pingora's three: CVE-2026-2835 (HTTP/1.0 with TE), 2833 (Upgrade and what follows it), CVE-2025-4366 (a body nobody read).
  {
    name: "HTTP/1.0 with TE",
    most: 0,
    bytes: asked(["Transfer-Encoding: chunked", "Connection: keep-alive"], `${chunk(body)}0\r\n\r\n${inner}`, "1.0"),
  },
  {
    name: "HTTP/1.0 with TE and CL",
    most: 0,
    bytes: asked(["Transfer-Encoding: chunked", "Connection: keep-alive", long], `${chunk(body)}0\r\n\r\n${inner}`, "1.0"),
  },
  { name: "Upgrade", most: 0, bytes: asked(["Connection: Upgrade", "Upgrade: websocket", long], body + inner) },
  {
    name: "a body to who reads none",
    most: 0,
    bytes: head("GET /healthz HTTP/1.1", [`Content-Length: ${inner.length}`]) + inner,
  },
  {
    name: "a body to who refuses first",
    most: 0,
    bytes: head("POST /v1/messages HTTP/1.1", ["Authorization: Bearer wrong", `Content-Length: ${inner.length}`]) + inner,
  },
  {
    name: "a body to what is nothing",
    most: 0,
    bytes: head("POST /nothing HTTP/1.1", [`Content-Length: ${inner.length}`]) + inner,
  },
  {
    name: "chunk sizes that differ by reader",
    most: 0,
    mostBehind: 1,
    bytes: asked(["Transfer-Encoding: chunked"], `${body.length.toString(16)};\n${body}\r\n0\r\n\r\n`),
  },
  {
    name: "chunks ended by LF",
    most: 0,
    mostBehind: 2,
    bytes: asked(["Transfer-Encoding: chunked"], `${body.length.toString(16)}\n${body}\n0\n\n${inner}`),
  },
  {
    name: "a chunk longer than it says",
    most: 0,
    bytes: asked(["Transfer-Encoding: chunked"], `${body.length.toString(16)}\r\n${body}${inner}\r\n0\r\n\r\n`),
  },
  {
    name: "a header's end inside a value",
    most: 0,
    mostBehind: 1,
    bytes: asked([`X-A: b\r\r\n\r\n${inner}`, "Content-Length: 0"], ""),
  },
];

/** What arrived as the wrong body, or more calls than may be. */
async function faults(front: Front, port: number, { name, bytes, most: alone, mostBehind }: Trick): Promise<readonly string[]> {
  const before = front.calls.length;
  const { statuses } = await send(port, Buffer.from(bytes, "latin1"), { patienceMs: 300 });
  const calls = front.calls.slice(before);
  const most = port === front.port ? alone : (mostBehind ?? alone);
  const found: string[] = [];
  if (calls.length > most) found.push(`${name}: ${calls.length} calls from one request (${statuses.join()})`);
  for (const { source } of calls) {
    if (source !== undefined && Buffer.from(source.body).toString() !== body) found.push(`${name}: a call with another body`);
  }
  return found;
}

describe("S1: smuggling, directly", { timeout: 60_000 }, () => {
  it("makes no second call", async (t) => {
    const front = await startFront();
    try {
      const found: string[] = [];
      for (const trick of tricks) found.push(...(await faults(front, front.port, trick)));
      t.diagnostic(`S1: ${tricks.length} tricks, ${front.calls.length} calls, ${found.length} faults`);
      assert.deepEqual(found, []);
    } finally {
      await front.close();
    }
  });

  it("requests one after the other on one connection are answered in their order", async () => {
    const front = await startFront();
    try {
      const connection = open(front.port);
      connection.socket.write(`${inner}${head("GET /healthz HTTP/1.1")}${inner}${head("GET /nothing HTTP/1.1")}`);
      assert.equal(await connection.wait(() => connection.statuses().length === 4), true);
      assert.deepEqual(connection.statuses(), [200, 200, 200, 404]);
      assert.equal(front.calls.length, 2);
      connection.socket.destroy();
    } finally {
      await front.close();
    }
  });

  it("the check can fail: two plain requests are two calls", async () => {
    const front = await startFront();
    try {
      assert.equal((await faults(front, front.port, { name: "plain", most: 1, bytes: inner + inner })).length, 1);
    } finally {
      await front.close();
    }
  });
});

const nginx = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].find((path) => existsSync(path));

describe("S1: smuggling, behind nginx", {
  timeout: 60_000,
  skip: nginx === undefined && process.env["CI"] !== "true" ? "nginx is not installed" : false,
}, () => {
  for (const buffering of ["on", "off"] as const) {
    describe(`that ${buffering === "on" ? "reads bodies first" : "passes bodies on as they come"}`, () => {
      let front: Front;
      let proxy: Proxy;
      before(async () => {
        front = await startFront();
        proxy = await startNginx(front.port, buffering);
      });
      after(async () => {
        await proxy.close();
        await front.close();
      });

      it("makes no second call, and spoils no other caller's connection", async (t) => {
        const found: string[] = [];
        let spoilt = 0;
        for (const trick of tricks) {
          found.push(...(await faults(front, proxy.port, trick)));
          // Whoever comes next may be given the connection that the trick went over.
          const calls = front.calls.length;
          const next = await send(proxy.port, head("GET /healthz HTTP/1.1", ["Connection: close"]), { patienceMs: 1000 });
          if (next.statuses.join() !== "200" || front.calls.length !== calls) {
            spoilt++;
            found.push(`${trick.name}: the next caller got ${next.statuses.join()}`);
          }
        }
        t.diagnostic(
          `S1: ${tricks.length} tricks through ${proxy.version}, ${front.calls.length} calls, ${spoilt} connections spoilt`,
        );
        assert.deepEqual(found, []);
      });
    });
  }
});

interface Proxy {
  readonly port: number;
  readonly version: string;
  close(): Promise<void>;
}

/** nginx before a gateway, with connections that are kept: what one request leaves behind is the next one's beginning. */
async function startNginx(upstream: number, buffering: "on" | "off"): Promise<Proxy> {
  assert.ok(nginx !== undefined, "CI must have nginx (Debian package nginx-light): smuggling is proved behind it");
  const folder = mkdtempSync(join(tmpdir(), "polygate-nginx-"));
  const port = await freePort();
  mkdirSync(join(folder, "logs"));
  const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
     events { worker_connections 256; }
     http { access_log off; ${temps}
       upstream gateway { server 127.0.0.1:${upstream}; keepalive 1; }
       server { listen 127.0.0.1:${port};
         location / { proxy_pass http://gateway; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
           proxy_request_buffering ${buffering}; proxy_next_upstream off; } } }`,
  );
  const child: ChildProcess = spawn(nginx, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], { stdio: "ignore" });
  const version = spawnSync(nginx, ["-v"]).stderr.toString().trim().replace("nginx version: ", "");
  for (let tries = 0; tries < 100; tries++) {
    const { statuses } = await send(port, head("GET /healthz HTTP/1.1"), { patienceMs: 50 });
    if (statuses[0] === 200) break;
    assert.ok(tries < 99, "nginx did not start");
  }
  return {
    port,
    version,
    close: async () => {
      const gone = child.exitCode === null ? once(child, "exit") : undefined;
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server: Server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  server.close();
  await once(server, "close");
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}
