import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { OpenLoop, percentile } from "./open-loop.ts";

/*
 * reliability.md R22, in a small size: calls come five times as fast as they can be served. The gateway is a process of its own,
 * the provider and the probe are threads of theirs.
 */

/** Of one stream: so many that the gateway serves a few hundred streams a second, and its callers can keep up. */
const events = 4000;

const dir = mkdtempSync(join(tmpdir(), "polygate-overload-"));
const upstream = new Worker(new URL("overload-upstream.ts", import.meta.url), { workerData: events });
let gateway: ReturnType<typeof spawn>;
let address = "";

before(async () => {
  const [port]: unknown[] = await once(upstream, "message");
  const file = join(dir, "polygate.yaml");
  writeFileSync(
    file,
    `server: { port: 0 }\ndata_dir: ${dir}\nproviders: { mine: { wire: openai-chat, base_url: "http://127.0.0.1:${port}/v1", api_key: none } }\n`,
  );
  const launcher = fileURLToPath(new URL("../../bin/polygate.js", import.meta.url));
  gateway = spawn(process.execPath, [launcher, "start", "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok(gateway.stdout !== null);
  for await (const line of createInterface({ input: gateway.stdout })) {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(/^address/.test(line) ? line : "");
    if (found !== null) {
      address = found[0];
      break;
    }
  }
});

after(async () => {
  gateway.kill("SIGTERM");
  await once(gateway, "exit");
  await upstream.terminate();
  rmSync(dir, { recursive: true, force: true });
});

test("R22: at five times what it can serve, most is served, soon, and the rest is turned away at once", async (t) => {
  const loop = new OpenLoop({
    url: `${address}/v1/messages`,
    headers: { "anthropic-version": "2023-06-01" },
    body: JSON.stringify({ model: "mine/m", max_tokens: 50, stream: true, messages: [{ role: "user", content: "hi" }] }),
  });
  await loop.closed(16, 1500);
  const peak = await loop.closed(32, 3000);
  const calm = await loop.open(peak * 0.5, 3000);
  const probe = new Worker(new URL("overload-probe.ts", import.meta.url), { workerData: address });
  const seconds = 6;
  const storm = await loop.open(peak * 5, seconds * 1000);
  probe.postMessage("stop");
  const [probes]: number[][] = await once(probe, "message");
  assert.ok(probes !== undefined && probes.length > 20);
  const served = storm.filter(({ status }) => status === 200);
  const refused = storm.filter(({ status }) => status === 503);
  const goodput = served.length / ((seconds * 2) / 3) / peak;
  const first = (outcomes: typeof storm, share: number): number =>
    percentile(
      outcomes.map(({ firstByteMs }) => firstByteMs),
      share,
    );
  const calmP99 = first(calm, 0.99);
  t.diagnostic(
    `peak ${peak.toFixed(0)} streams/s; at 5x: goodput ${(goodput * 100).toFixed(0)} % of it, ${refused.length} refused`,
  );
  t.diagnostic(
    `first byte p50/p99: calm ${first(calm, 0.5).toFixed(0)}/${calmP99.toFixed(0)} ms, served ${first(served, 0.5).toFixed(0)}/${first(served, 0.99).toFixed(0)} ms, refused ${percentile(
      refused.map((o) => o.answeredMs),
      0.5,
    ).toFixed(0)}/${percentile(
      refused.map((o) => o.answeredMs),
      0.99,
    ).toFixed(0)} ms; healthz p99 ${percentile(probes, 0.99).toFixed(0)} ms of ${probes.length}`,
  );
  assert.deepEqual([...new Set(storm.map(({ status }) => status))].sort(), [200, 503]);
  assert.ok(
    refused.every(({ retryAfter }) => Number(retryAfter) >= 1),
    "whoever is turned away is told when to come back",
  );
  assert.ok(refused.length > storm.length / 3, "the load was more than it could serve");
  assert.ok(goodput > 0.3, `goodput ${goodput}`);
  // With nobody turned away the median is ten seconds and more: each second brings four seconds of work that waits.
  assert.ok(first(served, 0.5) < 3000, `served calls waited ${first(served, 0.5)} ms`);
  // When it is over it is over.
  await loop.closed(4, 4000);
  const later = await loop.open(peak * 0.3, 1000);
  assert.deepEqual([...new Set(later.map(({ status }) => status))], [200]);
  loop.close();
});
