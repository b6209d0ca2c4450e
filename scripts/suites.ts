import { type Suite, tests, tool } from "./suite.ts";

/** What `npm run check` runs: everything that needs no sockets to the outside and no recordings. Under a minute. */
export const checks: readonly Suite[] = [
  tool("format and lint", "@biomejs/biome", "biome", ["ci", "--colors=off", "--error-on-warnings", "."]),
  tool("types", "typescript", "tsc", ["--pretty", "false"]),
  tool("unused code", "knip", "knip", []),
  tests("unit tests", ["src/**/*.test.ts", "test/*.test.ts", "bench/**/*.test.ts"]),
];
