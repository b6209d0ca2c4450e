import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, chat, eventually, folder, gateway, Program, secret, simulator, yaml } from "./kit.ts";

const limit = { timeout: 60_000 };
const adminRoutes = [
  ["GET", "/metrics"],
  ["GET", "/admin/config/status"],
  ["POST", "/admin/config/reload"],
] as const;

test("#13 the operator's routes open to the admin key alone, and it to them alone; a reset is noticed", limit, async (t) => {
  const upstream = await simulator();
  const { program, cwd, address, adminKey } = await gateway(yaml(upstream));
  await program.until(/admin key +\S+\/data\/admin\.key \(made just now\)/);
  assert.ok(!program.text.includes(adminKey()), "the key itself is not printed");
  assert.equal(statSync(join(cwd, "data", "admin.key")).mode & 0o777, 0o600);
  const before = adminKey();
  const wrong = [undefined, secret, "pgadmin_", `${before}0`, before.slice(0, -1), "' OR '1'='1", "x".repeat(4000)];
  let refused = 0;
  for (const [method, path] of adminRoutes) {
    for (const key of wrong) {
      const { status, text } = await ask(`${address}${path}`, { method, ...(key !== undefined && { key }) });
      assert.ok(status === 401 || status === 429, `${method} ${path} ${key?.slice(0, 20)}: ${status}`);
      assert.ok(!text.includes(before));
      refused++;
    }
    assert.equal((await ask(`${address}${path}`, { method, key: before })).status, 200, path);
  }
  const asCaller = await ask(`${address}/v1/chat/completions`, { key: before, body: chat("x") });
  assert.ok(asCaller.status === 401 || asCaller.status === 429, `${asCaller.status}`);
  const reset = new Program({ cwd }, "admin", "key", "--reset");
  assert.equal(await reset.ended(), 0);
  assert.ok(!reset.text.includes(adminKey()));
  const now = adminKey();
  assert.notEqual(now, before);
  const took = await eventually(5000, "the new key", async () => (await ask(`${address}/metrics`, { key: now })).status === 200);
  assert.notEqual((await ask(`${address}/metrics`, { key: before })).status, 200);
  t.diagnostic(`#13: ${refused} of ${refused} wrong keys refused; a reset noticed after ${Math.round(took)} ms`);
});

test("#13 an empty configuration: writes are refused without the admin key, to whoever asks", limit, async () => {
  const upstream = await simulator();
  const text = yaml(upstream).replace(/^keys:.*$/m, "");
  const { address, adminKey } = await gateway(text);
  for (const key of [undefined, secret]) {
    const { status } = await ask(`${address}/admin/config/reload`, { method: "POST", ...(key !== undefined && { key }) });
    assert.ok(status === 401 || status === 403, `${status}`);
  }
  assert.equal((await ask(`${address}/admin/config/reload`, { method: "POST", key: adminKey() })).status, 200);
});

test("#13 an admin key that others can read, or that is a caller's, too, keeps the gateway from starting", limit, async () => {
  const upstream = await simulator();
  const { program, cwd, file, adminKey } = await gateway(yaml(upstream));
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
  const path = join(cwd, "data", "admin.key");
  chmodSync(path, 0o644);
  const refused = new Program({ cwd });
  assert.equal(await refused.ended(), 1);
  assert.match(refused.text, /Others than you can read the admin key: run `chmod 600 \S+admin\.key`/);
  chmodSync(path, 0o600);
  writeFileSync(file, readFileSync(file, "utf8").replace(secret, adminKey()));
  const twin = new Program({ cwd });
  assert.equal(await twin.ended(), 2);
  assert.match(twin.text, /the key "dev" is the admin key, too/);
  assert.ok(!twin.text.includes(adminKey()));
});

test("R25 a start with a broken file: exit code 2, or the last good copy where that was asked for, loudly", limit, async () => {
  const upstream = await simulator();
  const word = "pg-word-of-the-environment";
  const good = yaml(upstream).replace(secret, `"\${WORD}"`);
  const { program, cwd, file } = await gateway(good, { env: { WORD: word } });
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
  const copy = join(cwd, "data", "last-known-good.yaml");
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  assert.ok(!readFileSync(copy, "utf8").includes(word), "secrets stay in their variables");
  writeFileSync(file, `${good}unknown: 1\n`);
  const env = { WORD: word };
  const stopped = new Program({ cwd, env });
  assert.equal(await stopped.ended(), 2);
  assert.match(stopped.text, /polygate\.yaml:5:1: unknown key "unknown"/);
  const again = new Program({ cwd, env }, "--last-known-good");
  const address = await again.address();
  assert.match(again.text, /THE CONFIGURATION IS BAD.*\n.*polygate\.yaml:5:1: unknown key "unknown"/);
  assert.equal((await ask(`${address}/v1/chat/completions`, { key: word, body: chat("x") })).status, 200);
  const key = readFileSync(join(cwd, "data", "admin.key"), "utf8").trim();
  const { text } = await ask(`${address}/admin/config/status`, { key });
  const status: unknown = JSON.parse(text);
  assert.ok(typeof status === "object" && status !== null && "last_known_good" in status && "last_attempt" in status);
  assert.equal(status.last_known_good, true);
  assert.match(JSON.stringify(status.last_attempt), /unknown key/);
  writeFileSync(file, `${good}# mended\n`);
  await eventually(3000, "the mended file", async () =>
    (await ask(`${address}/admin/config/status`, { key })).text.includes('"last_known_good":false'),
  );
  const elsewhere = folder();
  writeFileSync(join(elsewhere, "polygate.yaml"), "unknown: 1\ndata_dir: nothing\n");
  const none = new Program({ cwd: elsewhere }, "--last-known-good");
  assert.equal(await none.ended(), 2);
  assert.match(none.text, /there is no last good copy of this file either/);
});
