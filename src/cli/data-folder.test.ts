import assert from "node:assert/strict";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { keepLastKnownGood } from "../config/last-known-good.ts";
import { openLedger } from "../ledger/open.ts";
import { attemptEnd, attemptStart, realClock, temporaryDirectory } from "../ledger/testing/attempts.ts";
import { runCli } from "./program.ts";
import { Session } from "./testing/session.ts";

/* What an operator needs of a gateway that runs on while its file is broken. */

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

const told = /^The configuration cannot be used: \/w\/polygate\.yaml:2:1: unknown key "provider".* The data is taken from /;

/** The file as it is now, beside what was good before. */
function broken(text: string, env = {}): Session {
  const { dataDir } = directory;
  const facts = { [join(dataDir, "admin.key")]: { kind: "file", mode: 0o600, own: true, size: 1 } } as const;
  return new Session({ yaml: text, env, facts, wall: Date.now() });
}

test("the admin key and the books are found though the file is broken, and stderr says so in one line", async () => {
  const { dataDir } = directory;
  const writer = await openLedger({ dataDir, clock: realClock });
  const start = attemptStart(1);
  writer.begin({ ...start, startedAt: Date.now() }).settle(attemptEnd());
  await writer.close();
  const text = `data_dir: ${dataDir}\nprovider: {}\n`;
  for (const [argv, answer] of [
    [["admin", "key"], /admin\.key$/],
    [["usage", "--json"], /"attempts": ?"?1/],
    [["call", "list", "--json"], new RegExp(start.callId)],
    [["call", "show", start.callId, "--json"], new RegExp(start.callId)],
  ] as const) {
    const session = broken(text);
    assert.equal(await runCli(argv, session), 0, `${argv.join(" ")}: ${session.errors}`);
    assert.match(session.text, answer);
    assert.equal(session.errors.length, 1, session.errors.join("\n"));
    assert.match(session.errors[0] ?? "", told);
    assert.ok(session.errors[0]?.includes(`${dataDir}.`));
  }
  const tail = broken(text);
  const ended = runCli(["tail", "--json"], tail);
  await tail.until(new RegExp(start.callId));
  tail.stop();
  assert.equal(await ended, 0);
  assert.match(tail.errors[0] ?? "", told);
});

test("its last good copy says where the data lies, else the environment does", async () => {
  const { dataDir } = directory;
  const good = `data_dir: ${dataDir}/inner\n`;
  const elsewhere = { POLYGATE_DATA_DIR: dataDir };
  // The broken file says nothing of it; the copy is found where the environment says.
  keepLastKnownGood(dataDir, { file: "/w/polygate.yaml", text: good });
  const session = broken("strict: warn\nprovider: {}\n", elsewhere);
  assert.equal(await runCli(["admin", "key", "--reset"], session), 0);
  assert.equal(session.text, join(dataDir, "inner", "admin.key"));
  assert.match(session.errors[0] ?? "", /inner, as its last good copy says\.$/);
  // A copy that is no good either, and one of another file.
  for (const [file, text] of [
    ["/w/polygate.yaml", "{["],
    ["/w/other.yaml", good],
  ] as const) {
    keepLastKnownGood(dataDir, { file, text });
    const other = broken("strict: warn\nprovider: {}\n", elsewhere);
    assert.equal(await runCli(["admin", "key"], other), 0, other.errors.join("\n"));
    assert.equal(other.text, join(dataDir, "admin.key"));
  }
  const unset = broken("strict: warn\nprovider: {}\n");
  await runCli(["admin", "key"], unset);
  assert.match(unset.errors.join("\n"), /\/home\/op\/\.local\/share\/polygate\./);
});

test("a file that was named and is not there is still an error: another configuration's books are nobody's answer", async () => {
  const session = new Session();
  assert.equal(await runCli(["usage", "--config", "no.yaml"], session), 2);
  assert.match(session.errors.join("\n"), /there is no such file \(named by --config\)/);
});
