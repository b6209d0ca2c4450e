import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { ask, chat, eventually, figure, gateway, type Program, pause, secret, simulator, workersOf, yaml } from "./kit.ts";

/* Workers that live and do not answer: stopped by a signal, which is what a hung one looks like from outside. */

const limit = { timeout: 90_000 };
const second = "pg-second-secret-of-this-test";
const words = (count: number): string => Array.from({ length: count }, (_, n) => `word${n}`).join(" ");

/** Stops the worker of this place, for good: not even a test that fails leaves it behind. */
function hang(program: Program, place: number): number {
  const pid = workersOf(program)[place] ?? assert.fail("no such worker");
  process.kill(pid, "SIGSTOP");
  after(() => {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Long gone, as it should be.
    }
  });
  return pid;
}

/** Whether it has ended; that nobody asked how is no matter. */
const gone = (pid: number): boolean => {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
};

/** The operator's, at a worker that answers; another one may be dealt one connection, which then waits. */
async function operator(address: string, path: string, key: string, method = "GET") {
  const began = performance.now();
  const one = () => ask(`${address}${path}`, { key, method });
  const first = one();
  first.catch(() => {});
  const answer = await Promise.race([first, pause(100).then(() => Promise.any([first, one()]))]);
  return { ...answer, ms: performance.now() - began };
}

test("R24 a worker that hangs does not hold up the drain: the others finish their calls, and it is killed", limit, async (t) => {
  for (const place of [0, 1]) {
    const upstream = await simulator({ pace: { ms: 20 } });
    const { program, address } = await gateway(yaml(upstream, "timeouts: { drain: 2s }"), {}, "--workers", "2");
    const hung = hang(program, place);
    let heads = 0;
    const streams = Array.from({ length: 6 }, () =>
      ask(`${address}/v1/chat/completions`, { key: secret, body: chat(words(60), true), onHead: () => heads++ }).catch(String),
    );
    await eventually(10_000, "heads", async () => heads >= 5);
    const told = performance.now();
    program.child.kill("SIGTERM");
    const code = await program.ended();
    const took = performance.now() - told;
    const whole = (await Promise.all(streams)).filter(
      (end) => typeof end !== "string" && /word59.*\[DONE\]\n\n$/s.test(end.text),
    );
    t.diagnostic(
      `R24: worker ${place + 1} of 2 hung, ${whole.length} of 6 streams whole, exit ${code} after ${Math.round(took)} ms`,
    );
    assert.equal(whole.length, 5, "all but the one that was dealt to it");
    assert.equal(code, 3);
    assert.ok(took < 8000, `${took}`);
    assert.ok(gone(hung));
    assert.match(program.text, /worker_killed.*it did not drain/);
  }
});

test("a hung worker leaves no process behind, however the gateway ends", limit, async () => {
  const upstream = await simulator();
  const { program } = await gateway(yaml(upstream, "timeouts: { drain: 60s }"), {}, "--workers", "2");
  const hung = hang(program, 1);
  program.child.kill("SIGTERM");
  await program.until(/"stopping"/);
  await pause(600);
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 130);
  await eventually(1000, "it is gone", async () => gone(hung));
});

test("a hung worker: operators are answered within two seconds, and it is replaced; its caller is let go", limit, async (t) => {
  const upstream = await simulator();
  const good = yaml(upstream).replace("keys: [", `keys: [{ id: second, secret: ${second} }, `);
  const { program, file, address, adminKey } = await gateway(good, {}, "--workers", "3");
  const key = adminKey();
  const hung = hang(program, 1);
  const stopped = performance.now();
  const told: string[] = [];
  for (let n = 0; n < 3; n++) {
    void ask(`${address}/healthz`).then(
      () => told.push("served"),
      () => told.push("let go"),
    );
  }
  const figures = await operator(address, "/metrics", key);
  assert.equal(figures.status, 200);
  assert.equal(figure(figures.text, "polygate_workers"), 3);
  assert.equal(figure(figures.text, "polygate_workers_silent"), 1);
  assert.ok(figures.ms < 2000, `${figures.ms}`);
  const replaced = await eventually(
    15_000,
    "it is replaced",
    async () =>
      /worker_died/.test(program.text) && figure((await operator(address, "/metrics", key)).text, "polygate_workers") === 3,
  );
  t.diagnostic(
    `a hung worker was replaced ${Math.round(performance.now() - stopped)} ms after it hung (${Math.round(replaced)})`,
  );
  assert.match(program.text, new RegExp(`worker_killed.*"pid":${hung}.*no sign of life for 10 s`));
  await eventually(2000, "whoever was dealt to it hears of its end", async () => told.length === 3);
  assert.deepEqual(told, ["served", "served", "let go"]);
  assert.ok(gone(hung));
  const next = hang(program, 0);
  writeFileSync(file, yaml(upstream));
  const reloaded = await operator(address, "/admin/config/reload", key, "POST");
  assert.ok(reloaded.ms < 2000, `${reloaded.ms}`);
  assert.match(reloaded.text, /"taken":true/);
  assert.match(reloaded.text, new RegExp(`"workers":\\{"serving":3,"silent":\\[${next}\\],"refused":\\[\\]\\}`));
  await program.until(new RegExp(`worker_killed.*"pid":${next}.*does not follow the configuration`));
  await eventually(10_000, "the status without it", async () => {
    const { text } = await operator(address, "/admin/config/status", key);
    return text.includes('"workers":{"serving":3,"silent":[],"refused":[]}');
  });
  for (let n = 0; n < 20; n++) {
    assert.match(String((await ask(`${address}/v1/chat/completions`, { key: second, body: chat("hi") })).status), /401|429/);
    assert.equal((await ask(`${address}/v1/chat/completions`, { key: secret, body: chat("hi") })).status, 200);
  }
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
});

test("R25 a key that is taken away while a worker starts opens nothing at any worker", limit, async (t) => {
  const upstream = await simulator();
  const without = yaml(upstream);
  const both = without.replace("keys: [", `keys: [{ id: second, secret: ${second} }, `);
  const { program, file, address, adminKey } = await gateway(both, {}, "--workers", "2");
  const key = adminKey();
  const post = async (of: string): Promise<number> =>
    (await ask(`${address}/v1/chat/completions`, { key: of, body: chat("hi") })).status;
  const waits = [120, 250, 400];
  for (const wait of waits) {
    writeFileSync(file, both);
    assert.match((await operator(address, "/admin/config/reload", key, "POST")).text, /"taken":true/);
    assert.equal(await post(second), 200);
    const [old = 0] = workersOf(program);
    process.kill(old, "SIGKILL");
    await eventually(5000, "its heir", async () => gone(old) && workersOf(program).length === 2);
    await pause(wait);
    writeFileSync(file, without);
    assert.match((await operator(address, "/admin/config/reload", key, "POST")).text, /"taken":true/);
    const began = performance.now();
    let serving = 0;
    let calls = 0;
    // Through its start, and 20 times after it.
    for (let more = 20; more > 0; calls++) {
      // 429: wrong keys are slowed down.
      assert.match(String(await post(second)), /401|429/, `${wait} ms`);
      if (calls % 10 === 0) serving = figure((await operator(address, "/metrics", key)).text, "polygate_workers");
      if (serving === 2) more--;
      assert.ok(performance.now() - began < 20_000, "it does not start");
    }
    assert.equal(await post(secret), 200);
    t.diagnostic(`R25: reload ${wait} ms into a worker's start: ${calls} calls with the key taken away, all refused`);
  }
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
});

test("R25 a configuration that one worker refuses is in force at none", limit, async () => {
  const upstream = await simulator();
  const good = yaml(upstream);
  const node = ["--import", join(import.meta.dirname, "plant-refusal.ts")];
  const { program, file, address, adminKey } = await gateway(good, { node }, "--workers", "3");
  const key = adminKey();
  writeFileSync(file, `${good.replace("keys: [", `keys: [{ id: second, secret: ${second} }, `)}# the second refuses\n`);
  const { text } = await operator(address, "/admin/config/reload", key, "POST");
  const pid = workersOf(program)[1];
  assert.match(text, new RegExp(`"taken":false,"problems":\\["worker ${pid} did not take it: .*unknown key`));
  assert.match(text, new RegExp(`"workers":\\{"serving":3,"silent":\\[\\],"refused":\\[${pid}\\]\\}`));
  for (let n = 0; n < 20; n++) {
    assert.match(String((await ask(`${address}/v1/chat/completions`, { key: second, body: chat("hi") })).status), /401|429/);
  }
  writeFileSync(file, good.replace("keys: [", `keys: [{ id: second, secret: ${second} }, `));
  assert.match((await operator(address, "/admin/config/reload", key, "POST")).text, /"taken":true.*"refused":\[\]/);
  for (let n = 0; n < 20; n++) {
    assert.equal((await ask(`${address}/v1/chat/completions`, { key: second, body: chat("hi") })).status, 200);
  }
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
});
