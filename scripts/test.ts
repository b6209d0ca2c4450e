import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { print, root } from "./print.ts";
import { program, runSuites, type Suite, tests } from "./suite.ts";
import { checks } from "./suites.ts";

/** Material that the whole run needs and that is not in the repository. */
const material = [
  { name: "recordings", variable: "POLYGATE_RECORDINGS", usual: "../shared/recordings/open" },
  { name: "specifications", variable: "POLYGATE_SPECS", usual: "../shared/specs" },
];

/** Absent material is a visible skip on a developer's machine and a failure in CI. */
const present: Suite = async () => {
  const missing = material.filter(({ variable, usual }) => !existsSync(resolve(root, process.env[variable] ?? usual)));
  const required = process.env["CI"] === "true";
  for (const { name, variable, usual } of missing) {
    print(
      `${required ? "FAIL" : "skip"} ${name}: not found at ${process.env[variable] ?? usual}; set ${variable} to where they are`,
    );
  }
  const failed = required ? missing.length : 0;
  return { name: "material", passed: material.length - missing.length, failed, skipped: missing.length - failed, ms: 0 };
};

await runSuites([
  present,
  ...checks,
  program("conformance", "test/conformance/main.ts"),
  tests("conformance tests", ["test/conformance/**/*.test.ts"]),
  tests("end to end", ["test/e2e/**/*.test.ts"], { show: true, atOnce: 2 }),
  // One file after the other: what is built, installed and started here is timed.
  tests("package and images", ["test/package/**/*.test.ts"], { show: true, atOnce: 1 }),
  tests("suites of others", ["test/suites/**/*.test.ts"], { show: true, atOnce: 2 }),
  // What is measured here bears no company.
  tests("load", ["test/load/**/*.test.ts"], { show: true, atOnce: 1 }),
]);
