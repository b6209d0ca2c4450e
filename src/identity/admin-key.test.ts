import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemRandom } from "../transport/random.ts";
import { AdminKey, adminKeyFile, IdentityError, resetAdminKey } from "./admin-key.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function setting(given?: string) {
  const base = mkdtempSync(join(tmpdir(), "polygate-admin-"));
  folders.push(base);
  const dataDir = join(base, "data");
  const troubles: string[] = [];
  const open = () => AdminKey.open({ dataDir, given, random: systemRandom, onTrouble: (message) => troubles.push(message) });
  return { dataDir, file: adminKeyFile(dataDir), troubles, open };
}

const text = (file: string): string => readFileSync(file, "utf8").trim();

test("#13 the first start makes a key of 256 bits that only its owner can read; the next finds it", () => {
  const { dataDir, file, open } = setting();
  const first = open();
  assert.equal(first.made, true);
  assert.equal(first.file, file);
  assert.match(text(file), /^pgadmin_[0-9a-f]{64}$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dataDir), ["admin.key"]);
  const second = open();
  assert.equal(second.made, false);
  assert.ok(second.matches(text(file)) && first.matches(text(file)));
});

test("#13 nothing but the key itself matches", () => {
  const { file, open } = setting();
  const key = open();
  const real = text(file);
  const others = [
    "",
    "pgadmin_",
    real.slice(0, -1),
    `${real} `,
    `${real}0`,
    real.toUpperCase(),
    "' OR '1'='1",
    "\0",
    "x".repeat(1e6),
  ];
  for (const presented of [undefined, ...others]) assert.equal(key.matches(presented), false, String(presented).slice(0, 20));
});

test("#13 a key that others can read is refused with the line that mends it", () => {
  const { file, open } = setting();
  open();
  for (const mode of [0o640, 0o604, 0o644]) {
    chmodSync(file, mode);
    assert.throws(open, (thrown) => thrown instanceof IdentityError && thrown.message.includes(`chmod 600 ${file}`), `${mode}`);
  }
});

test("an empty or short file is no key, and the environment's is held to the same", () => {
  const { file, open } = setting();
  open();
  for (const held of ["", "short", "with blanks in the middle of it all"]) {
    writeFileSync(file, held);
    assert.throws(open, /holds no admin key/, held);
  }
  assert.throws(() => setting("short").open(), /POLYGATE_ADMIN_KEY holds no admin key/);
});

test("the environment overrules the file, and then none is made", () => {
  const { dataDir, open } = setting("a-key-of-the-environment-0123456789");
  const key = open();
  assert.equal(key.file, undefined);
  assert.ok(key.matches("a-key-of-the-environment-0123456789"));
  assert.throws(() => statSync(dataDir));
});

test("a reset is noticed by a gateway that runs, and the key before is worth nothing from then on", () => {
  const { dataDir, file, open, troubles } = setting();
  const key = open();
  const before = text(file);
  assert.equal(resetAdminKey(dataDir, systemRandom), file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const now = text(file);
  assert.notEqual(now, before);
  assert.ok(key.matches(before), "not before it has looked");
  key.look();
  assert.ok(key.matches(now) && !key.matches(before));
  assert.deepEqual(troubles, []);
});

test("a file that is deleted or spoilt while the gateway runs changes nothing, and is told of once", () => {
  const { file, open, troubles } = setting();
  const key = open();
  const before = text(file);
  rmSync(file);
  key.look();
  key.look();
  assert.equal(troubles.length, 1);
  assert.match(troubles[0] ?? "", /cannot be read \(ENOENT\)\. The admin key of before stays in force/);
  assert.ok(key.matches(before));
  writeFileSync(file, "spoilt", { mode: 0o600 });
  key.look();
  assert.equal(troubles.length, 2);
  assert.ok(key.matches(before));
});
