import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { program, runCli } from "./program.ts";
import { Session } from "./testing/session.ts";

const tree = program({ ports: new Session(), run: async () => {} });

/** Every command by its path, hidden ones too. */
function commands(of: Command, path: readonly string[] = []): readonly (readonly [path: readonly string[], command: Command])[] {
  return of.commands.flatMap((command) => {
    const here = [...path, command.name()];
    return [[here, command] as const, ...commands(command, here)];
  });
}

async function helpOf(path: readonly string[]): Promise<string> {
  const session = new Session();
  assert.equal(await runCli([...path, "--help"], session), 0);
  return session.text;
}

/** The command lines among a help's examples. */
function examplesIn(help: string): readonly string[] {
  const [, list = ""] = help.split("\nExamples:\n");
  return list
    .split("\n")
    .filter((line) => line.startsWith("  "))
    .map((line) => line.trim().split(/ {3,}/)[0] ?? "");
}

/** What is wrong with an example: a command or a flag that there is not. */
function faultIn(example: string): string | undefined {
  const [, line] = /(?:^|[|(] ?)polygate(.*)/.exec(example) ?? [];
  if (line === undefined) return "calls no polygate";
  const [own = ""] = line.split(/ [|>] |\)$/);
  const words = own.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  let command = tree;
  for (const word of words) {
    const inner = command.commands.find((one) => one.name() === word);
    if (inner !== undefined) command = inner;
    else if (/^--?[a-z]/.test(word)) {
      const known = command.options.some(({ long, short }) => long === word || short === word);
      if (!known) return `${command.name()} has no ${word}`;
    }
  }
  return undefined;
}

test("every command's help has one to three examples, of commands and flags that there are", async () => {
  const all = commands(tree);
  assert.ok(all.length >= 14, String(all.length));
  for (const [path] of all) {
    const examples = examplesIn(await helpOf(path));
    assert.ok(examples.length >= 1 && examples.length <= 3, `${path.join(" ")}: ${examples.length} examples`);
    for (const example of examples) assert.equal(faultIn(example), undefined, example);
  }
  for (const example of examplesIn(await helpOf([]))) assert.equal(faultIn(example), undefined, example);
  assert.equal(faultIn("polygate usage --colour red"), "usage has no --colour");
  assert.equal(faultIn("cat x | polygate ask --modle y"), "ask has no --modle");
});

test("every command and flag says what it does, and old names are not shown", async () => {
  for (const [path, command] of commands(tree)) {
    assert.notEqual(command.description(), "", path.join(" "));
    for (const { flags, description } of command.options) assert.notEqual(description, "", `${path.join(" ")} ${flags}`);
  }
  const help = await helpOf([]);
  assert.match(help, /^ {2}serve \[options\] +serve until told to stop/m);
  assert.doesNotMatch(help, /check-config|^ {2}start/m);
});

test("a misspelt command, flag or choice is answered with what was meant, and exit code 2", async () => {
  for (const [argv, said] of [
    [["usgae"], /There is no command "usgae"; did you mean "usage"\? Known: /],
    [["usage", "--sicne", "1h"], /unknown option '--sicne'[\s\S]*Did you mean --since\?/],
    [["usage", "--format", "xml"], /Allowed choices are table, json/],
    [["call", "lst"], /unknown command 'lst'[\s\S]*Did you mean list\?/],
    [["call", "show"], /missing required argument 'id'/],
    [["doctor", "--timeout", "0"], /whole number from 1 to 300/],
    [["ask", "--temperature", "hot", "x"], /number from 0 to 2/],
    [["completion", "tcsh"], /Allowed choices are bash, zsh, fish/],
  ] as const) {
    const session = new Session();
    assert.equal(await runCli(argv, session), 2, argv.join(" "));
    assert.match(session.errors.join("\n"), said);
    assert.deepEqual(session.lines, [], argv.join(" "));
  }
});
