import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Secret } from "../canonical/secret.ts";
import type { Config } from "./config.ts";
import { loadConfig } from "./load.ts";
import { ConfigError } from "./problems.ts";

interface Given {
  readonly yaml?: string;
  readonly files?: { readonly [path: string]: string };
  readonly env?: { readonly [name: string]: string };
  readonly argvPath?: string;
  readonly overrides?: { readonly host?: string; readonly port?: number };
}

function load({ yaml, files, env, argvPath, overrides }: Given): Config {
  const all = new Map(Object.entries({ ...(yaml === undefined ? {} : { "/w/polygate.yaml": yaml }), ...files }));
  return loadConfig({
    argvPath,
    env: { HOME: "/home/op", ...env },
    cwd: "/w",
    readFile: (path) => all.get(path),
    overrides,
    known: { providers: ["openai", "anthropic", "groq"], wires: ["openai-chat", "anthropic-messages"] },
  });
}

function problems(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split("\n");
  }
  return [];
}

test("without a file the defaults hold", () => {
  const config = load({});
  assert.equal(config.file, undefined);
  assert.deepEqual(config.server, { host: "127.0.0.1", port: 4000, hosts: [] });
  assert.deepEqual(config.keys, []);
  assert.equal(config.dataDir, "/home/op/.local/share/polygate");
  assert.equal(config.timeouts.connectMs, 10_000);
  assert.equal(config.limits.bodyBytes, 33_554_432);
});

test("the README's example reads as it should", () => {
  const config = load({
    yaml: [
      "server: { host: 127.0.0.1, port: 4000 }",
      'keys: [{ id: dev, secret: "${POLYGATE_KEY}", labels: { team: web } }]',
      "providers:",
      "  openai: {}",
      '  anthropic: { api_key: "${ANTHROPIC_API_KEY}" }',
      "  my-vllm: { wire: openai-chat, base_url: http://127.0.0.1:8000/v1, api_key: none }",
    ].join("\n"),
    env: { POLYGATE_KEY: "pg-0123456789-0123", ANTHROPIC_API_KEY: "sk-ant" },
  });
  assert.equal(config.file, "/w/polygate.yaml");
  assert.equal(config.keys[0]?.secret.reveal(), "pg-0123456789-0123");
  assert.deepEqual(config.keys[0]?.labels, { team: "web" });
  assert.deepEqual(
    config.providers.map(({ name }) => name),
    ["openai", "anthropic", "my-vllm"],
  );
  const [, anthropic, vllm] = config.providers;
  assert.ok(anthropic?.apiKey instanceof Secret);
  assert.equal(anthropic.apiKey.reveal(), "sk-ant");
  assert.equal(vllm?.apiKey, "none");
  assert.equal(vllm?.baseUrl, "http://127.0.0.1:8000/v1");
});

test("every section may be left empty", () => {
  const config = load({ yaml: "server:\nkeys:\nproviders: { openai: }\ntimeouts:\nlimits:\n" });
  assert.equal(config.server.port, 4000);
  assert.equal(config.providers[0]?.name, "openai");
});

test("a misspelt key is named with its line and the key that was probably meant", () => {
  const yaml = "server:\n  prot: 4000\nproviders:\n  openai:\n    baseURL: https://x/v1\n";
  assert.deepEqual(problems({ yaml }), [
    '/w/polygate.yaml:2:3: server: unknown key "prot"; did you mean "port"?',
    '/w/polygate.yaml:5:5: providers.openai: unknown key "baseURL"; did you mean "base_url"?',
  ]);
});

test("a key that resembles none is answered with those that exist", () => {
  assert.deepEqual(problems({ yaml: "server: { zzz: 1 }" }), [
    '/w/polygate.yaml:1:11: server: unknown key "zzz"; known here: host, port, hosts',
  ]);
});

test("everything that is wrong is told at once, in the file's order", () => {
  const yaml =
    'timeouts: { connect: 10 }\nserver: { port: 70000 }\nkeys: [{ id: a, secret: "${NOT_SET}" }]\nlimits: { body_bytes: much }\n';
  const lines = problems({ yaml });
  assert.deepEqual(
    lines.map((line) => line.split(": ")[0]),
    ["/w/polygate.yaml:1:22", "/w/polygate.yaml:2:17", "/w/polygate.yaml:3:25", "/w/polygate.yaml:4:23"],
  );
  assert.match(lines[0] ?? "", /timeouts\.connect: must be a duration with its unit/);
  assert.match(lines[1] ?? "", /server\.port: must be a whole number from 0 to 65535/);
  assert.match(lines[2] ?? "", /NOT_SET is not set/);
  assert.match(lines[3] ?? "", /limits\.body_bytes: must be a size/);
});

test("variables come from the process, then from .env beside the file, then from the default", () => {
  const yaml =
    'keys:\n  - { id: a, secret: "${A}" }\n  - { id: b, secret: "${B}" }\n  - { id: c, secret: "${C:-the-sea-the-sea-}" }\n  - { id: d, secret: "$${D}-0123456789-" }\n';
  const config = load({
    files: { "/etc/pg/polygate.yaml": yaml, "/etc/pg/.env": 'A=file\nB="two-two-two-two-"\n' },
    argvPath: "/etc/pg/polygate.yaml",
    env: { A: "process-process-" },
  });
  assert.deepEqual(
    config.keys.map(({ secret }) => secret.reveal()),
    ["process-process-", "two-two-two-two-", "the-sea-the-sea-", "${D}-0123456789-"],
  );
  assert.equal(config.environment.source("A"), "environment");
  assert.equal(config.environment.source("B"), ".env");
});

test("a value that looks like a reference is not resolved again, and keys are never resolved", () => {
  const config = load({ yaml: 'keys: [{ id: a, secret: secret-0123456789, labels: { "${X}": "${X}" } }]', env: { X: "${Y}" } });
  assert.deepEqual(config.keys[0]?.labels, { "${X}": "${Y}" });
});

test("a missing variable names the one that was probably meant, never a value", () => {
  const [line] = problems({ yaml: 'keys: [{ id: a, secret: "${POLYGATE_KEZ}" }]', env: { POLYGATE_KEY: "very-secret" } });
  assert.match(line ?? "", /^\/w\/polygate\.yaml:1:25: .*POLYGATE_KEZ is not set.*did you mean "POLYGATE_KEY"\?$/);
  assert.doesNotMatch(line ?? "", /very-secret/);
});

test("numbers and booleans may come out of the environment", () => {
  const yaml =
    'server: { port: "${PORT}" }\nproviders: { v: { wire: openai-chat, base_url: http://h/v1, api_key: none, quirks: { stream_usage: "${SU}" } } }';
  const config = load({ yaml, env: { PORT: "8080", SU: "false" } });
  assert.equal(config.server.port, 8080);
  assert.equal(config.providers[0]?.quirks?.streamUsage, false);
});

test("the file is found by flag, then variable, then working directory", () => {
  const files = { "/a.yaml": "server: { port: 1 }", "/b.yaml": "server: { port: 2 }", "/w/polygate.yaml": "server: { port: 3 }" };
  const port = (given: Given): number => load({ files, ...given }).server.port;
  assert.equal(port({ argvPath: "/a.yaml", env: { POLYGATE_CONFIG: "/b.yaml" } }), 1);
  assert.equal(port({ env: { POLYGATE_CONFIG: "../b.yaml" } }), 2);
  assert.equal(port({}), 3);
  assert.equal(port({ overrides: { port: 4 } }), 4);
  assert.deepEqual(problems({ argvPath: "nowhere.yaml" }), ["/w/nowhere.yaml: there is no such file (named by --config)"]);
});

test("two keys may share neither id nor secret", () => {
  const lines = problems({
    yaml: "keys:\n  - { id: a, secret: secret-0123456789-1 }\n  - { id: a, secret: secret-0123456789-2 }\n  - { id: b, secret: secret-0123456789-1 }\n",
  });
  assert.match(lines[0] ?? "", /^\/w\/polygate\.yaml:3:11: another key has the id "a"/);
  assert.match(lines[1] ?? "", /^\/w\/polygate\.yaml:4:22: this key has the same secret as the key "a"/);
});

test("without keys only loopback is served", () => {
  for (const host of ["0.0.0.0", "::", "192.168.1.4", "gateway.example", "127.0.0.1.example"]) {
    assert.match(problems({ yaml: `server: { host: "${host}" }` })[0] ?? "", /no keys are configured/, host);
    assert.match(problems({ overrides: { host } })[0] ?? "", /no keys are configured/, host);
    assert.deepEqual(problems({ yaml: `server: { host: "${host}" }\nkeys: [{ id: a, secret: secret-0123456789 }]` }), []);
  }
  for (const host of ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
    assert.deepEqual(problems({ yaml: `server: { host: "${host}" }` }), []);
});

test("every name in the Host header is taken only where there are keys", () => {
  const hosts = 'server: { hosts: ["a.example", "*"] }';
  assert.match(problems({ yaml: hosts })[0] ?? "", /^\/w\/polygate\.yaml:1:32: hosts: "\*" without keys lets every web page/);
  assert.deepEqual(problems({ yaml: `${hosts}\nkeys: [{ id: a, secret: secret-0123456789 }]` }), []);
  assert.deepEqual(problems({ yaml: hosts, env: { POLYGATE_KEY: "secret-0123456789" } }), []);
});

test("providers: an unknown name, an unknown wire, a wire at a built-in one", () => {
  const yaml = [
    "providers:",
    "  opnai: {}",
    "  mine: { wire: openai-chats, base_url: http://h, api_key: none }",
    "  groq: { wire: openai-chat }",
    "  ours: { wire: openai-chat }",
  ].join("\n");
  const lines = problems({ yaml });
  assert.match(lines[0] ?? "", /:2:3: opnai is not built in; did you mean "openai"\?/);
  assert.match(lines[1] ?? "", /:3:17: there is no wire "openai-chats"; did you mean "openai-chat"\?/);
  assert.match(lines[2] ?? "", /:4:11: groq is built in/);
  assert.match(lines[3] ?? "", /:5:3: ours is not built in.*missing: base_url, api_key$/);
});

test("provider names that would be read as something else are refused", () => {
  for (const name of ["route", "a/b", '"a b"', "__proto__"]) {
    const lines = problems({ yaml: `providers:\n  ${name}: { wire: openai-chat, base_url: http://h, api_key: none }` });
    assert.equal(lines.length, 1, name);
    assert.match(lines[0] ?? "", /:2:3: /, name);
  }
});

test("base URLs with credentials or of other schemes are refused", () => {
  for (const url of ["ftp://h/v1", "http://u:p@h/v1", "h/v1", "http://h/v1?key=1"]) {
    assert.match(problems({ yaml: `providers: { openai: { base_url: "${url}" } }` })[0] ?? "", /must be a URL/, url);
  }
});

test("YAML that cannot be read is told by line, without quoting the file", () => {
  const yaml = "keys:\n  - { id: a, secret: sk-very-secret ]\n";
  const lines = problems({ yaml });
  assert.match(lines[0] ?? "", /^\/w\/polygate\.yaml:2:/);
  assert.doesNotMatch(lines.join(), /very-secret/);
  assert.match(problems({ yaml: "providers: { openai: { api_key: ${KEY} } }" })[0] ?? "", /wants quotes around it/);
  assert.match(problems({ yaml: "server: {}\nserver: {}" })[0] ?? "", /:2:1: this key stands here twice/);
});

test("no message and no print of the configuration holds a secret", () => {
  const yaml = 'keys: [{ id: a, secret: "${K}" }]\nproviders: { openai: { api_key: "${K}" } }';
  const config = load({ yaml, env: { K: "top-secret-value" } });
  const shown = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true }), String(config.keys[0]?.secret)];
  assert.doesNotMatch(shown.join("\n"), /top-secret-value/);
  const wrong = problems({
    yaml: 'keys: [{ id: a, secret: "${K}" }]\nproviders: { openai: { api_key: "${K} x" }, groq: { base_url: "${K}" } }',
    env: { K: "top-secret-value" },
  });
  assert.equal(wrong.length, 2);
  assert.doesNotMatch(wrong.join("\n"), /top-secret-value/);
});

test("limits.lag is a duration, or off", () => {
  const lagOf = (yaml: string): number => load({ yaml }).limits.lagMs;
  assert.equal(lagOf(""), 60);
  assert.equal(lagOf('limits: { lag: "off" }'), Number.POSITIVE_INFINITY);
  assert.equal(lagOf("limits: { lag: off }"), Number.POSITIVE_INFINITY);
  assert.equal(lagOf("limits: { lag: 1s }"), 1000);
});
