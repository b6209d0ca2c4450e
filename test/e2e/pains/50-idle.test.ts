import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { knownNames, resolveProviders } from "../../../src/providers/index.ts";
import { serve } from "../../../src/server.ts";
import { startSimulator } from "../../../src/simulator/index.ts";
import { FakeClock } from "../../../src/transport/testing/fake-clock.ts";
import { offline } from "../../../src/transport/testing/network.ts";
import { ask, bodyOf } from "../reliability/ask.ts";

/* #50: health is learnt from the traffic there is; nobody is asked anything only to see whether it answers. */

const wires = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;
const minute = 60_000;
const day = 24 * 60 * minute;

test("#50: a day of silence, 20 deployments: no request, no connection, and the next call is served", {
  timeout: 60_000,
}, async (t) => {
  const simulator = await startSimulator();
  let connections = 0;
  const network: typeof offline = {
    resolve: offline.resolve,
    dial: (to) => {
      connections++;
      return offline.dial(to);
    },
  };
  const dataDir = mkdtempSync(join(tmpdir(), "polygate-50-"));
  const clock = new FakeClock();
  const providers = Array.from({ length: 20 }, (_, at) => {
    const wire = wires[at % wires.length] ?? "gemini";
    return `  p${at}: { wire: ${wire}, base_url: "${simulator.url}${wire.startsWith("openai") ? "/v1" : ""}", api_key: any-key }`;
  });
  const yaml = `server: { port: 0 }\ndata_dir: ${dataDir}\nproviders:\n${providers.join("\n")}\n`;
  const config = loadConfig({
    argvPath: "/polygate.yaml",
    env: {},
    cwd: dataDir,
    readFile: (path) => (path === "/polygate.yaml" ? yaml : undefined),
    known: knownNames,
  });
  const running = await serve({
    config,
    providers: resolveProviders(config.providers, config.environment),
    onTrouble: (message) => assert.fail(message),
    clock,
    outside: network,
  });
  try {
    // Each has been used, one of them by a model that reasons until its tokens are spent, and one has failed: none is looked after.
    for (let at = 0; at < 20; at++) {
      const body = { ...bodyOf("openai", `p${at}/echo`, at % 2 === 0), max_tokens: 1 };
      const { status, text } = await ask(running.address, "openai", body);
      assert.equal(status, 200, text);
    }
    const failed = await ask(running.address, "openai", bodyOf("openai", "p1/fault:400", false));
    assert.equal(failed.status, 400);
    const [asked, connected] = [simulator.journal.received, connections];
    assert.equal(asked, 21);
    for (let passed = 0; passed < day; passed += minute) {
      clock.advance(minute);
      // What a timer has begun gets as far as a socket.
      await new Promise((resolve) => setImmediate(resolve));
      if (passed % (60 * minute) === 0) {
        const { status } = await ask(running.address, "openai", "", { method: "GET", path: "/readyz" });
        assert.equal(status, 200);
      }
    }
    assert.equal(simulator.journal.received - asked, 0);
    assert.equal(connections - connected, 0);
    for (let at = 0; at < 20; at++) {
      assert.equal((await ask(running.address, "openai", bodyOf("openai", `p${at}/echo`, false))).status, 200);
    }
    t.diagnostic(`#50: 24 h, 20 deployments: 0 requests, 0 connections; the next call of each is served`);
  } finally {
    await running.close(0);
    await simulator.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
