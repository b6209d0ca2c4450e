import assert from "node:assert/strict";
import { test } from "node:test";
import { explainConfig } from "./explain-config.ts";
import { keysAt } from "./keys-at.ts";
import type { LoadOptions } from "./load.ts";
import { configSchema } from "./schema.ts";

const known = { providers: ["openai", "groq"], wires: ["openai-chat"] };

function explained(
  yaml: string | undefined,
  more: Partial<LoadOptions> & { readonly dotenv?: string } = {},
): ReadonlyMap<string, readonly [value: unknown, source: string]> {
  const readFile = (path: string): string | undefined =>
    path === "/w/polygate.yaml" ? yaml : path === "/w/.env" ? more.dotenv : undefined;
  const values = explainConfig({ env: { HOME: "/home/op" }, cwd: "/w", known, readFile, ...more });
  return new Map(values.map(({ path, value, source }) => [path, [value, source]]));
}

test("#45 each value says where it comes from: flag, line of the file, variable, default", () => {
  const yaml = `server:
  port: \${PORT}
  host: localhost
keys:
  - id: dev
    secret: "0123456789-0123456789-abc"
    labels: { team: web }
providers:
  openai: { api_key: "\${OPENAI}", base_url: https://h.example/v1 }
timeouts: { total: 5m }
`;
  const env = { HOME: "/home/op", OPENAI: "sk-hunter2", POLYGATE_DATA_DIR: "/data", POLYGATE_HOST: "ignored" };
  const values = explained(yaml, {
    env,
    dotenv: "PORT=4321\nPOLYGATE_WORKERS=2\nDELOS_LOG_LEVEL=warn",
    overrides: { host: "127.0.0.1" },
  });
  const expected: { readonly [path: string]: readonly [unknown, string] } = {
    "server.port": ["4321", "polygate.yaml:2 (${PORT})"],
    "server.host": ["127.0.0.1", "--host"],
    "server.hosts": [[], "default"],
    "keys[0].id": ["dev", "polygate.yaml:5"],
    "keys[0].secret": ["[secret]", "polygate.yaml:6"],
    "keys[0].labels.team": ["web", "polygate.yaml:7"],
    "providers.openai.api_key": ["[secret]", "polygate.yaml:9 (${OPENAI})"],
    "providers.openai.base_url": ["https://h.example/v1", "polygate.yaml:9"],
    data_dir: ["/data", "POLYGATE_DATA_DIR (environment)"],
    workers: ["2", "POLYGATE_WORKERS (.env)"],
    "timeouts.total": ["5m", "polygate.yaml:10"],
    "timeouts.connect": ["10s", "default"],
    "limits.body_bytes": ["32mb", "default"],
    "log.level": ["warn", "DELOS_LOG_LEVEL (.env)"],
    "observe.otlp_endpoint": [undefined, "default"],
  };
  for (const [path, entry] of Object.entries(expected)) assert.deepEqual(values.get(path), entry, path);
  assert.doesNotMatch(JSON.stringify([...values]), /hunter2|0123456789/);
});

test("without a file there are defaults and what the environment gives; no secret of it is shown", () => {
  const env = {
    HOME: "/home/op",
    POLYGATE_KEY: "a-key-of-the-environment-1",
    POLYGATE_KEYS: "ci=another-key-of-the-environment",
  };
  const values = explained(undefined, { env });
  assert.deepEqual(values.get("server.port"), [4000, "default"]);
  assert.deepEqual(values.get("data_dir"), ["/home/op/.local/share/polygate", "default"]);
  assert.deepEqual(values.get("keys.env"), ["[secret]", "POLYGATE_KEY (environment)"]);
  assert.deepEqual(values.get("keys.ci"), ["[secret]", "POLYGATE_KEYS (environment)"]);
  assert.doesNotMatch(JSON.stringify([...values]), /of-the-environment/);
});

test("no key of the schema is left out", () => {
  const values = explained(undefined);
  const named = new Set(["keys", "providers", "aliases"]);
  const leaves = (path: readonly PropertyKey[]): readonly string[] => {
    const keys = keysAt(configSchema, path);
    return keys.length === 0 ? [path.join(".")] : keys.flatMap((key) => leaves([...path, key]));
  };
  const missing = leaves([]).filter((path) => !named.has(path) && !values.has(path));
  // A table that nobody filled in has no lines.
  assert.deepEqual(missing, ["guards.safety"]);
});

test("what is wrong with the configuration is told as ever", () => {
  assert.throws(() => explained("servre: {}"), /polygate\.yaml:1:1: unknown key "servre"; did you mean "server"\?/);
});
