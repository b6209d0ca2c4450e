import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

/* docs/observability.md names every event of the log and every metric: what it leaves out nobody looks for. */

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/observability.md"), "utf8");
const sources = globSync(["src/{telemetry,process,transport,ingress,router,ledger}/**/*.ts", "src/*.ts", "src/cli/*.ts"], {
  cwd: root,
})
  .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
  .map((path) => readFileSync(join(root, path), "utf8"));

const found = (pattern: RegExp): readonly string[] =>
  [...new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = ""]) => name)))].sort();

const missing = (names: readonly string[], text: string): readonly string[] =>
  names.filter((name) => !text.includes(`\`${name}\``));

test("every event of the log is on the page", () => {
  const logged = found(/\blog\.(?:debug|info|warn|error)\(\s*"([a-z_]+)"/gi);
  const noted = found(/\bnote\(running, ports, "([a-z_]+)"/g);
  assert.ok(logged.includes("config_taken") && noted.includes("stopping"), [...logged, ...noted].join(" "));
  assert.deepEqual(missing([...logged, ...noted], page), []);
  assert.deepEqual(missing(logged, page.replaceAll("`config_taken`", "")), ["config_taken"]);
});

test("every metric is on the page", () => {
  // As a metric's own name, or the text it is written with; histograms are written with endings.
  const metrics = found(/["`\n ](polygate_[a-z_]+)["` {]/g)
    .map((name) => name.replace(/(?<=_seconds)_(?:count|sum|bucket)$/, ""))
    .filter((name) => name !== "polygate_models");
  assert.ok(metrics.length > 20, metrics.join(" "));
  assert.deepEqual(missing([...new Set(metrics)], page), []);
  assert.deepEqual(missing(["polygate_calls_total"], page.replaceAll("`polygate_calls_total`", "")), ["polygate_calls_total"]);
});
