import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig, type Overrides } from "./load.ts";
import { warningsOf } from "./warnings.ts";

function warnings(yaml: string, env: { readonly [name: string]: string } = {}, overrides?: Overrides): readonly string[] {
  const known = { providers: ["openai", "groq"], wires: ["openai-chat"] };
  const readFile = (path: string) => (path === "/w/polygate.yaml" ? yaml : undefined);
  const config = loadConfig({ env, cwd: "/w", readFile, known, overrides });
  return warningsOf(config, { overrides, cwd: "/w", providers: ["mine", "openai"], builtIn: known.providers });
}

test("an alias of a provider that is not there is told, with the nearest name or what it lacks", () => {
  const mine = "providers: { mine: { wire: openai-chat, base_url: http://127.0.0.1:1/v1, api_key: none } }\n";
  assert.deepEqual(warnings(`${mine}aliases: { a: mine/x, b: openai/gpt, c: minne/x, d: nobody/x/y, e: groq/llama }`), [
    'calls of the alias "c" fail: it stands for minne/x, and there is no provider "minne"; did you mean "mine"?',
    'calls of the alias "d" fail: it stands for nobody/x/y, and there is no provider "nobody".',
    'calls of the alias "e" fail: it stands for groq/llama, and the provider groq has no credential.',
  ]);
});

test("#45 a variable that loses to the file is told, without its value; one that agrees, or a flag overrules, is not", () => {
  const yaml = [
    "server: { host: 127.0.0.1, port: 4321 }",
    "data_dir: /d/data",
    "workers: 1",
    "providers: { openai: { base_url: http://127.0.0.1:9/v1, api_key: none } }",
  ].join("\n");
  const other = {
    POLYGATE_HOST: "127.0.0.2",
    POLYGATE_PORT: "1",
    POLYGATE_WORKERS: "7",
    POLYGATE_DATA_DIR: "data",
    OPENAI_BASE_URL: "http://user:secret@h/v1",
  };
  const told = warnings(yaml, other);
  assert.deepEqual(
    told.map((line) => /^(\w+) \(environment\) is not followed: \/w\/polygate\.yaml says another (\S+), /.exec(line)?.slice(1)),
    [
      ["POLYGATE_HOST", "server.host"],
      ["POLYGATE_PORT", "server.port"],
      ["POLYGATE_WORKERS", "workers"],
      ["POLYGATE_DATA_DIR", "data_dir"],
      ["OPENAI_BASE_URL", "providers.openai.base_url"],
    ],
  );
  assert.doesNotMatch(told.join("\n"), /secret|127\.0\.0\.2/);
  const same = {
    POLYGATE_HOST: "127.0.0.1",
    POLYGATE_PORT: "4321",
    POLYGATE_WORKERS: "1",
    POLYGATE_DATA_DIR: "../d/data",
    OPENAI_BASE_URL: "http://127.0.0.1:9/v1/",
  };
  assert.deepEqual(warnings(yaml, same), []);
  const flags = { host: "127.0.0.3", port: 2, workers: 3 };
  assert.equal(warnings(yaml, { ...other, POLYGATE_DATA_DIR: "", OPENAI_BASE_URL: "" }, flags).length, 0);
  assert.deepEqual(warnings("strict: warn", other), [], "where the file is silent they are followed");
});
