import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { after, test } from "node:test";
import { startMaker } from "../signatures/maker.ts";
import { type Answer, ask, chat, eventually, gateway, keptAlive, pause, secret, simulator, yaml } from "./kit.ts";

/* R24: a gateway that is told to stop. */

const limit = { timeout: 120_000 };
const words = (count: number): string => Array.from({ length: count }, (_, n) => `word${n}`).join(" ");

/** Begins `count` streams, each anew where the gateway has too much to do just then; `live` resolves once all have their heads. */
function streams(address: string, count: number, content: string) {
  let heads = 0;
  const one = async (): Promise<Answer | string> => {
    for (;;) {
      const head = (response: IncomingMessage): void => void (response.statusCode === 200 && heads++);
      const asked = { key: secret, body: chat(content, true), onHead: head };
      const answer = await ask(`${address}/v1/chat/completions`, asked).catch(String);
      if (typeof answer === "string" || answer.status !== 503) return answer;
      await pause(100);
    }
  };
  const ends = Promise.all(Array.from({ length: count }, one));
  const live = eventually(60_000, `${count} streams`, async () => heads === count);
  return { live, ends };
}

test(
  "R24 SIGTERM with 500 live streams: not ready at once, none truncated, calls of the window served, exit 0",
  limit,
  async (t) => {
    const upstream = await simulator({ pace: { ms: 150 } });
    const { program, address, adminKey } = await gateway(yaml(upstream, "timeouts: { drain: 60s, drain_window: 2s }"));
    const agent = keptAlive(1);
    assert.equal((await ask(`${address}/readyz`, { agent })).headers.connection, "keep-alive");
    const count = 500;
    const { live, ends: whole } = streams(address, count, words(80));
    await live;
    const { text } = await ask(`${address}/metrics`, { key: adminKey() });
    assert.match(text, /^polygate_calls_in_flight 500$/m);
    const told = performance.now();
    program.child.kill("SIGTERM");
    const unready = await eventually(2000, "not ready", async () => (await ask(`${address}/readyz`)).status === 503);
    const late = await ask(`${address}/v1/chat/completions`, { key: secret, body: chat("in the window"), agent });
    assert.equal(late.status, 200);
    assert.equal(late.headers.connection, "close");
    assert.match((await ask(`${address}/readyz`)).text, /stopping/);
    const ends = await whole;
    const cut = ends.filter(
      (end) => typeof end === "string" || !/word79/.test(end.text) || !/data: \[DONE\]\n\n$/.test(end.text),
    );
    const code = await program.ended();
    const took = performance.now() - told;
    t.diagnostic(
      `R24: ${count} live streams, ${cut.length} truncated; not ready after ${Math.round(unready)} ms; exit ${code} after ${Math.round(took)} ms`,
    );
    assert.deepEqual(cut.slice(0, 3), []);
    assert.equal(code, 0);
    await assert.rejects(ask(`${address}/healthz`));
  },
);

test(
  "R24 at the deadline each wire is told in its own words, and the process ends within a second, with code 3",
  limit,
  async (t) => {
    const upstream = await simulator({ pace: { ms: 100 } });
    const more = `  ant: { wire: anthropic-messages, base_url: "${upstream.url}", api_key: none }`;
    const text = `${yaml(upstream, "timeouts: { drain: 1s }").replace(/providers: \{ (.*) \}\n/, "providers:\n  $1\n")}`.replace(
      /( {2}up:.*\n)/,
      `$1${more}\n`,
    );
    const { program, address } = await gateway(text);
    let heads = 0;
    const post = (path: string, body: object) =>
      ask(`${address}${path}`, { key: secret, body, onHead: () => heads++ }).catch((thrown: unknown) => String(thrown));
    const long = [{ role: "user", content: words(400) }];
    const live = [
      post("/v1/chat/completions", { model: "up/echo", stream: true, messages: long }),
      post("/v1/messages", { model: "ant/echo", stream: true, max_tokens: 1000, messages: long }),
      post("/v1/messages", { model: "up/echo", stream: true, max_tokens: 1000, messages: long }),
      post("/v1/responses", { model: "up/echo", stream: true, input: words(400) }),
    ];
    const waiting = post("/v1/chat/completions", {
      model: "up/fault:late-headers:60000",
      messages: [{ role: "user", content: "x" }],
    });
    await eventually(10_000, "heads", async () => heads === live.length);
    const told = performance.now();
    program.child.kill("SIGTERM");
    const answers = await Promise.all(live);
    const shown = answers.map((answer) => (typeof answer === "string" ? answer : answer.text.slice(-600)));
    for (const [index, pattern] of [
      /"error":\{"message":"The gateway is stopping/,
      /event: error\ndata: .*The gateway is stopping/,
      /event: error\ndata: .*The gateway is stopping/,
      /The gateway is stopping/,
    ].entries()) {
      assert.match(shown[index] ?? "", pattern);
    }
    const whole = await waiting;
    assert.ok(typeof whole !== "string", String(whole));
    assert.equal(whole.status, 503);
    const code = await program.ended();
    const took = performance.now() - told;
    t.diagnostic(`R24: at a deadline of 1000 ms, exit ${code} after ${Math.round(took)} ms`);
    assert.equal(code, 3);
    assert.ok(took < 2000, `${took}`);
    assert.match(program.text, /5 calls were not over by then, and were cut/);
  },
);

for (const workers of ["1", "2"]) {
  test(`R24 the drain follows a reload, with ${workers} at work`, limit, async () => {
    const upstream = await simulator({ pace: { ms: 100 } });
    const text = yaml(upstream, "timeouts: { drain: 1s }");
    const { program, file, address, adminKey } = await gateway(text, {}, "serve", "--workers", workers);
    writeFileSync(file, text.replace("drain: 1s", "drain: 42s, drain_window: 0ms"));
    const reloaded = await ask(`${address}/admin/config/reload`, { method: "POST", key: adminKey() });
    assert.equal(reloaded.status, 200, reloaded.text);
    assert.deepEqual(JSON.parse(reloaded.text).needs_restart, []);
    const { live, ends } = streams(address, 1, words(25));
    await live;
    program.child.kill("SIGTERM");
    await program.until(/stopping; calls under way have 42 s to finish/);
    // Which takes longer than the second that it was started with.
    const [whole] = await ends;
    assert.ok(whole !== undefined && typeof whole !== "string", String(whole));
    assert.match(whole.text, /data: \[DONE\]\n\n$/);
    assert.equal(await program.ended(), 0);
  });
}

test("R24 a second signal ends it now", limit, async () => {
  const upstream = await simulator({ pace: { ms: 100 } });
  const { program, address } = await gateway(yaml(upstream, "timeouts: { drain: 10m, drain_window: 5m }"));
  const live = ask(`${address}/v1/chat/completions`, { key: secret, body: chat(words(400), true) });
  live.catch(() => {});
  await pause(300);
  program.child.kill("SIGTERM");
  await program.until(/stopping; calls under way have 600 s to finish; new ones are taken for 300 s more/);
  // Two signals within half a second are one wish: a terminal and npm pass it on both.
  await pause(600);
  const told = performance.now();
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 130);
  assert.ok(performance.now() - told < 1000);
  await assert.rejects(live);
});

test("R24 connections without a call do not hold it up", limit, async () => {
  const upstream = await simulator();
  const { program, address } = await gateway(yaml(upstream, "timeouts: { drain: 10m }"));
  const agent = keptAlive(4);
  await Promise.all(Array.from({ length: 4 }, () => ask(`${address}/healthz`, { agent })));
  const silent = connect(Number(new URL(address).port), "127.0.0.1");
  silent.on("error", () => {});
  await new Promise((resolve) => silent.once("connect", resolve));
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
  silent.destroy();
});

test("#50 looking whether it is well costs nothing and depends on no provider", limit, async (t) => {
  const maker = await startMaker();
  after(() => maker.close());
  const { address, adminKey } = await gateway(yaml(maker));
  const key = adminKey();
  const look = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      assert.equal((await ask(`${address}/healthz`)).status, 200);
      assert.equal((await ask(`${address}/readyz`)).status, 200);
      assert.equal((await ask(`${address}/metrics`, { key })).status, 200);
      assert.equal((await ask(`${address}/admin/config/status`, { key })).status, 200);
      assert.equal((await ask(`${address}/admin/config/reload`, { method: "POST", key })).status, 200);
    }
  };
  await look(50);
  // Lists of models have no body, and cost nothing.
  assert.deepEqual(
    maker.asked.filter((body) => Object.keys(body).length > 0),
    [],
  );
  await maker.close();
  await look(5);
  t.diagnostic("#50: 275 looks, 0 calls to a provider, 25 of them with the provider gone");
});
