import { readFileSync } from "node:fs";

const source = readFileSync(new URL("../../../bin/runtime.js", import.meta.url), "utf8");

/** The flags and the environment that `bin/runtime.js` starts the gateway with, read out of it, so that both stay the same. */
export function runtimeFlags(): { readonly flags: readonly string[]; readonly environment: { readonly [name: string]: string } } {
  const flag = /const flag = "(--[\w-]+)";/.exec(source)?.[1];
  const given = /const flags = \[\.\.\.process\.execArgv, `\$\{flag\}=(\d+)`, "([^"]+)"\];/.exec(source);
  const growth = /const steadyGrowth = "([^"]+)";/.exec(source)?.[1];
  const malloc = /const thriftyMalloc = \{(.+)\};/.exec(source)?.[1];
  if (flag === undefined || given === null || growth === undefined || malloc === undefined)
    throw new Error("bin/runtime.js does not name its flags where test/e2e/reliability/runtime-flags.ts looks for them");
  return {
    flags: [`${flag}=${given[1]}`, growth, ...given.slice(2)],
    environment: Object.fromEntries([...malloc.matchAll(/(\w+): "(\w+)"/g)].map(([, name = "", value = ""]) => [name, value])),
  };
}
