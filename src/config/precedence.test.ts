import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig, type Overrides } from "./load.ts";
import { ConfigError } from "./problems.ts";

interface Given {
  readonly yaml?: string;
  readonly dotenv?: string;
  readonly env?: { readonly [name: string]: string };
  readonly overrides?: Overrides;
}

function load({ yaml, dotenv, env, overrides }: Given) {
  const files = new Map([
    ["/w/polygate.yaml", yaml],
    ["/w/.env", dotenv],
  ]);
  return loadConfig({
    env: { HOME: "/home/op", ...env },
    cwd: "/w",
    readFile: (path) => files.get(path),
    overrides,
    known: { providers: ["openai"], wires: ["openai-chat"] },
  });
}

function problems(given: Given): readonly string[] {
  try {
    load(given);
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError, String(thrown));
    return thrown.message.split("\n");
  }
  return [];
}

test("#45 one order: flag, file, environment, .env, default", () => {
  const yaml = "server: { port: 2 }";
  const env = { POLYGATE_PORT: "3" };
  const dotenv = "POLYGATE_PORT=4";
  const port = (given: Given): number => load(given).server.port;
  assert.equal(port({ overrides: { port: 1 }, yaml, env, dotenv }), 1);
  assert.equal(port({ yaml, env, dotenv }), 2);
  assert.equal(port({ env, dotenv }), 3);
  assert.equal(port({ dotenv }), 4);
  assert.equal(port({}), 4000);
});

test("#45 the same order holds for the other values that have a variable", () => {
  const env = { POLYGATE_HOST: "::1", POLYGATE_DATA_DIR: "mine", POLYGATE_WORKERS: "auto" };
  const config = load({ env });
  assert.deepEqual([config.server.host, config.dataDir, config.workers], ["::1", "/w/mine", "auto"]);
  const said = load({ env, yaml: "server: { host: localhost }\ndata_dir: theirs\nworkers: 3" });
  assert.deepEqual([said.server.host, said.dataDir, said.workers], ["localhost", "/w/theirs", 3]);
  assert.equal(load({ env, overrides: { workers: 5 } }).workers, 5);
});

test("#45 a variable with a bad value is named, not a line of the file", () => {
  assert.deepEqual(problems({ env: { POLYGATE_PORT: "many" } }), ["POLYGATE_PORT must be a whole number from 0 to 65535"]);
  const [open = ""] = problems({ env: { POLYGATE_HOST: "0.0.0.0" } });
  assert.match(open, /^0\.0\.0\.0 can be reached from other machines, and no keys are configured/);
});

test("#45 a typo is an error with its line and what was probably meant", () => {
  assert.deepEqual(problems({ yaml: "server:\n  prot: 1" }), [
    '/w/polygate.yaml:2:3: server: unknown key "prot"; did you mean "port"?',
  ]);
});

test("keys of the environment need no file, and add to those of one", () => {
  const secret = "secret-0123456789";
  const ids = (given: Given): readonly string[] => load(given).keys.map(({ id }) => id);
  assert.deepEqual(ids({ env: { POLYGATE_KEY: secret } }), ["env"]);
  assert.deepEqual(ids({ dotenv: `POLYGATE_KEY=${secret}` }), ["env"]);
  assert.deepEqual(ids({ env: { POLYGATE_KEYS: `${secret}a, web=${secret}b ${secret}c` } }), ["env-1", "web", "env-3"]);
  const yaml = `keys: [{ id: dev, secret: ${secret} }]`;
  assert.deepEqual(ids({ yaml, env: { POLYGATE_KEY: `${secret}x` } }), ["dev", "env"]);
  assert.deepEqual(ids({ yaml, env: { POLYGATE_KEY: secret } }), ["dev"], "the same secret is the file's");
  assert.equal(load({ env: { POLYGATE_KEY: secret, POLYGATE_HOST: "0.0.0.0" } }).server.host, "0.0.0.0");
});

test("a key too short to be safe is refused wherever it stands, without its text", () => {
  const short = "hunter2-hunter2";
  const said = [
    ...problems({ yaml: `keys: [{ id: dev, secret: ${short} }]` }),
    ...problems({ env: { POLYGATE_KEY: short } }),
    ...problems({ env: { POLYGATE_KEYS: `web=${short}` } }),
  ];
  assert.deepEqual(said, [
    "/w/polygate.yaml:1:27: keys[0].secret: must be at least 16 characters, or it could be guessed; use 32 random ones",
    'POLYGATE_KEY: the key "env" must be at least 16 characters, or it could be guessed; use 32 random ones',
    'POLYGATE_KEYS: the key "web" must be at least 16 characters, or it could be guessed; use 32 random ones',
  ]);
});

test("a file larger than any configuration is refused before it is parsed", () => {
  assert.match(problems({ yaml: `# ${"x".repeat(1024 * 1024)}` })[0] ?? "", /larger than the 1048576 characters/);
});
