import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { belowIngress, mayImport } from "./architecture/layout.ts";

/* docs/architecture.md says what the code is: its table is the plan's, its journey the pipeline's. */

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/architecture.md"), "utf8");

const inWords: { readonly [words: string]: readonly string[] } = {
  "–": [],
  anything: mayImport["main.ts"] ?? [],
  "all below ingress": belowIngress,
};

/** Area → what it may import, in alphabetical order, as a page has it. */
function tableOf(text: string): { readonly [area: string]: readonly string[] } {
  const rows = [...text.matchAll(/^\| (`[^|]*`) \|[^|]*\| ([^|]*) \|$/gm)];
  return Object.fromEntries(
    rows.flatMap(([, names = "", imports = ""]) => {
      const allowed = imports.split(", ").flatMap((word) => inWords[word] ?? [word]);
      return [...names.matchAll(/`([^`/]+)\/?`/g)].map(([, area = ""]) => [area, [...new Set(allowed)].sort()]);
    }),
  );
}

const planned = Object.fromEntries(Object.entries(mayImport).map(([area, allowed]) => [area, [...new Set(allowed)].sort()]));

/** The policies in the order in which a call meets them. */
const journeyOf = (text: string): readonly string[] =>
  (/③ policy: (.*?) ──▶/.exec(text)?.[1] ?? "").split(" → ").map((step) => step.trim());

function pipeline(): readonly string[] {
  const chained = /= chain\(\n([\s\S]*?)\n {2}\)\(/.exec(readFileSync(join(root, "src/snapshot.ts"), "utf8"))?.[1] ?? "";
  return chained.split("\n").map((line) => /^ *(\w+)/.exec(line)?.[1] ?? line);
}

test("the page's table of areas is the plan that the code is held to", () => {
  assert.deepEqual(tableOf(page), planned);
  for (const [there, instead] of [
    ["| canonical, framing |", "| canonical |"],
    ["| `limits/` |", "| `limit/` |"],
    ["| anything |", "| canonical |"],
  ] as const) {
    assert.ok(page.includes(there));
    assert.notDeepEqual(tableOf(page.replace(there, instead)), planned, instead);
  }
});

test("the page's journey meets the policies in the pipeline's order", () => {
  assert.ok(pipeline().length > 5);
  assert.deepEqual(journeyOf(page), pipeline());
  assert.notDeepEqual(journeyOf(page.replace("keepAnswers → retiredModels", "retiredModels → keepAnswers")), pipeline());
});
