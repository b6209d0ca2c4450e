import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

/* What a command loads before it does anything: who only asks for help does not pay for a gateway. */

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "polygate-startup-"));
  writeFileSync(
    join(folder, "watch.mjs"),
    `import { registerHooks } from "node:module";
import { writeFileSync } from "node:fs";
const loaded = [];
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.REPORT, JSON.stringify({ loaded, cpuMs: (user + system) / 1000 }));
});
`,
  );
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly loaded: readonly string[];
  readonly cpuMs: number;
}

function loadedBy(script: string, ...argv: readonly string[]): Report {
  const report = join(folder, "report.json");
  const { status, stderr } = spawnSync(
    process.execPath,
    // With the flag it does not become itself once more, and the report is of all it did.
    ["--max-semi-space-size=16", "--import", join(folder, "watch.mjs"), script, ...argv],
    { cwd: folder, encoding: "utf8", env: { PATH: process.env["PATH"], HOME: folder, REPORT: report } },
  );
  assert.equal(status, 0, stderr);
  const { loaded, cpuMs }: Report = JSON.parse(readText(report));
  const own = loaded.filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url).slice(root.length + 1));
  return { loaded: own, cpuMs };
}

const readText = (path: string): string => process.getBuiltinModule("node:fs").readFileSync(path, "utf8");
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const bin = join(root, "bin/polygate.js");
const gateway =
  /^(?:src\/(?:wires|providers|router|ingress|policy|ledger|storage|telemetry|simulator|compose|server)|node_modules\/(?!commander))/;

test("help, completion and a misspelt command load the command line alone", { timeout: 60_000 }, (t) => {
  for (const argv of [["--help"], ["ask", "--help"], ["--version"], ["completion", "bash"]]) {
    const { loaded } = loadedBy(bin, ...argv);
    assert.ok(loaded.includes("src/cli/program.ts"), loaded.join());
    assert.deepEqual(
      loaded.filter((path) => gateway.test(path)),
      [],
      argv.join(" "),
    );
  }
  writeFileSync(join(folder, "nothing.mjs"), "");
  const runs = [0, 1, 2, 3, 4].map(() => ({
    help: loadedBy(bin, "--help").cpuMs,
    node: loadedBy(join(folder, "nothing.mjs")).cpuMs,
  }));
  const [help, node] = [median(runs.map((run) => run.help)), median(runs.map((run) => run.node))];
  t.diagnostic(`--help: ${help.toFixed(0)} ms of CPU, an empty script: ${node.toFixed(0)} ms (medians of 5)`);
  assert.ok(help < 8 * node + 100, `--help takes ${help} ms of CPU, an empty script ${node}`);
});

test("books are read without loading what serves calls", { timeout: 60_000 }, () => {
  const { loaded } = loadedBy(bin, "usage", "--json");
  assert.ok(loaded.includes("src/ledger/reader.ts"));
  assert.deepEqual(
    loaded.filter((path) =>
      /^(?:src\/(?:ingress|router|policy|telemetry|compose|server)|node_modules\/(?:undici|@opentelemetry|prom-client))/.test(
        path,
      ),
    ),
    [],
  );
});
