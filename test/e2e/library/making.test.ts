import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CallError, ConfigError, createGateway, StorageError } from "../../../src/index.ts";
import { openLedgerReader } from "../../../src/ledger/reader.ts";
import { folder } from "./folder.ts";
import { failure, startRig } from "./kit.ts";
import { providersAt } from "./providers-at.ts";

test("the books are where the server's are; with dataDir false no file is written", async () => {
  await using rig = await startRig();
  const home = folder();
  const env = { XDG_DATA_HOME: home };
  const providers = providersAt(rig.simulator.url);
  for (const dataDir of [false, ":memory:"] as const) {
    await using gateway = await createGateway({ env, dataDir, providers });
    await gateway.generate({ model: "oai/echo", prompt: "x" });
    assert.deepEqual(gateway.health(), { trouble: undefined, queued: 0, lost: 0 });
    await gateway.flush();
    assert.deepEqual(readdirSync(home), []);
  }
  assert.ok(!existsSync(":memory:"));
  await using gateway = await createGateway({ env, providers });
  await gateway.generate({ model: "oai/echo", prompt: "x" });
  await gateway.flush();
  assert.ok(readdirSync(join(home, "polygate")).includes("ledger.sqlite"));
});

test("making and closing gateways touches nothing of the process", async () => {
  const events = ["SIGTERM", "SIGINT", "SIGHUP", "exit", "beforeExit", "uncaughtException", "unhandledRejection", "warning"];
  const listening = (): readonly number[] => events.map((event) => process.listenerCount(event));
  const before = listening();
  await using rig = await startRig({ dataDir: folder() });
  await rig.gateway.generate({ model: "oai/echo", prompt: "x" });
  assert.deepEqual(listening(), before);
});

test("a gateway that cannot be made says why, and leaves nothing open", async () => {
  const unready = await failure(createGateway({ dataDir: false, env: {}, providers: { openai: {} } }));
  assert.ok(unready instanceof ConfigError, String(unready));
  assert.match(unready.message, /openai has no credential: set OPENAI_API_KEY/);
  const nowhere = await failure(createGateway({ dataDir: false, env: {}, config: "/nowhere/polygate.yaml" }));
  assert.ok(
    nowhere instanceof ConfigError && /there is no such file \(named by `config`\)$/.test(nowhere.message),
    String(nowhere),
  );
  const noKey = await failure(
    createGateway({ dataDir: false, env: {}, strict: "warn", key: "nobody's key of 32 characters!!!" }),
  );
  assert.ok(noKey instanceof ConfigError && /no key of the configuration/.test(noKey.message));
  const noBooks = await failure(createGateway({ dataDir: "/dev/null/books", env: {}, strict: "warn" }));
  assert.ok(noBooks instanceof StorageError, String(noBooks));
});

test("calls may be a key's: its labels, its strictness, its name in the books", async () => {
  await using rig = await startRig();
  const home = folder();
  const secret = "pg-library-key-0123456789abcdef";
  const file = join(home, "polygate.yaml");
  writeFileSync(
    file,
    `data_dir: ${home}\nkeys: [{ id: batch, secret: ${secret}, labels: { team: night }, strict: refuse }]\nproviders:\n  oai: { wire: openai-chat, base_url: ${rig.simulator.url}/v1, api_key: none }\n`,
  );
  {
    await using gateway = await createGateway({ config: file, key: secret });
    await gateway.generate({ model: "oai/echo", prompt: "x", labels: { job: "7" } });
    const lossy = await failure(gateway.generate({ model: "oai/echo", prompt: "x", topK: 3 }));
    assert.ok(lossy instanceof CallError && lossy.code === "unsupported");
    await using inside = await createGateway({ config: file });
    await inside.generate({ model: "oai/echo", prompt: "x" });
  }
  const db = openLedgerReader(home);
  assert.ok(db);
  const rows = await db.selectFrom("entries").select(["key_id", "labels"]).orderBy("started_at").execute();
  await db.destroy();
  assert.deepEqual(
    rows.map(({ key_id, labels }) => [key_id, JSON.parse(labels ?? "{}")]),
    [
      ["batch", { team: "night", job: "7" }],
      ["open", {}],
    ],
  );
});
