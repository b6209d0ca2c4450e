import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { examine, type Module } from "./architecture/facts.ts";
import * as rules from "./architecture/rules.ts";
import { folders, readRatchet, readTree } from "./architecture/tree.ts";

const modules = readTree();

/** Each rule with sources that break it: a rule that cannot fail is none. */
const held: {
  readonly [name: string]: { readonly rule: rules.Rule; readonly planted: readonly { readonly [path: string]: string }[] };
} = {
  "areas import only what the plan allows": {
    rule: rules.importTable,
    planted: [
      { "src/canonical/x.ts": 'import { a } from "../wires/wire.ts";' },
      { "src/wires/openai-chat/x.ts": 'import type { A } from "../../transport/pool.ts";' },
      { "src/policy/x.ts": 'export { a } from "../router/plan.ts";' },
      { "src/compose.ts": 'const a = await import("./ingress/http.ts");' },
      { "src/framing/x.ts": 'type A = import("../ledger/open.ts").A;' },
      { "src/wires/x.ts": 'import { log } from "../telemetry/log.ts";' },
      { "src/router/x.ts": 'import { a } from "../../test/a.ts";' },
      { "src/utils/x.ts": "export const a = 1;" },
    ],
  },
  "a wire imports no sibling": {
    rule: rules.siblings,
    planted: [{ "src/wires/openai-chat/x.ts": 'import { a } from "../anthropic-messages/usage.ts";' }],
  },
  "packages are known only where they belong": {
    rule: rules.packageTable,
    planted: [{ "src/router/x.ts": 'import { Pool } from "undici";' }, { "src/cli/x.ts": 'import chalk from "chalk";' }],
  },
  "no module imports itself in a circle": {
    rule: rules.cycles,
    planted: [
      { "src/a/x.ts": 'import { b } from "./y.ts";', "src/a/y.ts": 'import type { A } from "../a/x.ts";' },
      { "src/a/x.ts": 'import "./x.ts";' },
    ],
  },
  "every import leads to a module that was examined": {
    rule: rules.dangling,
    planted: [{ "src/a/x.ts": 'import { b } from "./nowhere.ts";' }],
  },
  "pure areas use only the pure parts of Node": {
    rule: rules.purity,
    planted: [
      { "src/wires/x.ts": 'import { readFileSync } from "node:fs";' },
      { "src/canonical/x.ts": 'import { Buffer } from "node:buffer";' },
    ],
  },
  "time, chance, environment and network are handed in": {
    rule: rules.ports,
    planted: [
      "Date.now()",
      "new Date()",
      "Math.random()",
      "performance.now()",
      "process.env.A",
      'process["env"]',
      "fetch(u)",
      "setTimeout(f, 1)",
    ].map((text) => ({ "src/router/x.ts": text })),
  },
  "nothing prints past the command line": { rule: rules.noConsole, planted: [{ "src/router/x.ts": 'console.error("x")' }] },
  "no code is made from text, no program started": {
    rule: rules.noCodeFromText,
    planted: [
      'eval("1")',
      'new Function("return 1")',
      'import { spawn } from "node:child_process";',
      'import { Script } from "node:vm";',
      "await import(name)",
    ].map((text) => ({
      "src/cli/x.ts": text,
    })),
  },
  "S8: no statement of SQL is put together from text": {
    rule: rules.noSqlFromText,
    planted: [
      "const a = `SELECT * FROM entries WHERE key_id = '$" + "{key}'`;",
      'const a = "delete from entries where id = " + id;',
      "const f = (n) => db.prepare(`PRAGMA user_version = $" + "{n}`);",
      "const a = sql.raw(text);",
      "const a = sql.lit(key);",
    ].map((text) => ({ "src/ledger/x.ts": text })),
  },
  "no test is skipped or favoured": {
    rule: rules.everyTestRuns,
    planted: [{ "src/a/x.test.ts": 'test.skip("x", () => {});' }, { "test/x.test.ts": 'describe.only("x", () => {});' }],
  },
  "no any, no x!": {
    rule: rules.noAny,
    planted: ["let a: any;", "const a = b as any;", "f<any>();", "a!.b;"].map((text) => ({ "bench/x.ts": text })),
  },
  "no checker is silenced": {
    rule: rules.notSilenced,
    planted: [
      { "src/a/x.ts": "// @ts-expect-error\nlet a: number = 'b';" },
      { "src/a/x.ts": "/* biome-ignore lint/a/b: x */\nlet a;" },
    ],
  },
  "wires have the same file names": {
    rule: rules.wiresAlike,
    planted: [{ "src/wires/new-wire/index.ts": "export const a = 1;" }],
  },
  "files are short": {
    rule: rules.sizes,
    planted: [{ "src/a/x.ts": "\n".repeat(501) }, { "src/a/x.ts": "\n".repeat(301), "src/a/y.ts": "\n".repeat(301) }],
  },
};

for (const [name, { rule, planted }] of Object.entries(held)) {
  test(name, () => {
    assert.deepEqual(rule(modules), []);
  });
  test(`${name}: the rule can fail`, () => {
    for (const sources of planted) {
      const bad = Object.entries(sources).map(([path, source]) => examine(path, source));
      assert.notDeepEqual(rule(bad), [], JSON.stringify(sources));
    }
  });
}

test("every module of the tree was examined", () => {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const walk = (folder: string): number =>
    readdirSync(folder, { withFileTypes: true }).reduce(
      (sum, entry) =>
        sum + (entry.isDirectory() ? walk(join(folder, entry.name)) : /\.(?:ts|mts|cts|tsx)$/.test(entry.name) ? 1 : 0),
      0,
    );
  assert.equal(
    modules.length,
    folders.reduce((sum, folder) => sum + walk(join(root, folder)), 0),
  );
  assert.ok(modules.length > 100);
  assert.ok(modules.some(({ imports }) => imports.length > 5));
  assert.throws(() => examine("src/a/x.ts", "const = ;"), /does not parse/);
});

test("casts only become fewer", () => {
  const counted = rules.castCounts(modules);
  const hint = `casts now: ${JSON.stringify(counted)}; where there are more, do without; where there are fewer, write the number into test/architecture/ratchet.json`;
  assert.deepEqual({ casts: counted }, readRatchet(), hint);
});

test("casts are counted, as const is not", () => {
  const one = (source: string): Module => examine("src/a/x.ts", source);
  assert.deepEqual(rules.castCounts([one("const a = b as unknown as C; const d = <E>f;")]), { shipped: 3, others: 0 });
  assert.deepEqual(rules.castCounts([one("const a = [1] as const; const b = { c } satisfies D;")]), { shipped: 0, others: 0 });
  assert.deepEqual(rules.castCounts([examine("src/a/x.test.ts", "a as B;")]), { shipped: 0, others: 1 });
});

test("file sizes, for the reader", (t) => {
  const shippedLines = modules.filter(({ path }) => path.startsWith("src/") && !rules.isTest(path)).map(({ lines }) => lines);
  const longest = [...modules].sort((a, b) => b.lines - a.lines)[0];
  t.diagnostic(
    `${modules.length} modules; median of those that ship ${rules.median(shippedLines)} lines; longest ${longest?.path} with ${longest?.lines}`,
  );
  assert.ok(rules.median(shippedLines) <= 120);
});
