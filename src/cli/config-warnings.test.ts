import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "./program.ts";
import { Session } from "./testing/session.ts";

const yaml = "server: { port: 4321 }\nproviders: { openai: {} }\naliases: { fast: opneai/gpt }";
const env = { POLYGATE_PORT: "9" };

test("what is good enough to serve with and probably not meant is told by `config check`, which stays content", async () => {
  const session = new Session({ yaml, env });
  assert.equal(await runCli(["config", "check"], session), 0);
  const [alias, variable, ...more] = session.errors;
  assert.match(alias ?? "", /^warning: calls of the alias "fast" fail: .* did you mean "openai"\?$/);
  assert.match(
    variable ?? "",
    /^warning: POLYGATE_PORT \(environment\) is not followed: \/w\/polygate\.yaml says another server\.port/,
  );
  assert.deepEqual(more, []);
});

test("#45 a variable that loses to the file is told once at the start; one that a flag overrules is not", async () => {
  for (const [argv, told] of [
    [["serve"], 1],
    [["serve", "--port", "77"], 0],
  ] as const) {
    const session = new Session({ yaml, env });
    const ended = runCli(argv, session);
    await session.until(/^Try it/);
    session.stop();
    assert.equal(await ended, 0);
    assert.equal(session.errors.filter((line) => line.includes("POLYGATE_PORT")).length, told, session.errors.join("\n"));
    assert.equal(session.errors.filter((line) => line.includes('alias "fast"')).length, 1);
  }
});
