import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { type ConfiguredProvider, knownNames, resolveProviders } from "../../../src/providers/index.ts";
import { serve } from "../../../src/server.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { Redactor } from "../../../src/telemetry/redact.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { type WireName, wireNames } from "../pains/kit/four-wires.ts";
import { ask } from "../reliability/ask.ts";
import { startCollector } from "./collector.ts";
import { manners, startEchoingUpstream } from "./echoing-upstream.ts";

/* #28, S14: every secret is a canary; nothing that leaves the gateway holds as much as nine characters of one. */

const canaries = {
  oai: "cnryA+Q7w/Zx81=Lk20vBn%Tr4yUi9Op",
  res: "cnryB.Hs5~Gd3fXc7Vb1Nm9Qw2Er6Ty8U",
  ant: "cnryC_Pl4-Ok8Ij2Uh6Yg0Tf5Rd9Se3Wa",
  gem: "cnryD!Mj7Nh3Bg9Vf5Cd1Xs4Za8Qe2Wr6T",
  key: "cnryE-Ed6Rf2Tg8Yh4Uj0Ik5Ol1Pz7Xc3Vb",
  other: "cnryF-Zm5Xn1Cb7Vv3Bc9Nx4Mz8As2Sd6Df",
  admin: "cnryH-Ws3Ed9Rf4Tg0Yh5Uj1Ik6Ol2Pq7Az8",
  otlp: "cnryG-Qa2Ws8Ed4Rf0Tg6Yh1Uj7Ik3Ol9Pp",
} as const;

const spellings = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString("base64"),
  Buffer.from(secret).toString("base64url"),
  Buffer.from(`x${secret}`).toString("base64").slice(2, -4),
  Buffer.from(`xx${secret}`).toString("base64").slice(3, -4),
];

const grams = new Map(
  Object.entries(canaries).flatMap(([name, secret]) =>
    spellings(secret).flatMap((one) => Array.from({ length: one.length - 8 }, (_, at) => [one.slice(at, at + 9), name] as const)),
  ),
);

/** Where canaries are in a text: which, and what stands around them. */
function hits(text: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at + 9 <= text.length; at++) {
    const name = grams.get(text.slice(at, at + 9));
    if (name === undefined) continue;
    found.push(`${name}: …${text.slice(Math.max(0, at - 40), at + 60)}…`);
    at += 100;
  }
  return found;
}

const bodies: {
  readonly [wire in WireName]: (model: string, stream: boolean) => { readonly path: string; readonly body: object };
} = {
  "openai-chat": (model, stream) => ({
    path: "/v1/chat/completions",
    body: { model, stream, messages: [{ role: "user", content: "hi" }] },
  }),
  "openai-responses": (model, stream) => ({ path: "/v1/responses", body: { model, stream, input: "hi" } }),
  "anthropic-messages": (model, stream) => ({
    path: "/v1/messages",
    body: { model, stream, max_tokens: 9, messages: [{ role: "user", content: "hi" }] },
  }),
  gemini: (model, stream) => ({
    path: `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
  }),
};

/** A provider whose code throws, with the secret in what it throws. */
function broken(provider: ConfiguredProvider): ConfiguredProvider {
  const adapt = (): never => {
    throw new TypeError(`cannot sign with ${provider.credential?.reveal()}`);
  };
  return { ...provider, name: "broken", remote: { ...provider.remote, adapt } };
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

test("the judge finds a canary in each spelling", () => {
  for (const secret of Object.values(canaries)) {
    for (const spelling of spellings(secret)) assert.equal(hits(`a ${spelling.slice(3, 13)} b`).length > 0, true, spelling);
  }
  assert.deepEqual(hits("nothing to see here, just a sentence"), []);
});

test("#28, S14: 0 canaries in answers, logs, traces, metrics and files", { timeout: 120_000 }, async (t) => {
  const upstream = await startEchoingUpstream();
  const collector = await startCollector();
  const dataDir = mkdtempSync(join(tmpdir(), "polygate-canaries-"));
  const yaml = `
server: { host: 127.0.0.1, port: 0 }
data_dir: ${dataDir}
keys: [{ id: dev, secret: "${canaries.key}" }, { id: other, secret: "${canaries.other}" }]
observe: { metrics: public, otlp_endpoint: "${collector.url}" }
providers:
  oai: { wire: openai-chat, base_url: "${upstream.url}/v1", api_key: "${canaries.oai}" }
  res: { wire: openai-responses, base_url: "${upstream.url}/v1", api_key: "${canaries.res}" }
  ant: { wire: anthropic-messages, base_url: "${upstream.url}", api_key: "${canaries.ant}" }
  gem: { wire: gemini, base_url: "${upstream.url}", api_key: "${canaries.gem}" }
`;
  const config = loadConfig({
    argvPath: "/polygate.yaml",
    env: {
      POLYGATE_ADMIN_KEY: canaries.admin,
      OTEL_EXPORTER_OTLP_HEADERS: `x-token=${canaries.otlp}`,
      OTEL_BSP_SCHEDULE_DELAY: "10",
    },
    cwd: dataDir,
    readFile: (path) => (path === "/polygate.yaml" ? yaml : undefined),
    known: knownNames,
  });
  const logged: string[] = [];
  const redactor = new Redactor();
  const log = createLog({
    level: "debug",
    format: "json",
    clock: systemClock,
    redact: redactor.redact,
    target: {
      writableLength: 0,
      on: () => {},
      write: (text) => {
        logged.push(text);
        return true;
      },
    },
    limits: { alike: 10_000, perEvent: 10_000 },
  });
  const resolved = resolveProviders(config.providers, config.environment);
  const oai = resolved.get("oai");
  assert.ok(oai);
  const providers = new Map([...resolved, ["broken", broken(oai)]]);
  const running = await serve({ config, providers, log, redactor, onTrouble: (message) => log.warn("trouble", { message }) });
  const heard: string[] = [];
  const statuses = new Map<number, number>();
  const one = async (caller: WireName, model: string, stream: boolean, key: string = canaries.key): Promise<void> => {
    const { path, body } = bodies[caller](model, stream);
    const reply = await ask(running.address, caller === "anthropic-messages" ? "anthropic" : "openai", body, { key, path });
    heard.push(`${JSON.stringify(reply.headers)}\n${reply.text}`);
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
  };
  const calls = wireNames.flatMap((caller) =>
    ["oai", "res", "ant", "gem"].flatMap((provider) =>
      manners.flatMap((manner) => [false, true].map((stream) => () => one(caller, `${provider}/${manner}`, stream))),
    ),
  );
  for (const caller of wireNames) {
    for (const stream of [false, true]) {
      calls.push(
        () => one(caller, "broken/x", stream),
        () => one(caller, `oai/${canaries.ant}`, stream),
        () => one(caller, canaries.other, stream),
        // A key with a slip of the pen is not to be quoted.
        () => one(caller, "oai/plain", stream, `${canaries.key}x`),
        () => one(caller, "oai/plain", stream, canaries.oai),
        () => one(caller, "oai/plain", stream, canaries.admin),
      );
    }
  }
  try {
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let next = calls.shift(); next !== undefined; next = calls.shift()) await next();
      }),
    );
    for (const path of ["/metrics", "/healthz", "/readyz", "/v1/models", "/admin/config/status", "/nothing"]) {
      for (const key of [canaries.key, canaries.admin, undefined]) {
        const reply = await ask(running.address, "openai", "", { key, path, method: "GET" });
        heard.push(`${path} ${JSON.stringify(reply.headers)}\n${reply.text}`);
      }
    }
  } finally {
    await running.close(1000);
  }
  const files = filesIn(dataDir).map((path) => `${path}\n${readFileSync(path).toString("latin1")}`);
  const traces = collector.texts.map((text) => text.replace(`"x-token":"${canaries.otlp}"`, ""));
  rmSync(dataDir, { recursive: true, force: true });
  await Promise.all([upstream.close(), collector.close()]);
  const lines = logged.join("");
  const sinks = { answers: heard, log: [lines], traces, files };
  const total = Object.values(sinks).reduce((sum, texts) => sum + texts.join().length, 0);
  t.diagnostic(
    `${heard.length} answers (${[...statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}), ${lines.split("\n").length - 1} lines of log, ${collector.spans.length} spans, ${files.length} files: ${total} characters`,
  );
  const found = Object.entries(sinks).flatMap(([sink, texts]) =>
    texts.flatMap((text) => hits(text).map((hit) => `${sink} ${hit}`)),
  );
  assert.deepEqual(found.slice(0, 20), []);
  assert.ok(heard.length >= 300);
  assert.ok(upstream.shown >= 300);
  assert.ok(collector.spans.length >= 600);
  for (const line of lines.split("\n").slice(0, -1)) JSON.parse(line);
  assert.match(lines, /"event":"call_failed"[^\n]*"cause":"TypeError: cannot sign with \[secret\]"/);
  assert.match(lines, /"event":"call"/);
});
