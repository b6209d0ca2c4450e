import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { folder, Program, simulator, yaml } from "../operations/kit.ts";
import { freePort } from "../reliability/raw-upstream.ts";

/* #45: one order of what wins, seen from outside: by where a process listens and writes, and by what it says of itself. */

const limit = { timeout: 60_000 };
const shown = z.object({
  values: z.array(z.object({ path: z.string(), value: z.unknown(), source: z.string() }).loose()),
});

test(
  "#45 flag, file, environment, .env, default: where it listens, where it writes, and what config show says",
  limit,
  async (t) => {
    const upstream = await simulator();
    const [byFlag, byFile, byEnvironment, byDotenv] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const env = { POLYGATE_PORT: String(byEnvironment), POLYGATE_DATA_DIR: "of-environment" };
    const base = yaml(upstream).replace("server: { port: 0 }\ndata_dir: data\n", "");
    const whole = `server: { port: ${byFile} }\ndata_dir: of-file\n${base}`;
    for (const { says, file, env: given, argv, port, data } of [
      { says: "--port", file: whole, env, argv: ["--port", String(byFlag)], port: byFlag, data: "of-file" },
      { says: "polygate.yaml:1", file: whole, env, argv: [], port: byFile, data: "of-file" },
      { says: "POLYGATE_PORT (environment)", file: base, env, argv: [], port: byEnvironment, data: "of-environment" },
      { says: "POLYGATE_PORT (.env)", file: base, env: {}, argv: [], port: byDotenv, data: "of-dotenv" },
    ]) {
      const cwd = folder();
      writeFileSync(join(cwd, "polygate.yaml"), file);
      writeFileSync(join(cwd, ".env"), `POLYGATE_PORT=${byDotenv}\nPOLYGATE_DATA_DIR=of-dotenv\n`);
      const program = new Program({ cwd, env: given }, "serve", ...argv);
      assert.equal(await program.address(), `http://127.0.0.1:${port}`, says);
      program.child.kill("SIGTERM");
      assert.equal(await program.ended(), 0);
      for (const name of ["of-file", "of-environment", "of-dotenv"])
        assert.equal(existsSync(join(cwd, name)), name === data, name);
      if (argv.length > 0) continue;
      const show = new Program({ cwd, env: given }, "config", "show", "--json");
      assert.equal(await show.ended(), 0, show.text);
      const value = shown.parse(JSON.parse(show.text)).values.find(({ path }) => path === "server.port");
      assert.deepEqual([value?.source, Number(value?.value)], [says, port]);
    }
    t.diagnostic("#45: 4 sources, each wins where none before it speaks");
  },
);

test("#45 a typo ends the start with exit code 2, its line, and what was probably meant", limit, async () => {
  const upstream = await simulator();
  for (const [wrong, expected] of [
    ["timeouts: { totl: 5m }", /polygate\.yaml:5:13: timeouts: unknown key "totl"; did you mean "total"\?/],
    ["provders: {}", /polygate\.yaml:5:1: unknown key "provders"; did you mean "providers"\?/],
  ] as const) {
    const cwd = folder();
    writeFileSync(join(cwd, "polygate.yaml"), `${yaml(upstream)}${wrong}\n`);
    const program = new Program({ cwd });
    assert.equal(await program.ended(), 2, program.text);
    assert.match(program.text, expected);
    assert.equal(existsSync(join(cwd, "data")), false, "nothing was opened");
  }
});
