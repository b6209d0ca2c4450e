import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startSimulator } from "../../../src/simulator/index.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { Redactor } from "../../../src/telemetry/redact.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { startFourWires, wireNames } from "../pains/kit/four-wires.ts";
import { ask, bodyOf } from "../reliability/ask.ts";

const nasty = [
  'x\r\n{"level":"error","event":"forged"}',
  "x\u001b[31mred\u001b[0m\u0007",
  'x"},{"y":"',
  "x\u202eevil\u2066\u2028\u200b\u0085",
  "x\u0000\ud800",
];
const providers = { "openai-chat": "oai", "openai-responses": "res", "anthropic-messages": "ant", gemini: "gem" } as const;

test("S17: what callers and providers send breaks no line of the log, and 10 MB of it is 4 KB", {
  timeout: 60_000,
}, async (t) => {
  const upstream = createServer((request, response) => {
    request.resume().on("end", () => {
      const message = `${nasty.join(" ")} ${"z".repeat(10 * 1024 * 1024)}`;
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error: { message, code: nasty[0] } }));
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const address = upstream.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const written: string[] = [];
  const redactor = new Redactor();
  const target = {
    writableLength: 0,
    on: () => {},
    write: (text: string) => {
      written.push(text);
      return true;
    },
  };
  const log = createLog({ level: "debug", format: "json", clock: systemClock, redact: redactor.redact, target });
  const stack = await startFourWires({ upstream: url, observed: { log, redactor } });
  const statuses = new Map<number, number>();
  const post: typeof stack.post = async (...given) => {
    const reply = await stack.post(...given);
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
    return reply;
  };
  try {
    for (const wire of wireNames) {
      for (const text of nasty) {
        const body = {
          messages: [{ role: "user", content: text }],
          input: text,
          contents: [{ parts: [{ text }] }],
          user: text,
          metadata: { a: text },
        };
        const headers = { "x-request-id": text.replaceAll(/[^ -~]/g, "?"), "user-agent": text.replaceAll(/[^ -~]/g, "?") };
        const named = wire === "gemini" ? encodeURIComponent(text.toWellFormed()) : text;
        await post(wire, `${providers[wire]}/${named}`, body, { headers });
        await post(wire, `${providers[wire]}/${named}`, body, { headers, stream: true });
        await post(wire, named, body, { headers });
      }
    }
  } finally {
    await stack.close();
    upstream.closeAllConnections();
    upstream.close();
  }
  const lines = written.join("").split("\n").slice(0, -1);
  t.diagnostic(
    `${[...statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}; ${lines.length} lines, the longest ${Math.max(...lines.map((line) => line.length))} characters`,
  );
  // A busy machine turns some away before they are calls.
  assert.equal(lines.length, 60 - (statuses.get(503) ?? 0));
  assert.ok(lines.length >= 15);
  for (const line of lines) {
    const { event, level } = JSON.parse(line);
    assert.ok(event === "call" && level === "debug", line);
    assert.doesNotMatch(line, /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u);
    assert.ok(line.length < 16_384);
  }
});

const bin = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), "bin/polygate.js");

test("R29: a log that nobody reads, or that is closed, stops no call and is counted", { timeout: 60_000 }, async (t) => {
  const simulator = await startSimulator();
  const folder = mkdtempSync(join(tmpdir(), "polygate-log-"));
  const config = join(folder, "polygate.yaml");
  writeFileSync(
    config,
    `server: { port: 0 }\ndata_dir: ${folder}\nlog: { level: debug, format: json }\nobserve: { metrics: public }\nproviders: { sim: { wire: openai-chat, base_url: "${simulator.url}/v1", api_key: none } }\n`,
  );
  const env = { PATH: process.env["PATH"], HOME: folder };
  const child = spawn(process.execPath, [bin, "--config", config], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  try {
    const gateway = await new Promise<string>((resolve) => {
      let text = "";
      child.stdout.on("data", (piece: Buffer) => {
        text += piece.toString("utf8");
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text.slice(text.indexOf("address")));
        if (text.includes("address") && found !== null) resolve(found[0]);
      });
    });
    const lost = async (): Promise<number> => {
      const { text } = await ask(gateway, "openai", "", { method: "GET", path: "/metrics" });
      return Number(/^polygate_log_dropped_total (\d+)$/m.exec(text)?.[1]);
    };
    // Where the machine has more to do than it can, some calls are turned away: an answer all the same.
    let turnedAway = 0;
    const serve = async (calls: number): Promise<number> => {
      const started = performance.now();
      for (let left = calls; left > 0; left -= 4) {
        const heard = await Promise.all(
          Array.from({ length: 4 }, () => ask(gateway, "openai", bodyOf("openai", "sim/echo", false))),
        );
        for (const { status } of heard) {
          assert.ok(status === 200 || status === 503, String(status));
          if (status === 503) turnedAway++;
        }
      }
      return performance.now() - started;
    };
    const quiet = await serve(160);
    let calls = 160;
    while ((await lost()) === 0 && calls < 8000) {
      await serve(480);
      calls += 480;
    }
    const deaf = await serve(160);
    t.diagnostic(
      `unread: ${await lost()} lines lost of ${calls + 160}; 160 calls took ${quiet.toFixed(0)} ms before and ${deaf.toFixed(0)} ms while nobody read; ${turnedAway} turned away`,
    );
    assert.ok((await lost()) > 0);
    child.stderr.destroy();
    await serve(160);
    const closed = await lost();
    await serve(160);
    t.diagnostic(`closed: ${(await lost()) - closed} lines lost of 160 more`);
    assert.ok((await lost()) > closed);
    assert.equal(child.exitCode, null);
  } finally {
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
  assert.equal(child.exitCode, 0);
});

test("S17: what a process writes to a pipe is one line of JSON per event, from its start to its end", {
  timeout: 30_000,
}, async () => {
  const simulator = await startSimulator();
  const folder = mkdtempSync(join(tmpdir(), "polygate-lines-"));
  const config = join(folder, "polygate.yaml");
  writeFileSync(
    config,
    `server: { port: 0 }
data_dir: ${folder}
log: { calls: info }
providers:
  sim: { wire: openai-chat, base_url: "${simulator.url}/v1", api_key: none }
  gone: { wire: openai-chat, base_url: "http://127.0.0.1:9/v1", api_key: none }
`,
  );
  const env = { PATH: process.env["PATH"], HOME: folder, POLYGATE_LOG_LEVEL: "loud" };
  const child = spawn(process.execPath, [bin, "--config", config], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let log = "";
  child.stderr.on("data", (piece: Buffer) => {
    log += piece.toString("utf8");
  });
  try {
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (piece: Buffer) => {
        out += piece.toString("utf8");
        if (out.includes("Try it")) resolve();
      });
    });
    const gateway = /http:\/\/127\.0\.0\.1:\d+/.exec(out.slice(out.indexOf("\naddress")))?.[0] ?? "";
    await ask(gateway, "openai", bodyOf("openai", "sim/echo", true));
    await ask(gateway, "openai", bodyOf("openai", "sim/fault:401", false));
  } finally {
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const lines = log
    .split("\n")
    .slice(0, -1)
    .map((line): { event: string; level: string; time: string } => JSON.parse(line));
  for (const event of ["log_settings", "listening", "provider_silent", "call", "stopping"])
    assert.ok(
      lines.some((line) => line.event === event),
      `${event}\n${log}`,
    );
  for (const { level, time } of lines) assert.match(`${level} ${time}`, /^(?:info|warn) \d{4}-\d\d-\d\dT[\d:.]+Z$/);
});
