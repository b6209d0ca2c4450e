import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { startStack } from "../stack.ts";
import { User } from "./run.ts";

/* `doctor` before providers that fail in each way one meets: what it says is so, and what it says is to be done. */

const limit = { timeout: 90_000 };
const open: { readonly server: Server | TcpServer }[] = [];
const users: User[] = [];
after(() => {
  for (const { server } of open) server.close();
  for (const user of users) user.leave();
});

async function listening(server: Server | TcpServer): Promise<number> {
  open.push({ server });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return portOf(server.address());
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

/** A provider that answers everything so. */
async function provider(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(answer))}`;
}

const answering =
  (status: number, body: unknown, headers: { readonly [name: string]: string } = {}): RequestListener =>
  (_request, response) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": typeof body === "string" ? "text/html" : "application/json", ...headers });
    response.end(text);
  };

const list = { object: "list", data: [{ id: "m1", object: "model", created: 1 }] };
const page = "<!doctype html><title>Access denied</title>";
const failing = (message: string) => ({ error: { message, type: "x" } });

interface Case {
  /** A base URL; without, the provider is not asked at all. */
  readonly url: string | undefined;
  readonly key?: string;
  readonly state: "ok" | "warning" | "problem";
  readonly what: RegExp;
  readonly todo?: RegExp;
}

function user(yaml: string): User {
  const made = new User(yaml);
  users.push(made);
  mkdirSync(join(made.home, "data"), { mode: 0o700 });
  return made;
}

interface Found {
  readonly check: string;
  readonly state: string;
  readonly what: string;
  readonly todo?: string;
}

async function examine(of: User, argv: readonly string[] = [], env: { readonly [name: string]: string } = {}) {
  const { code, out, err } = await of.run(["doctor", "--json", "--timeout", "1", ...argv], "", env);
  assert.notEqual(out, "", err);
  const { ok, findings }: { readonly ok: boolean; readonly findings: readonly Found[] } = JSON.parse(out);
  return { code, ok, findings };
}

/** A certificate that signs itself, for that host; undefined where this machine has no openssl. */
function certificate(home: User, days: string): { readonly key: Buffer; readonly cert: Buffer } | undefined {
  const key = join(home.home, "key.pem");
  const cert = join(home.home, "cert.pem");
  const argv = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", days];
  const named = ["-subj", "/CN=other.example", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert];
  const done = spawnSync("openssl", [...argv, ...named]);
  return done.status === 0 ? { key: readFileSync(key), cert: readFileSync(cert) } : undefined;
}

test("every failure of a provider is told with what to do about it, all at once, and none hides another", limit, async (t) => {
  const free = createTcpServer();
  const freePort = await listening(free);
  await new Promise((resolve) => free.close(resolve));
  const silent = await listening(createTcpServer(() => {}));
  const hangingUp = await listening(createTcpServer((socket) => socket.destroy()));
  const gibberish = await listening(createTcpServer((socket) => socket.end("220 mail.example ESMTP\r\n")));
  const late = new Date(Date.now() - 20 * 60_000).toUTCString();
  const atV1: RequestListener = (request, response) =>
    (request.url === "/v1/models" ? answering(200, list) : answering(404, failing("no such route")))(request, response);
  const good = await provider(answering(200, list));
  const cases: { readonly [name: string]: Case } = {
    good: { url: good, state: "ok", what: /^1 model, answered in \d+ ms$/ },
    empty: { url: await provider(answering(200, { data: [] })), state: "warning", what: /has no model/, todo: /load one/ },
    skewed: {
      url: await provider(answering(200, list, { date: late })),
      state: "warning",
      what: /clock is 20 minutes ahead of/,
      todo: /NTP/,
    },
    wrongkey: {
      url: await provider(answering(401, failing("bad key \u001b[2J"))),
      state: "problem",
      what: /^the api_key of wrongkey in the configuration is refused \(HTTP 401: "bad key \?\[2J"\)$/,
      todo: /get a new one/,
    },
    nokey: {
      url: await provider(answering(401, failing("who?"))),
      key: "none",
      state: "problem",
      what: /wants a credential, and api_key: none/,
      todo: /api_key/,
    },
    googlekey: {
      url: await provider(answering(400, failing("API key not valid."))),
      state: "problem",
      what: /is refused \(HTTP 400/,
    },
    forbidden: {
      url: await provider(answering(403, failing("not yours"))),
      state: "problem",
      what: /is known, but may not do this \(HTTP 403: "not yours"\)/,
      todo: /right to list/,
    },
    blocked: {
      url: await provider(answering(403, page)),
      state: "problem",
      what: /a web page refuses this machine/,
      todo: /another network/,
    },
    website: {
      url: await provider(answering(200, page)),
      state: "problem",
      what: /is a web page, not an API/,
      todo: /correct base_url of website/,
    },
    nov1: {
      url: await provider(atV1),
      state: "problem",
      what: /leads to nothing, but http:\S+\/v1 lists models/,
      todo: /^set base_url of nov1 to http:\S+\/v1$/,
    },
    toomuch: { url: `${await provider(atV1)}/v1/v1`, state: "problem", what: /but http:\S+\d\/v1 lists models/, todo: /\d\/v1$/ },
    nothing: {
      url: await provider(answering(404, failing("no"))),
      state: "warning",
      what: /^nothing is at .*\/models \(HTTP 404\)$/,
      todo: /base_url/,
    },
    moved: {
      url: await provider(answering(308, "", { location: "https://new.example/v1" })),
      state: "problem",
      what: /redirects to https:\/\/new\.example\/v1/,
      todo: /set base_url/,
    },
    busy: {
      url: await provider(answering(429, failing("slow down"))),
      state: "warning",
      what: /HTTP 429: "slow down"/,
      todo: /wait/,
    },
    broke: { url: await provider(answering(402, failing("pay"))), state: "problem", what: /no credit left/ },
    down: {
      url: await provider(answering(503, failing("maintenance"))),
      state: "problem",
      what: /itself fails \(HTTP 503: "maintenance"\)/,
      todo: /try again later/,
    },
    proxied: {
      url: await provider(answering(502, page)),
      state: "problem",
      what: /^a proxy in front of the provider answers HTTP 502$/,
    },
    refused: {
      url: `http://127.0.0.1:${freePort}/v1`,
      state: "problem",
      what: /^nothing listens on 127\.0\.0\.1:\d+$/,
      todo: /^start the server/,
    },
    dns: {
      url: "https://no.such.host.invalid/v1",
      state: "problem",
      what: /no host is called no\.such\.host\.invalid|no DNS server answers/,
      todo: /DNS/,
    },
    silent: {
      url: `http://127.0.0.1:${silent}/v1`,
      state: "problem",
      what: /did not answer in time, and HTTPS_PROXY is set$/,
      todo: /takes no proxy/,
    },
    hangsup: {
      url: `http://127.0.0.1:${hangingUp}/v1`,
      state: "problem",
      what: /closes the connection without an answer/,
      todo: /https:\/\//,
    },
    mail: { url: `http://127.0.0.1:${gibberish}/v1`, state: "problem", what: /is not HTTP/ },
    plain: { url: good.replace("http:", "https:"), state: "problem", what: /does not speak TLS/, todo: /^write http:\/\// },
    groq: { url: undefined, state: "problem", what: /^The provider groq has no credential$/, todo: /^set GROQ_API_KEY/ },
  };
  const lines = Object.entries(cases).map(([name, { url, key = "sk-x" }]) =>
    url === undefined ? `  ${name}: {}` : `  ${name}: { wire: openai-chat, base_url: "${url}", api_key: ${key} }`,
  );
  const patient = user(`server: { port: 0 }\ndata_dir: data\nproviders:\n${lines.join("\n")}\n`);
  const startedAt = performance.now();
  const { code, ok, findings } = await examine(patient, [], { HTTPS_PROXY: "http://proxy.example:3128" });
  t.diagnostic(`${Object.keys(cases).length} providers looked at in ${Math.round(performance.now() - startedAt)} ms`);
  assert.deepEqual([code, ok], [1, false]);
  for (const [name, { state, what, todo }] of Object.entries(cases)) {
    const found = findings.find(({ check }) => check === `provider ${name}`);
    assert.equal(found?.state, state, `${name}: ${JSON.stringify(found)}`);
    assert.match(found?.what ?? "", what, name);
    if (todo !== undefined) assert.match(found?.todo ?? "", todo, name);
    if (state !== "ok") assert.notEqual(found?.todo, undefined, `${name}: says nothing to do`);
  }
  assert.doesNotMatch(JSON.stringify(findings), /sk-x/);
});

test("certificates: signed by nobody known, and one that Node was told to trust", limit, async (t) => {
  const patient = user("");
  const made = certificate(patient, "2");
  if (made === undefined) return t.skip("this machine has no openssl to make certificates with");
  const port = await listening(createTlsServer(made, answering(200, list)));
  patient.put(
    "polygate.yaml",
    `data_dir: data\nproviders: { tls: { wire: openai-chat, base_url: "https://127.0.0.1:${port}/v1", api_key: x } }`,
  );
  const found = (await examine(patient, ["tls"])).findings.find(({ check }) => check === "provider tls");
  assert.match(found?.what ?? "", /is signed by nobody this machine trusts \(TLS: DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  assert.match(found?.todo ?? "", /NODE_EXTRA_CA_CERTS=/);
  const trusted = await examine(patient, ["tls"], { NODE_EXTRA_CA_CERTS: join(patient.home, "cert.pem") });
  assert.deepEqual([trusted.code, trusted.findings.at(-1)?.state], [0, "ok"]);
  const other = `providers: { tls: { wire: openai-chat, base_url: "https://localhost:${port}/v1", api_key: x } }`;
  patient.put("polygate.yaml", `data_dir: data\n${other}`);
  const named = (await examine(patient, ["tls"], { NODE_EXTRA_CA_CERTS: join(patient.home, "cert.pem") })).findings.at(-1);
  assert.match(
    `${named?.what} → ${named?.todo}`,
    /is for another host \(TLS\) → name the host in base_url of tls as its certificate does/,
  );
});

test("the machine: folder, admin key, .env, port, and what the configuration says", limit, async () => {
  const stack = await startStack();
  try {
    const other = await listening(createServer(answering(200, "hello")));
    const yaml = (port: number | string) =>
      `server: { port: ${port} }\ndata_dir: data\nproviders: { sim: { wire: openai-chat, base_url: "${stack.simulator.url}/v1", api_key: none } }`;
    const patient = user(yaml(other));
    const data = join(patient.home, "data");
    chmodSync(data, 0o755);
    patient.put("data/admin.key", "x");
    chmodSync(join(data, "admin.key"), 0o644);
    chmodSync(patient.put(".env", "SOME_API_KEY=1"), 0o644);
    const { code, findings } = await examine(patient);
    const state = (check: string) =>
      findings.filter((one) => one.check === check).map(({ state, todo }) => `${state}: ${todo ?? ""}`);
    assert.equal(code, 1);
    assert.match(state("data").join(), /^warning: chmod 700 /);
    assert.match(state("admin key").join(), /^problem: chmod 600 .*admin key --reset/);
    assert.match(state("secrets").join(), /^warning: chmod 600 .*\.env$/);
    assert.match(state("port").join(), /^problem: choose another with --port/);
    assert.deepEqual(state("provider sim"), ["ok: "]);
    assert.deepEqual(state("books"), [], "none are kept yet");
    patient.put("data/ledger.sqlite", "no database");
    const books = (await examine(patient)).findings.find(({ check }) => check === "books");
    assert.match(`${books?.state} ${books?.what}`, /^problem The ledger cannot be read: /);
    rmSync(join(data, "ledger.sqlite"));

    const [, running = ""] = /:(\d+)$/.exec(stack.address) ?? [];
    patient.put("polygate.yaml", yaml(running));
    const again = (await examine(patient)).findings.find(({ check }) => check === "port");
    assert.equal(again?.what, `a gateway is running at 127.0.0.1:${running}`);

    patient.put("polygate.yaml", "servre: {}\nproviders: { opnai: {} }");
    const bad = await examine(patient);
    assert.equal(bad.code, 1);
    assert.match(
      bad.findings
        .filter(({ check }) => check === "config")
        .map(({ what }) => what)
        .join("\n"),
      /servre[\s\S]*server/,
    );
  } finally {
    await stack.close();
  }
});

test("with nothing configured it says what would do; on a terminal it is a table", limit, async (t) => {
  const patient = user("data_dir: data\nserver: { port: 0 }");
  const { code, findings } = await examine(patient);
  assert.equal(code, 1);
  assert.match(findings.at(-1)?.todo ?? "", /^set one of OPENAI_API_KEY, .*start Ollama/);
  const terminal = patient.startOnTerminal(["doctor"], 90);
  if (terminal === undefined) return t.skip("this machine has no `script` to make a terminal with");
  const { out } = await terminal.ended();
  assert.match(out, /␛\[32mok {5}␛\[39m {2}polygate {3}\d/);
  assert.match(out, /␛\[31mPROBLEM␛\[39m {2}providers {2}none is known[\s\S]*→ set one of/);
  assert.match(out, /1 thing is in the way of calls\./);
});
