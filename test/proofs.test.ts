import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/* docs/proofs.md and the tests themselves: each case is shown by the tests that its row names, in whose names its number stands. */

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every case that has to be shown before callers and operators are let in. */
const cases = [
  ...["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S10", "S14", "S16", "S17"],
  ...["R22", "R24", "R25", "R26", "R29", "R32"],
  ...["#10", "#11", "#12", "#13", "#28", "#29", "#43", "#44", "#45", "#46", "#47", "#48", "#49", "#50"],
];

interface Row {
  readonly cases: readonly string[];
  readonly files: readonly string[];
  readonly shows: string;
  readonly figure: string;
}

function rowsOf(page: string): readonly Row[] {
  return page
    .split("\n")
    .filter((line) => /^\| [SR#]\d/.test(line))
    .map((line) => {
      const [, numbers = "", files = "", shows = "", figure = ""] = line.split("|").map((cell) => cell.trim());
      return {
        cases: numbers.split(/,\s*/),
        files: [...files.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path = ""]) => path),
        shows,
        figure,
      };
    });
}

/** What every `test`, `it` and `describe` of a source is called. */
const namesIn = (source: string): readonly string[] =>
  [...source.matchAll(/\b(?:test|it|describe)\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(([, , name = ""]) => name);

/** Whether a name bears a number: #4 is not in #43. */
const bears = (name: string, number: string): boolean => name.split(/[^#\w]+/).some((word) => word === number);

/** What is wrong with a page, given the names of the tests in each file that there is. */
function faults(rows: readonly Row[], tests: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return [
    ...cases.filter((one) => !rows.some((row) => row.cases.includes(one))).map((one) => `${one} has no row`),
    ...cases
      .filter((one) => ![...tests.values()].flat().some((name) => bears(name, one)))
      .map((one) => `${one} stands in no test's name`),
    ...rows.flatMap(({ cases: shown, files, shows, figure }) =>
      shown.flatMap((one) => [
        ...(cases.includes(one) ? [] : [`${one} is no case`]),
        ...(files.length === 0 ? [`${one} names no file`] : []),
        ...(shows === "" || figure === "" ? [`${one} says nothing`] : []),
        ...files.flatMap((file) => {
          const names = tests.get(file);
          if (names === undefined) return [`${one}: there is no ${file}`];
          return names.some((name) => bears(name, one)) ? [] : [`${one} stands in no test's name in ${file}`];
        }),
      ]),
    ),
  ];
}

const files = globSync(["src/**/*.test.ts", "test/**/*.ts"], { cwd: root });
const tests = new Map(
  files.map((path) => [path, namesIn(readFileSync(join(root, path), "utf8"))] satisfies [string, readonly string[]]),
);
const page = readFileSync(join(root, "docs/proofs.md"), "utf8");

test("every case has a row, every row its tests, every test its number", (t) => {
  const rows = rowsOf(page);
  assert.deepEqual(faults(rows, tests), []);
  t.diagnostic(`${cases.length} cases, ${rows.length} rows, ${new Set(rows.flatMap((row) => row.files)).size} files`);
});

test("the check of the proofs can fail", () => {
  const rows = rowsOf(page);
  const [first] = rows;
  assert.ok(first !== undefined);
  const changed = (change: Partial<Row>): readonly string[] => faults([{ ...first, ...change }, ...rows.slice(1)], tests);
  assert.match(changed({ cases: ["S99"] }).join(), /S99 is no case/);
  assert.match(changed({ files: ["test/nowhere.test.ts"] }).join(), /there is no test\/nowhere\.test\.ts/);
  assert.match(changed({ files: ["test/launcher.test.ts"] }).join(), /stands in no test's name in test\/launcher\.test\.ts/);
  assert.match(changed({ files: [] }).join(), /names no file/);
  assert.match(changed({ figure: "" }).join(), /says nothing/);
  const without = rows.filter((row) => !row.cases.includes("#50"));
  assert.deepEqual(faults(without, tests), ["#50 has no row"]);
  const unnamed = new Map([...tests].filter(([path]) => !path.includes("10-callers")));
  assert.match(faults(rows, unnamed).join(), /#10 stands in no test's name/);
  const source = ["test('#4 a', f);", "it(`S1: c`, g);", "other('R1');", 'describe("S2\'s d", h)'].join("\n");
  assert.deepEqual(namesIn(source), ["#4 a", "S1: c", "S2's d"]);
  assert.ok(!bears("#43: x", "#4") && bears("S3, #43: x", "S3") && !bears("RS32", "S3"));
});
