import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, it } from "node:test";
import { type Stack, type StackOptions, startStack } from "../stack.ts";

/* S2: names and origins, through the configuration as an operator writes it. */

interface Told {
  readonly status: number;
  readonly text: string;
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
}

function ask(
  stack: Stack,
  headers: { readonly [name: string]: string },
  { method = "GET", path = "/v1/models", body = "" } = {},
): Promise<Told> {
  const { port } = new URL(stack.address);
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, method, path, agent: false, headers: { host: "localhost", ...headers } });
    call.on("error", reject);
    call.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    });
    call.end(body);
  });
}

const started = async (options: StackOptions, use: (stack: Stack) => Promise<void>): Promise<void> => {
  const stack = await startStack(options);
  try {
    await use(stack);
    assert.deepEqual(stack.troubles, []);
    assert.equal(stack.simulator.journal.entries.filter(({ method }) => method === "POST").length, 0);
  } finally {
    await stack.close();
  }
};

describe("S2: names a gateway answers to", { timeout: 60_000 }, () => {
  it("a refusal holds the line that would allow it, and that line does", async () => {
    for (const host of ["gateway.lan", "gateway.lan:4000", "10.1.2.3:4000", "[fd00::5]:4000", "api.corp.example"]) {
      let line = "";
      await started({}, async (stack) => {
        const key = { authorization: `Bearer ${stack.key}` };
        const refused = await ask(stack, { ...key, host });
        assert.equal(refused.status, 421, host);
        line = /server: \{ (hosts: \["[^"]*"\]) \}/.exec(JSON.parse(refused.text).error.message)?.[1] ?? "";
        assert.notEqual(line, "");
        const nobody = await ask(stack, { host });
        assert.equal(nobody.status, 421, "before anybody is identified");
      });
      await started({ hosts: line }, async (stack) => {
        const key = { authorization: `Bearer ${stack.key}` };
        assert.equal((await ask(stack, { ...key, host })).status, 200, `${host} with ${line}`);
        assert.equal((await ask(stack, { ...key, host: "evil.example" })).status, 421);
      });
    }
  });

  it("probes are answered by whatever one name they ask, and nothing else is", async () => {
    await started({}, async (stack) => {
      for (const host of ["10.1.2.3:4000", "[fd00::5]", "pod-7.example"]) {
        for (const path of ["/healthz", "/readyz"]) {
          for (const method of ["GET", "HEAD"])
            assert.equal((await ask(stack, { host }, { method, path })).status, 200, `${method} ${path}`);
          assert.equal((await ask(stack, { host }, { method: "POST", path })).status, 421);
          assert.equal((await ask(stack, { host: `${host}/x` }, { path })).status, 400);
        }
        for (const path of ["/healthz/", "//healthz", "/healthz?x", "/HEALTHZ", "/openai/healthz", "/v1/models", "/metrics"])
          assert.equal((await ask(stack, { host }, { path })).status, 421, path);
      }
    });
  });

  it("an expectation that nobody knows is judged after the host, and refused like everything else", async () => {
    await started({}, async (stack) => {
      const expecting = (host: string) => ask(stack, { host, expect: "miracles" });
      const strange = await expecting("evil.example");
      assert.equal(strange.status, 421, strange.text);
      const known = await expecting("localhost");
      assert.equal(known.status, 417);
      assert.match(known.text, /100-continue.*call_/s);
    });
  });

  it("what is no host is not repeated", async () => {
    await started({}, async (stack) => {
      const refused = await ask(stack, { host: 'x"] }\u00e4, keys: [' });
      assert.equal(refused.status, 400);
      assert.ok(!refused.text.includes("keys"), refused.text);
    });
  });
});

describe("S2: web pages", { timeout: 60_000 }, () => {
  const pages: readonly { readonly [name: string]: string }[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:3000" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" },
    { origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
  ];
  const paths = ["/v1/models", "/healthz", "/v1/chat/completions", "/nothing"];

  it("of other origins get nothing from an open gateway", async (t) => {
    let asked = 0;
    await started({ keys: false }, async (stack) => {
      for (const page of pages) {
        for (const path of paths) {
          for (const method of ["GET", "POST", "OPTIONS", "HEAD"]) {
            const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
            const { status, headers } = await ask(stack, { ...page, ...(method === "OPTIONS" && preflight) }, { method, path });
            assert.equal(status, 403, `${method} ${path} ${JSON.stringify(page)}`);
            assert.deepEqual(
              Object.keys(headers).filter((name) => name.startsWith("access-control")),
              [],
            );
            asked++;
          }
        }
      }
      assert.equal((await ask(stack, {})).status, 200, "programs do");
      assert.equal((await ask(stack, { "sec-fetch-site": "none" })).status, 200, "and who types the address");
    });
    t.diagnostic(`S2: ${asked} requests of foreign pages refused, none with a CORS header`);
  });

  it("are granted nothing by a keyed gateway either: no CORS at all", async () => {
    await started({}, async (stack) => {
      const key = { authorization: `Bearer ${stack.key}` };
      for (const page of pages) {
        for (const path of paths) {
          const preflight = await ask(stack, { ...page, "access-control-request-method": "POST" }, { method: "OPTIONS", path });
          assert.ok(preflight.status === 405 || preflight.status === 404, `${preflight.status}`);
          for (const { headers } of [preflight, await ask(stack, { ...page, ...key }, { path })])
            assert.deepEqual(
              Object.keys(headers).filter((name) => name.startsWith("access-control")),
              [],
            );
        }
      }
    });
  });
});
