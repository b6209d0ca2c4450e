import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { rawCall, written } from "../bad-input/raw-call.ts";
import { ask, bodyOf, callerWires } from "../reliability/ask.ts";
import { type Stack, startStack } from "../stack.ts";

/* #13: nothing but the key itself is a key, and nothing but method and path says what a request is. The admin key's own life: ../operations/admin-key.test.ts. */

const word = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = word({ sub: "admin", role: "proxy_admin", iss: "https://accounts.example", exp: 4_000_000_000 });

/** Tokens that a gateway would take which reads them without looking at who signed. */
function tokens(key: string): { readonly [what: string]: string } {
  const unsigned = `${word({ alg: "none", typ: "JWT" })}.${claims}`;
  const hmac = `${word({ alg: "HS256", typ: "JWT" })}.${claims}`;
  const rsa = `${word({ alg: "RS256", typ: "JWT", kid: "../../../dev/null" })}.${claims}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    "alg none": `${unsigned}.`,
    "alg none, capitals": `${word({ alg: "nOnE" })}.${claims}.`,
    "signed with nothing": `${hmac}.${createHmac("sha256", "").update(hmac).digest("base64url")}`,
    "signed with a guess": `${hmac}.${createHmac("sha256", "secret").update(hmac).digest("base64url")}`,
    "signed by a stranger": `${rsa}.${sign("sha256", Buffer.from(rsa), privateKey).toString("base64url")}`,
    SQL: "' OR '1'='1",
    "SQL, escaped": "%27%20OR%20%271%27=%271",
    "the first twenty characters": key.slice(0, 20),
    "all but one": key.slice(0, -1),
    "one more": `${key}x`,
    "in capitals": key.toUpperCase(),
    "its id": "dev",
    "a wildcard": "%",
    "a pattern": ".*",
    JSON: '{"$ne":null}',
    undefined: "undefined",
    null: "null",
    true: "true",
    __proto__: "__proto__",
    constructor: "constructor",
    "spelled otherwise": `\u00a0${key}`,
  };
}

const hosts = [
  "localhost/#@evil",
  "localhost/v1/models?x=",
  "localhost/healthz",
  "localhost#",
  "user@localhost",
  "localhost,evil",
  "evil.example",
];

describe("#13: forged access", { timeout: 60_000 }, () => {
  let stack: Stack;
  let adminKey: string;
  before(async () => {
    stack = await startStack();
    adminKey = readFileSync(join(stack.dataDir, "admin.key"), "utf8").trim();
  });
  after(() => stack.close());
  const refused = (status: number): boolean => status === 401 || status === 429;

  test("#13: tokens that nobody issued open nothing, in any header, on any wire", async (t) => {
    const asked = stack.simulator.journal.received;
    let tried = 0;
    const told = new Set<string>();
    for (const [what, token] of Object.entries(tokens(stack.key))) {
      for (const headers of [
        { authorization: `Bearer ${token}` },
        { "x-api-key": token },
        { "x-goog-api-key": token },
        { authorization: token },
      ]) {
        for (const caller of callerWires) {
          const { status, text } = await ask(stack.address, caller, bodyOf(caller, "oai/echo", false), { headers });
          assert.ok(refused(status), `${what}: ${status} ${text}`);
          assert.ok(!text.includes(token) || token.length < 12, `${what} is repeated`);
          told.add(`${caller} ${status}`);
          tried++;
        }
      }
      const admin = await ask(stack.address, "openai", "", { method: "GET", path: "/admin/config/status", key: token });
      assert.ok(refused(admin.status), `${what}, as the admin key: ${admin.status}`);
    }
    assert.equal(stack.simulator.journal.received, asked);
    const served = await ask(stack.address, "openai", bodyOf("openai", "oai/echo", false), { key: stack.key });
    assert.equal(served.status, 200, "and the key itself does, meanwhile");
    t.diagnostic(`#13: ${tried} forged tokens refused, 0 requests to the provider`);
  });

  test("#13: NULs, line ends and a megabyte are no key either", async () => {
    const body = JSON.stringify(bodyOf("openai", "oai/echo", false));
    const tried: readonly (readonly [string, readonly number[]])[] = [
      [`${stack.key}\0`, [400, 401, 429]],
      [`\0${stack.key}`, [400, 401, 429]],
      [`x\r\nauthorization: Bearer ${stack.key}`, [400, 401, 429]],
      ["k".repeat(1 << 20), [401, 431]],
    ];
    for (const [token, statuses] of tried) {
      const head = [
        ["host", "localhost"],
        ["authorization", `Bearer ${token}`],
        ["content-type", "application/json"],
        ["content-length", String(body.length)],
      ] as const;
      const { status } = await rawCall(stack.address, { pieces: [written("POST /v1/chat/completions HTTP/1.1", head, body)] });
      assert.ok(statuses.includes(status), `${JSON.stringify(token.slice(0, 30))}: ${status}`);
    }
  });

  test("#13: a Host says nothing of what is asked for: no route opens by it", async (t) => {
    let tried = 0;
    const routes: readonly (readonly [string, string])[] = [
      ["GET", "/admin/config/status"],
      ["POST", "/admin/config/reload"],
      ["GET", "/metrics"],
      ["GET", "/v1/models"],
    ];
    for (const host of hosts) {
      for (const [method, path] of routes) {
        for (const key of [undefined, stack.key]) {
          if (key !== undefined && path === "/v1/models") continue;
          const head = [
            ["host", host],
            ["content-length", "0"],
            ...(key === undefined ? [] : [["authorization", `Bearer ${key}`] as const]),
          ] as const;
          const { status } = await rawCall(stack.address, {
            pieces: [
              written(`${method} ${path} HTTP/1.1`, method === "GET" ? head.filter(([name]) => name !== "content-length") : head),
            ],
          });
          assert.ok([400, 401, 403, 421, 429].includes(status), `${method} ${path} at ${host}: ${status}`);
          tried++;
        }
      }
    }
    // The same routes under their own name, and with what opens them.
    for (const [method, path] of routes.slice(0, 3)) {
      assert.equal((await ask(stack.address, "openai", "", { method, path, key: adminKey })).status, 200, path);
    }
    t.diagnostic(`#13: ${tried} requests under ${hosts.length} Hosts refused`);
  });

  test("#13: paths that mean another's are their own, or nothing", async () => {
    for (const path of [
      "/healthz/../admin/config/status",
      "/healthz/..;/admin/config/status",
      "/%61dmin/config/status",
      "//admin/config/status",
      "/admin/config/status/",
      "/admin/config/status%00",
      "/admin/config/status%2f..%2f..%2fhealthz",
      "/ADMIN/config/status",
      "/admin\\config\\status",
      "/healthz?/admin/config/status",
    ]) {
      const line = written(`GET ${path} HTTP/1.1`, [["host", "localhost"]]);
      const { status, text } = await rawCall(stack.address, { pieces: [line] });
      assert.ok(!text.includes('"file"'), `${path}: ${text}`);
      assert.ok(path.startsWith("/healthz?") ? status === 200 : status >= 400, `${path}: ${status}`);
    }
  });
});
