import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { program, runCli } from "../program.ts";
import { Session } from "../testing/session.ts";
import { treeOf } from "./tree.ts";

let home: string;
before(() => {
  home = mkdtempSync(join(tmpdir(), "polygate-completion-"));
  mkdirSync(join(home, ".cache/polygate"), { recursive: true });
  writeFileSync(join(home, ".cache/polygate/models"), "groq/llama\nollama/llama3.2:3b\nollama/qwen\n");
  writeFileSync(join(home, "prod.yaml"), "");
  writeFileSync(join(home, "a file.json"), "");
});
after(() => rmSync(home, { recursive: true, force: true }));

async function script(shell: string): Promise<string> {
  const session = new Session();
  assert.equal(await runCli(["completion", shell], session), 0);
  return session.text;
}

/** Runs a shell with this for its input; undefined where this machine has it not. */
function runIn(shell: string, argv: readonly string[], input: string, t: TestContext): string | undefined {
  const { error, status, stdout, stderr } = spawnSync(shell, [...argv], {
    input,
    encoding: "utf8",
    cwd: home,
    env: { HOME: home, PATH: process.env["PATH"] },
    timeout: 20_000,
  });
  if (error !== undefined && "code" in error && error.code === "ENOENT") {
    t.skip(`this machine has no ${shell}`);
    return undefined;
  }
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout;
}

test("bash completes commands, flags, their values, files and models' names, colons too", async (t) => {
  const asked: readonly (readonly [line: string, offered: string])[] = [
    ["polygate us", "usage"],
    ["polygate call ", "list show help --help"],
    ["polygate call list --mo", "--model"],
    ["polygate usage --format ", "table json"],
    ["polygate usage --by ", "model provider key label:"],
    ["polygate usage --since ", ""],
    ["polygate ask -m gr", "groq/llama"],
    ["polygate ask --json --model ollama/", "ollama/llama3.2:3b ollama/qwen"],
    ["polygate ask --model ollama/llama3.2:", "3b"],
    ["polygate chat q", ""],
    ["polygate chat ollama/q", "ollama/qwen"],
    ["polygate serve --config pr", "prod.yaml"],
    ["polygate ask --schema 'a", ""],
    ["polygate completion ", "bash zsh fish --help"],
    ["polygate check", ""],
    ["polygate star", ""],
  ];
  const tries = asked.map(([line]) => `try ${JSON.stringify(line)}`).join("\n");
  const input = `set -u
${await script("bash")}
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
try() { COMP_LINE="$1"; COMP_POINT=\${#1}; COMPREPLY=(); _polygate; echo "\${COMPREPLY[*]-}"; }
${tries}
`;
  const offered = runIn("bash", ["--norc", "-s"], input, t);
  if (offered === undefined) return;
  assert.deepEqual(
    offered.split("\n").slice(0, asked.length),
    asked.map(([, words]) => words),
  );
});

test("zsh reads its script", async (t) => {
  runIn("zsh", ["-f", "-s"], `autoload -U compinit && compinit -u\n${await script("zsh")}\nwhence _polygate >/dev/null\n`, t);
});

test("fish completes", async (t) => {
  const input = `${await script("fish")}\ncomplete -C 'polygate call li' | string split -f1 \\t\ncomplete -C 'polygate ask -m groq' | string split -f1 \\t\n`;
  const offered = runIn("fish", ["--no-config"], input, t);
  if (offered !== undefined) assert.deepEqual(offered.trim().split("\n"), ["list", "groq/llama"]);
});

test("every visible command and flag is in every script", async () => {
  const nodes = treeOf(program({ ports: new Session(), run: async () => {} }));
  assert.ok(nodes.length >= 14);
  for (const shell of ["bash", "zsh", "fish"]) {
    const text = await script(shell);
    for (const { path, flags } of nodes) {
      for (const word of [...path.split(" "), ...flags.map(({ names }) => (names[0] ?? "").slice(2))])
        assert.ok(text.includes(word), `${shell}: ${path} ${word}`);
    }
    assert.doesNotMatch(text, /check-config/);
  }
});
