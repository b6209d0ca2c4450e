import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { isArray, isObject, type Json } from "../../../src/canonical/json.ts";
import { weatherTool } from "../material.ts";
import { startMaker } from "../signatures/maker.ts";
import { ask, chat, eventually, figure, gateway, load, pause, secret, simulator, workersOf, yaml } from "./kit.ts";

const limit = { timeout: 120_000 };

function rows(cwd: string): number {
  const db = new DatabaseSync(join(cwd, "data", "ledger.sqlite"), { readOnly: true });
  try {
    assert.equal(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
    return Number(db.prepare("SELECT count(*) AS n FROM entries").get()?.["n"]);
  } finally {
    db.close();
  }
}

test("several workers: one port, one set of books, one /metrics, one configuration", limit, async (t) => {
  const upstream = await simulator();
  const good = yaml(upstream);
  const { program, cwd, file, address, adminKey } = await gateway(good, {}, "--workers", "3");
  const key = adminKey();
  const calls = await Promise.all(
    Array.from({ length: 300 }, async (_, n) => {
      await pause(n * 5);
      return (await ask(`${address}/v1/chat/completions`, { key: secret, body: chat("hi") })).status;
    }),
  );
  assert.deepEqual(
    calls.filter((status) => status !== 200),
    [],
  );
  for (let n = 0; n < 3; n++) {
    const { text } = await ask(`${address}/metrics`, { key });
    assert.equal(figure(text, "polygate_workers"), 3);
    assert.equal(figure(text, "polygate_calls_total"), 300);
  }
  // Each connection is another worker's turn: all of them follow.
  const second = "pg-second-secret-of-this-test";
  writeFileSync(file, good.replace("keys: [", `keys: [{ id: second, secret: ${second} }, `));
  const reloaded = await ask(`${address}/admin/config/reload`, { method: "POST", key });
  assert.match(reloaded.text, /"taken":true/);
  for (let n = 0; n < 9; n++) {
    assert.equal((await ask(`${address}/v1/chat/completions`, { key: second, body: chat("hi") })).status, 200);
  }
  writeFileSync(file, `${good}unknown: 1\n`);
  await eventually(2000, "the reason at each of them", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => ask(`${address}/admin/config/status`, { key })));
    return all.every(({ text }) => text.includes("unknown key"));
  });
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
  t.diagnostic(`workers: 309 calls at 3 workers, ${rows(cwd)} rows`);
  assert.equal(rows(cwd), 309);
});

test("a worker that is killed is replaced; the others serve on; the books stay whole", limit, async (t) => {
  const upstream = await simulator();
  const { program, cwd, address, adminKey } = await gateway(yaml(upstream), {}, "--workers", "2");
  const children = workersOf(program);
  assert.equal(children.length, 2);
  const calls = load(address, 4);
  await pause(300);
  process.kill(children[0] ?? 0, "SIGKILL");
  await program.until(/worker_died/);
  await eventually(15_000, "two workers again", async () => {
    const { text } = await ask(`${address}/metrics`, { key: adminKey() }).catch(() => ({ text: "" }));
    return figure(text, "polygate_workers") === 2 && figure(text, "polygate_worker_restarts_total") === 1;
  });
  const { calls: made, failures } = await calls.stop();
  // Those that were on its connections, and no other.
  assert.ok(failures.length <= 4, failures.join("\n"));
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
  t.diagnostic(`workers: one of 2 killed under ${made} calls, ${failures.length} lost with it; ${rows(cwd)} rows`);
  assert.ok(rows(cwd) >= made - failures.length - 4 && rows(cwd) <= made);
});

test(
  "R29 a worker without memory is started anew within two seconds, the others serve on, the books are whole",
  limit,
  async (t) => {
    const upstream = await simulator();
    const node = ["--max-old-space-size=60", "--import", join(import.meta.dirname, "plant-faults.ts")];
    const { program, cwd, address, adminKey } = await gateway(
      yaml(upstream),
      { node, env: { PLANT_FAULTS: "1" } },
      "--workers",
      "2",
    );
    const post = (content: string) => ask(`${address}/v1/chat/completions`, { key: secret, body: chat(content) });
    for (let n = 0; n < 20; n++) assert.equal((await post("hello")).status, 200);
    await pause(100);
    await assert.rejects(post("fault-memory"));
    await program.until(/worker_died.*SIGABRT/);
    for (let n = 0; n < 10; n++) assert.equal((await post("hello")).status, 200);
    const took = await eventually(
      10_000,
      "two workers again",
      async () => figure((await ask(`${address}/metrics`, { key: adminKey() })).text, "polygate_workers") === 2,
    );
    program.child.kill("SIGTERM");
    assert.equal(await program.ended(), 0);
    t.diagnostic(
      `R29: a worker out of memory was replaced within ${Math.round(took)} ms of its end; ${rows(cwd)} rows of 30 calls`,
    );
    assert.ok(took < 2000, `${took}`);
    assert.equal(rows(cwd), 30);
  },
);

test("workers that die again and again end the gateway, with code 71", limit, async () => {
  const upstream = await simulator();
  const { program } = await gateway(yaml(upstream), {}, "--workers", "2");
  const killed = new Set<number>();
  while (program.child.exitCode === null) {
    let children: readonly number[] = [];
    try {
      children = workersOf(program);
    } catch {
      // It is gone.
    }
    for (const child of children) {
      if (killed.has(child)) continue;
      killed.add(child);
      process.kill(child, "SIGKILL");
    }
    await pause(100);
  }
  assert.equal(await program.ended(), 71);
});

test("a supervisor that is killed takes its workers along: the port is free for the next", limit, async () => {
  const upstream = await simulator();
  const { program, address } = await gateway(yaml(upstream), {}, "--workers", "2");
  program.child.kill("SIGKILL");
  assert.equal(await program.ended(), "SIGKILL");
  await eventually(5000, "nobody listens", async () => (await ask(`${address}/healthz`).catch(() => undefined)) === undefined);
});

test("R24 workers drain together", limit, async (t) => {
  const upstream = await simulator({ pace: { ms: 40 } });
  const { program, address } = await gateway(yaml(upstream, "timeouts: { drain: 60s }"), {}, "--workers", "2");
  const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(" ");
  let heads = 0;
  const live = Array.from({ length: 40 }, () =>
    ask(`${address}/v1/chat/completions`, { key: secret, body: chat(words, true), onHead: () => heads++ }),
  );
  await eventually(20_000, "heads", async () => heads === live.length);
  // As a terminal does it: everybody is told.
  for (const pid of workersOf(program)) process.kill(pid, "SIGTERM");
  program.child.kill("SIGTERM");
  const ends = await Promise.all(live);
  const whole = ends.filter(({ text }) => /word59/.test(text) && /data: \[DONE\]\n\n$/.test(text));
  assert.equal(await program.ended(), 0);
  t.diagnostic(`R24: ${whole.length} of ${live.length} streams at 2 workers came whole`);
  assert.equal(whole.length, live.length);
});

test("what one worker remembers, all do: answers by their ids at whichever worker", limit, async (t) => {
  const upstream = await simulator();
  const text = yaml(upstream).replace(
    /^providers:.*$/m,
    `providers: { ant: { wire: anthropic-messages, base_url: "${upstream.url}", api_key: none } }`,
  );
  const { program, address } = await gateway(text, {}, "--workers", "3");
  const respond = async (body: object) => {
    // A connection of its own each time: the next worker's turn.
    const answer = await ask(`${address}/v1/responses`, { key: secret, body: { model: "ant/echo", ...body } });
    assert.equal(answer.status, 200, answer.text);
    const parsed: unknown = JSON.parse(answer.text);
    assert.ok(typeof parsed === "object" && parsed !== null && "id" in parsed);
    return String(parsed.id);
  };
  let turns = 0;
  for (let thread = 0; thread < 6; thread++) {
    let id = await respond({ input: `thread ${thread}` });
    for (let turn = 0; turn < 4; turn++, turns++) id = await respond({ input: `turn ${turn}`, previous_response_id: id });
    assert.equal((await ask(`${address}/v1/responses/${id}`, { key: secret })).status, 200);
  }
  t.diagnostic(`workers: ${turns} turns that name the answer before, each at the next of 3 workers`);
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
});

test(
  "#6 signatures that a caller cannot echo reach the provider from whichever worker serves the next turn",
  limit,
  async (t) => {
    const maker = await startMaker();
    after(() => maker.close());
    const text = yaml(maker).replace(
      /^providers:.*$/m,
      `providers: { ant: { wire: anthropic-messages, base_url: "${maker.url}", api_key: none } }`,
    );
    const { program, address } = await gateway(text, {}, "--workers", "3");
    const said = async (messages: readonly object[]): Promise<Json> => {
      const body = { model: "ant/thinker", messages, tools: [weatherTool] };
      const answer = await ask(`${address}/v1/chat/completions`, { key: secret, body });
      assert.equal(answer.status, 200, answer.text);
      const parsed: Json = JSON.parse(answer.text);
      const [choice] = isObject(parsed) && isArray(parsed["choices"]) ? parsed["choices"] : [];
      return isObject(choice) ? (choice["message"] ?? null) : null;
    };
    const threads = 12;
    for (let thread = 0; thread < threads; thread++) {
      const question = { role: "user", content: `Weather in Oslo? (${thread})` };
      const message = await said([question]);
      assert.ok(isObject(message) && isArray(message["tool_calls"]));
      const [call] = message["tool_calls"];
      assert.ok(isObject(call));
      const { content = null, tool_calls } = message;
      await said([
        question,
        { role: "assistant", content, tool_calls },
        { role: "tool", tool_call_id: call["id"], content: "minus four" },
      ]);
      assert.match(JSON.stringify(maker.asked.at(-1)), /c2lnMQ\+\/==/, `thread ${thread}`);
    }
    t.diagnostic(`#6: ${threads} tool turns, each at another of 3 workers than its question, all signed`);
    program.child.kill("SIGTERM");
    assert.equal(await program.ended(), 0);
  },
);

test("wrong keys: an address may try as many at all workers together as at one", limit, async (t) => {
  const upstream = await simulator();
  const { program, address } = await gateway(yaml(upstream), {}, "--workers", "2");
  const counts = new Map<number, number>();
  for (let n = 0; n < 40; n++) {
    const { status } = await ask(`${address}/v1/models`, { key: `pg-wrong-key-of-this-test-${n}` });
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  t.diagnostic(`wrong keys at 2 workers: ${counts.get(401)} were told so, ${counts.get(429)} slowed down`);
  assert.deepEqual([...counts.keys()].sort(), [401, 429]);
  // One more for every three seconds that it took, at each.
  assert.ok((counts.get(401) ?? 0) < 30, `${counts.get(401)}`);
  assert.equal((await ask(`${address}/v1/models`, { key: secret })).status, 200);
  program.child.kill("SIGTERM");
  assert.equal(await program.ended(), 0);
});
