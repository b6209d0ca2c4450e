import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, chat, eventually, gateway, load, pause, secret, simulator, yaml } from "./kit.ts";

/* R25: the configuration of a gateway that runs, in CI size. */

interface Status {
  readonly digest: string;
  readonly in_force_since: string;
  readonly last_attempt: {
    readonly at: string;
    readonly by: string;
    readonly taken: boolean;
    readonly problems: readonly string[];
  };
  readonly needs_restart: readonly string[];
}

function asFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

const limit = { timeout: 120_000 };

/** What can be wrong with a configuration. Each gives a text that may not be taken, another for every `seed`. */
const mutations: { readonly [name: string]: (good: string, seed: number) => string } = {
  "an open bracket": (good, seed) => `${good}log: {\n${"#".repeat(seed % 7)}\n`,
  "a tab": (good, seed) => `${good}timeouts:\n\tdrain: ${seed}s\n`,
  "an unknown key": (good, seed) => `${good}unknown_${seed}: 1\n`,
  "an unknown inner key": (good, seed) => good.replace("port: 0", `port: 0, prot: ${seed}`),
  "a wrong type": (good, seed) => `${good}timeouts: { drain: ${seed} }\n`,
  "a value out of bounds": (good, seed) => good.replace("port: 0", `port: ${70_000 + seed}`),
  "a variable that is not set": (good, seed) => good.replace(secret, `"\${NOT_SET_${seed}}"`),
  "a malformed reference": (good, seed) => good.replace(secret, `"\${${seed}-}"`),
  "a key twice": (good, seed) => `${good}strict: warn\nstrict: warn # ${seed}\n`,
  "no keys": (good, seed) => good.replace(/^keys:.*$/m, `# ${seed}`),
  "the world": (good, seed) => good.replace("port: 0", `host: 0.0.0.0, port: ${seed}`).replace(/^keys:.*$/m, ""),
  "a short secret": (good, seed) => good.replace(secret, `s${seed}`),
  "one secret for two": (good, seed) => good.replace("keys: [", `keys: [{ id: twin${seed}, secret: ${secret} }, `),
  "a provider nobody knows": (good, seed) => good.replace("providers: {", `providers: { nobody${seed}: {},`),
  "a wire nobody speaks": (good, seed) => good.replace("wire: openai-chat", `wire: openai-chat-${seed}`),
  "a base_url that is none": (good, seed) => good.replace(/base_url: "[^"]*"/, `base_url: "nowhere-${seed}"`),
  "no YAML at all": (_, seed) => `\u0000\u0001{[${"x".repeat(seed)}`,
  "a list": (_, seed) => `- a\n- ${seed}\n`,
  nothing: (_, seed) => " ".repeat(seed % 5),
  "two documents": (good, seed) => `${good}---\nstrict: warn # ${seed}\n`,
  "far too much": (good, seed) => `${good}# ${"x".repeat(1024 * 1024 + seed)}\n`,
};

test(
  "R25 broken configurations under load: the old one stays in force, the reason is shown, no call is lost",
  limit,
  async (t) => {
    const upstream = await simulator();
    const good = yaml(upstream);
    const { program, file, address, adminKey } = await gateway(good);
    const key = adminKey();
    const status = async (): Promise<Status> => JSON.parse((await ask(`${address}/admin/config/status`, { key })).text);
    const reload = async (): Promise<Status> => {
      const { status, text } = await ask(`${address}/admin/config/reload`, { method: "POST", key });
      const after: Status = JSON.parse(text);
      // Whoever looks at the status alone knows it, too.
      assert.equal(status, after.last_attempt.taken ? 200 : 422);
      return after;
    };
    const calls = load(address, 4);
    const { digest } = await status();
    const names = Object.keys(mutations);
    let broken = 0;
    let taken = 0;
    for (let seed = 0; seed < 15; seed++) {
      for (const name of names) {
        writeFileSync(file, mutations[name]?.(good, seed) ?? "");
        const after = await reload();
        broken++;
        assert.equal(after.last_attempt.taken, false, name);
        assert.equal(after.digest, digest, name);
        assert.match(after.last_attempt.problems[0] ?? "", /polygate\.yaml(?::\d+:\d+)?: ./, name);
        assert.doesNotMatch(JSON.stringify(after), new RegExp(secret), name);
      }
      assert.equal((await ask(`${address}/readyz`)).status, 200);
      for (let n = 0; n < 3; n++) {
        writeFileSync(file, `${good}# good ${seed} ${n}\n`);
        const after = await reload();
        assert.deepEqual([after.last_attempt.taken, after.last_attempt.problems, after.needs_restart], [true, [], []]);
        taken++;
      }
      writeFileSync(file, good);
      assert.equal((await reload()).digest, digest);
      taken++;
    }
    const { calls: made, failures } = await calls.stop();
    t.diagnostic(
      `R25: ${broken} broken configurations of ${names.length} kinds, ${taken} good ones, ${made} calls, ${failures.length} failed`,
    );
    assert.deepEqual(failures, []);
    assert.ok(made > 100, `${made}`);
    assert.match(program.text, /not taken, and the one before stays in force: \S*polygate\.yaml:\d+:\d+: /);
  },
);

test("R25 the file is watched: editors, links, half-written and forbidden files; reasons within a second", limit, async (t) => {
  const upstream = await simulator();
  const good = yaml(upstream);
  const { cwd, file, address, adminKey } = await gateway(good);
  const key = adminKey();
  const status = async (): Promise<Status> => JSON.parse((await ask(`${address}/admin/config/status`, { key })).text);
  const calls = load(address, 2);
  const waits: number[] = [];
  const refused = async (what: string, change: () => void, pattern: RegExp): Promise<void> => {
    const before = await status();
    change();
    const took = await eventually(5000, what, async () => {
      const { last_attempt: last } = await status();
      return !last.taken && pattern.test(last.problems.join("\n"));
    });
    waits.push(took);
    assert.equal((await status()).digest, before.digest, what);
  };
  const accepted = async (what: string, text: string, change: (text: string) => void): Promise<void> => {
    const before = await status();
    change(text);
    waits.push(
      await eventually(
        5000,
        what,
        async () => (await status()).last_attempt.at > before.last_attempt.at && (await status()).last_attempt.taken,
      ),
    );
    assert.notEqual((await status()).digest, before.digest, what);
  };
  const inPlace = (text: string): void => writeFileSync(file, text);
  const byRename = (text: string): void => {
    writeFileSync(`${file}.swp`, text);
    renameSync(`${file}.swp`, file);
  };
  await refused("a typo", () => inPlace(`${good}unknown: 1\n`), /polygate\.yaml:5:1: unknown key "unknown"/);
  await accepted("an editor's rename", `${good}# renamed\n`, byRename);
  await refused("a broken rename", () => byRename(`${good}log: {`), /polygate\.yaml:5:7/);
  await refused("the file is gone", () => unlinkSync(file), /the file is gone/);
  await accepted("the file is back", `${good}# back\n`, inPlace);
  await refused("a directory", () => asFolder(file), /cannot be read \(EISDIR\)/);
  rmSync(file, { recursive: true });
  const real = join(cwd, "real");
  mkdirSync(real);
  for (const version of ["a", "b"]) writeFileSync(join(real, `${version}.yaml`), `${good}# ${version}\n`);
  writeFileSync(join(real, "bad.yaml"), `${good}- no\n`);
  const linked = (version: string) => () => {
    symlinkSync(join(real, `${version}.yaml`), `${file}.link`);
    renameSync(`${file}.link`, file);
  };
  await accepted("a link", "a", linked("a"));
  await accepted("a link swapped", "b", linked("b"));
  await refused("a link swapped for a bad one", linked("bad"), /polygate\.yaml:5/);
  unlinkSync(file);
  await accepted("a file again", `${good}# again\n`, inPlace);
  if (process.getuid?.() === 0) t.diagnostic("skipped: a file without rights (this user reads everything)");
  else {
    await refused("no rights", () => chmodSync(file, 0), /cannot be read \(EACCES\)/);
    chmodSync(file, 0o600);
  }
  // Written in pieces: what a look finds in between is no configuration, or one without keys. Nobody may ever be served by it.
  const { last_attempt: before } = await status();
  const whole = `${good}# in pieces\n`;
  for (let end = 20; end < whole.length; end += 40) {
    writeFileSync(file, whole.slice(0, end));
    await pause(150);
    assert.equal((await status()).last_attempt.at, before.at, `tried after ${end} characters`);
  }
  await accepted("the last piece", whole, inPlace);
  copyFileSync(file, `${file}.copy`);
  const { calls: made, failures } = await calls.stop();
  assert.deepEqual(failures, []);
  const worst = Math.max(...waits);
  t.diagnostic(
    `R25: ${waits.length} changes seen after ${Math.round(Math.min(...waits))} to ${Math.round(worst)} ms, ${made} calls, 0 failed`,
  );
  assert.ok(worst <= 1000, `${worst}`);
  assert.ok(readFileSync(file, "utf8") === whole);
});

test(
  "R25 calls keep what they began with; a key that is taken away opens nothing from then on; .env and SIGHUP",
  limit,
  async () => {
    const upstream = await simulator({ pace: { ms: 40 } });
    const second = "pg-second-secret-of-this-test";
    const two = yaml(upstream).replace("keys: [", `keys: [{ id: second, secret: "\${SECOND:-${second}}" }, `);
    const { program, cwd, file, address, adminKey } = await gateway(two);
    const words = Array.from({ length: 40 }, (_, n) => `word${n}`).join(" ");
    const post = (key: string, body: unknown) => ask(`${address}/v1/chat/completions`, { key, body });
    const status = async (): Promise<Status> =>
      JSON.parse((await ask(`${address}/admin/config/status`, { key: adminKey() })).text);
    let begun = (): void => {};
    const head = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const stream = ask(`${address}/v1/chat/completions`, { key: second, body: chat(words, true), onHead: () => begun() });
    await head;
    writeFileSync(file, yaml(upstream));
    program.child.kill("SIGHUP");
    await eventually(2000, "the signal is heard", async () => (await status()).last_attempt.by === "signal");
    assert.equal((await post(second, chat("x"))).status, 401);
    const { text } = await stream;
    assert.match(text, /word39/);
    assert.match(text, /data: \[DONE\]\n\n$/);
    assert.equal((await post(secret, chat("x"))).status, 200);
    const before = await status();
    writeFileSync(file, two);
    writeFileSync(join(cwd, ".env"), "SECOND=pg-secret-that-env-has-given\n");
    await eventually(2000, ".env is seen", async () => (await status()).in_force_since > before.in_force_since);
    assert.equal((await post("pg-secret-that-env-has-given", chat("x"))).status, 200);
    assert.equal((await post(second, chat("x"))).status, 401);
    writeFileSync(file, two.replace("port: 0", "port: 1").replace("data_dir: data", "data_dir: other"));
    await eventually(2000, "what wants a restart", async () => (await status()).needs_restart.length > 0);
    assert.deepEqual((await status()).needs_restart, ["server.port", "data_dir"]);
    assert.equal((await post(secret, chat("x"))).status, 200);
  },
);
