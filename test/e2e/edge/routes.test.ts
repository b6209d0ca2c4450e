import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { describe, it } from "node:test";
import { adminKeyFile } from "../../../src/identity/admin-key.ts";
import { type MetricsAccess, type OperatorRoute, type ProbeRoute, type Route, routeTable } from "../../../src/ingress/routes.ts";
import { startStack } from "../stack.ts";
import { adminKey, callerKey, startFront } from "./front.ts";
import { type Declared, judgeDoors, judgeRoutes, presented } from "./route-judge.ts";

/* Pains #11: no way in but the declared ones, and none around the pipeline. S9: every route, every key, by the declared role. */

describe("#11: the live table of routes", { timeout: 60_000 }, () => {
  for (const metrics of ["admin", "public", "off"] as const satisfies readonly MetricsAccess[]) {
    for (const keyed of [true, false]) {
      it(`is what its roles say: ${keyed ? "keyed" : "open"}, metrics ${metrics}`, async (t) => {
        const front = await startFront({ keyed, metrics });
        try {
          const { routes } = routeTable(metrics);
          const { cells, refused, faults } = await judgeRoutes(front.address, front, routes, keyed);
          t.diagnostic(`S9: ${routes.length} routes, ${cells} cells, ${refused} refused, ${faults.length} not as declared`);
          assert.deepEqual(faults, []);
          assert.equal(cells, routes.length * 4);
          if (keyed) assert.ok(refused > routes.length * 2);
        } finally {
          await front.close();
        }
      });
    }
  }

  it("has nothing beside it", async (t) => {
    const front = await startFront({ metrics: "off" });
    try {
      const { routes } = routeTable("off");
      const known = new Set(routes.map(({ method, path }) => `${method} ${path}`));
      const paths = [
        ...new Set(routes.map(({ path }) => path).filter((path) => !path.includes("{"))),
        ...["/", "/metrics", "/admin", "/admin/", "/admin/config", "/v1", "/v1/", "/v1/completions", "/v1/files", "/v1/batches"],
        ...["/v1/messages/", "/v1/messages/batches", "/V1/messages", "//v1/messages", "/v1/./messages", "/healthz/..", "/debug"],
        ...["/v1/chat/completions/../../../admin/config/status", "/openai/admin/config/status", "/.env", "/v1/%6dessages"],
        ...["/admin%2fconfig%2fstatus", "/healthz/../admin/config/reload", "/healthz;/admin/config/status"],
      ];
      let asked = 0;
      for (const path of paths) {
        for (const method of ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"]) {
          if (known.has(`${method} ${path}`)) continue;
          for (const key of [callerKey, adminKey]) {
            asked++;
            const status = await plain(front.port, method, path, key);
            assert.ok(status === 404 || status === 405, `${method} ${path}: ${status}`);
          }
        }
      }
      assert.equal(front.calls.length, 0);
      t.diagnostic(`${asked} requests beside the table, none served`);
    } finally {
      await front.close();
    }
  });
});

describe("#11: a whole gateway", { timeout: 60_000 }, () => {
  for (const keyed of [true, false]) {
    it(`opens each route to whom it is for, and asks no provider for others: ${keyed ? "keyed" : "open"}`, async (t) => {
      const stack = await startStack({ keys: keyed });
      try {
        const admin = readFileSync(adminKeyFile(stack.dataDir), "utf8").trim();
        const keys = { ...presented, "a caller's key": stack.key, "the admin key": admin };
        const { routes } = routeTable("admin");
        const asked = (): number => stack.simulator.journal.entries.length;
        assert.deepEqual(await judgeDoors(stack.address, routes, keyed, keys, asked), []);
        t.diagnostic(
          `S9: ${routes.length * 4} cells as declared; ${asked()} requests reached the provider, none of who was turned away`,
        );
      } finally {
        await stack.close();
      }
    });
  }
});

describe("the judge of routes goes red", () => {
  it("for a side door around the pipeline, a role that is not kept, and a page without a lock", async () => {
    const front = await startFront();
    // Serves everything as the gateway does, and three things by itself.
    const leaky = createServer((incoming, response) => {
      if (incoming.url === "/v1/side-door" || incoming.url === "/admin/secrets") {
        response.end("{}");
        return;
      }
      const onward = request({ port: front.port, method: incoming.method, path: incoming.url, headers: incoming.headers });
      onward.on("response", (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 500)));
      incoming.pipe(onward);
    });
    leaky.listen(0, "127.0.0.1");
    await once(leaky, "listening");
    const bound = leaky.address();
    const address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
    const planted: readonly Declared[] = [
      { kind: "call", method: "POST", path: "/v1/side-door", role: "caller", policy: "inference" },
      { kind: "config-status", method: "GET", path: "/admin/secrets", role: "admin", policy: "operator" },
      { kind: "models", method: "GET", path: "/v1/models", role: "admin", policy: "listing" },
      { kind: "health", method: "GET", path: "/healthz", role: "public", policy: "inference" },
    ];
    try {
      const found = await Promise.all(planted.map(async (route) => (await judgeRoutes(address, front, [route], true)).faults));
      for (const [at, faults] of found.entries()) assert.ok(faults.length > 0, planted[at]?.path);
      assert.ok(found[0]?.some((fault) => fault.includes("came to the handler 0 times")));
      const good = routeTable("admin").routes.filter(({ path }) => path === "/v1/models" || path === "/v1/messages");
      assert.deepEqual((await judgeRoutes(address, front, good, true)).faults, [], "and not for what is right");
    } finally {
      leaky.closeAllConnections();
      leaky.close();
      await front.close();
    }
  });

  it("at build time for a route that does not say whom it serves or what it does", () => {
    const whole = { kind: "health", method: "GET", path: "/x", role: "public", policy: "probe" } as const satisfies ProbeRoute;
    const { role: _, ...withoutRole } = whole;
    const { policy: __, ...withoutPolicy } = whole;
    // @ts-expect-error a route must declare its role
    const first: Route = withoutRole;
    // @ts-expect-error a route must declare its policy class
    const second: Route = withoutPolicy;
    // @ts-expect-error what costs money is never public
    const third: Route = { ...whole, policy: "inference" };
    // @ts-expect-error operators' routes are not for callers
    const fourth: OperatorRoute = { kind: "metrics", method: "GET", path: "/metrics", role: "caller", policy: "operator" };
    assert.equal([first, second, third, fourth].length, 4);
  });
});

/** By Node's client, which sends a path as it is given. */
function plain(port: number, method: string, path: string, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ port, method, path, headers: { authorization: `Bearer ${key}` }, agent: false });
    call.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on("error", reject);
    call.end();
  });
}
