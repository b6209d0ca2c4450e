import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts";
import { type Stack, startStack } from "../stack.ts";
import { User } from "./run.ts";

/* `ask`, `models`, `call`, `usage` and `tail` as users run them: processes of their own, with pipes. */

const limit = { timeout: 60_000 };
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
let simulator: Simulator;
let user: User;

before(async () => {
  simulator = await startSimulator();
  user = new User(`
data_dir: data
keys: [{ id: dev, secret: pg-secret-of-this-test-0123456789, labels: { team: web } }]
providers:
  sim: { wire: openai-chat, base_url: "${simulator.url}/v1", api_key: none, prices: { echo: { input: 2, output: 8 } } }
`);
});
after(async () => {
  user.leave();
  await simulator.close();
});

test("ask: the answer and nothing else is on stdout, what it took on stderr; books and labels are kept", limit, async () => {
  const { code, out, err } = await user.run(["ask", "-m", "sim/echo", "hello", "there"]);
  assert.deepEqual([code, out], [0, "hello there\n"], err);
  assert.match(err, /^sim\/echo · [\d,]+ in, [\d,]+ out · \$0\.\d+ · \d+\.\d s\n$/);
  const quiet = await user.run(["ask", "-q", "-m", "sim/echo", "--no-stream", "x"]);
  assert.deepEqual(quiet, { code: 0, out: "x\n", err: "" });
  const listed = JSON.parse((await user.run(["call", "list", "-n", "1"])).out);
  assert.deepEqual([listed.length, listed[0].key, listed[0].model, listed[0].finishReason], [1, "dev", "echo", "stop"]);
  assert.ok(listed[0].costNano > 0);
  const usage = JSON.parse((await user.run(["usage", "--by", "label:source"])).out);
  assert.deepEqual(
    usage.lines.map(({ label, calls }: { label: string; calls: number }) => [label, calls]),
    [["cli", 2]],
  );
  const shown = await user.run(["call", "show", "--format", "table", listed[0].callId]);
  assert.match(shown.out, /attempt 1 at sim\n[\s\S]*cost +0\.\d+ USD/);
});

test("ask: what is piped in is the question, or is attached to it", limit, async () => {
  const alone = await user.run(["ask", "-q", "-m", "sim/echo"], "from a pipe\n");
  assert.deepEqual([alone.code, alone.out], [0, "from a pipe\n"], alone.err);
  const both = await user.run(["ask", "-q", "-m", "sim/echo", "look:"], "some text");
  assert.match(both.out, /look:[\s\S]*some text\n$/);
  const ignored = await user.run(["ask", "-q", "--no-stdin", "-m", "sim/echo", "only this"], "not this");
  assert.equal(ignored.out, "only this\n");
});

test("ask: pictures by flag and by pipe reach the provider, and what is none is said to be none", limit, async () => {
  const before = simulator.journal.entries.length;
  const cat = user.put("cat.png", png);
  const { code, err } = await user.run(["ask", "-m", "sim/echo", "-i", cat, "-i", "https://h.example/c.png", "what?"], png);
  assert.equal(code, 0, err);
  const [entry] = simulator.journal.entries.slice(before);
  const images = JSON.stringify(entry).match(/"type":"image_url"/g) ?? [];
  assert.equal(images.length, 3, JSON.stringify(entry).slice(0, 600));
  const text = await user.run(["ask", "-m", "sim/echo", "-i", "polygate.yaml", "what?"]);
  assert.equal(text.code, 2);
  assert.match(text.err, /^polygate\.yaml is no picture: --image takes PNG/);
  const missing = await user.run(["ask", "-f", "nowhere.txt", "what?"]);
  assert.deepEqual([missing.code, missing.err], [2, "There is no file nowhere.txt.\n"]);
});

test("ask: JSON held to a schema, and an exit code that tells when it is not", limit, async () => {
  user.put(
    "s.json",
    JSON.stringify({ type: "object", properties: { n: { type: "number" } }, required: ["n"], additionalProperties: false }),
  );
  const good = await user.run(["ask", "-q", "-m", "sim/echo", "--schema", "s.json", "go"]);
  assert.equal(good.code, 0, good.err);
  assert.equal(typeof JSON.parse(good.out).n, "number");
  const bad = await user.run(["ask", "-q", "-m", "sim/off-schema", "--schema", "s.json", "go"]);
  assert.equal(bad.code, 1);
  assert.match(bad.err, /^warning: schema_violation at /);
  const none = await user.run(["ask", "--schema", "polygate.yaml", "go"]);
  assert.deepEqual([none.code, none.err], [2, "polygate.yaml holds no JSON Schema: it has to be one JSON object.\n"]);
});

test("ask --json: everything there is to know, for programs", limit, async () => {
  const { code, out, err } = await user.run(["ask", "-q", "--json", "-m", "sim/echo", "hi"]);
  assert.deepEqual([code, err], [0, ""]);
  const { callId, ms, costUsd, ...rest } = JSON.parse(out);
  assert.match(callId, /^call_/);
  assert.match(costUsd, /^0\.\d+$/);
  assert.ok(ms >= 0);
  assert.deepEqual(Object.keys(rest), ["text", "finish", "provider", "model", "attempts", "input", "output", "warnings"]);
  assert.deepEqual([rest.text, rest.finish, rest.provider], ["hi", "stop", "sim"]);
});

test(
  "ask: what goes wrong is one sentence and where to look further, with exit code 1; 2 where nothing was asked",
  limit,
  async () => {
    const missing = await user.run(["ask", "-m", "sim/missing", "x"]);
    assert.equal(missing.code, 1);
    assert.equal(missing.out, "");
    assert.match(missing.err, /missing[\s\S]*\npolygate call show call_\w+ tells what became of it\.\n$/);
    const broken = await user.run(["ask", "-m", "sim/fault:reset:2", "a b c d"]);
    assert.equal(broken.code, 1);
    assert.match(broken.err, /closed the connection before the end/);
    const unknown = await user.run(["ask", "-m", "nope/x", "y"]);
    assert.match(
      unknown.err,
      /^The model `nope\/x` is not known here\. [^\n]*\n$/,
      "it is not in the books, and they are not named",
    );
    const nothing = await user.run(["ask"]);
    assert.equal(nothing.code, 2);
    assert.match(nothing.err, /^Nothing was asked\./);
    const flag = await user.run(["ask", "--modle", "x", "y"]);
    assert.equal(flag.code, 2);
    assert.match(flag.err, /unknown option '--modle'[\s\S]*Did you mean --model\?/);
  },
);

test("ask, models: by way of a gateway that runs elsewhere; one that is not there, and a wrong key", limit, async () => {
  const stack: Stack = await startStack();
  try {
    const far = { POLYGATE_URL: stack.address, POLYGATE_KEY: stack.key };
    const stranger = new User();
    try {
      const { code, out, err } = await stranger.run(["ask", "-m", "oai/echo", "over", "there"], "", far);
      assert.deepEqual([code, out], [0, "over there\n"], err);
      assert.equal((await stack.ledger()).length, 1);
      const listed = JSON.parse((await stranger.run(["models", "echo"], "", far)).out);
      assert.ok(listed.models.some(({ id }: { id: string }) => id === "ant/echo"));
      const refused = await stranger.run(["ask", "-m", "oai/echo", "--key", "wrong", "x"], "", far);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /Give one with --key or POLYGATE_KEY\./);
      const cut = await stranger.run(["ask", "-m", "oai/fault:reset:2", "a b c d e f"], "", far);
      assert.equal(cut.code, 1);
      assert.match(cut.err, /closed the connection before the end/);
      const nobody = await stranger.run(["ask", "--url", "http://127.0.0.1:1", "x", "-m", "a/b"]);
      assert.equal(nobody.code, 1);
      assert.match(nobody.err, /^The gateway at http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)\. Is it running\?/);
      const alone = await stranger.run(["ask", "x"]);
      assert.equal(alone.code, 1);
      assert.match(alone.err, /^No provider is known that could answer: set one of OPENAI_API_KEY/);
      const near = await stranger.run(["ask", "x"], "", { POLYGATE_PORT: /\d+$/.exec(stack.address)?.[0] ?? "" });
      assert.match(near.err, /but a gateway is running: add --url http:\/\/127\.0\.0\.1:\d+,/);
    } finally {
      stranger.leave();
    }
  } finally {
    await stack.close();
  }
});

test("ask: Ctrl-C calls the answer off and ends with 130", limit, async () => {
  const words = Array.from({ length: 80 }, (_, index) => `w${index}`).join(" ");
  const running = user.start(["ask", "-m", "sim/echo-slow", words]);
  running.child.stdin?.end();
  await running.until(/w1 /);
  running.child.kill("SIGINT");
  const { code, out, err } = await running.ended();
  assert.equal(code, 130);
  assert.doesNotMatch(out, /w79/);
  assert.match(err, /^The answer was called off\./);
});

test("a reader that goes away ends the work, without a stack; a disk that is full is said", limit, async () => {
  const words = Array.from({ length: 80 }, (_, index) => `word${index}`).join(" ");
  const gone = user.start(["ask", "-m", "sim/echo-slow", words]);
  gone.child.stdin?.end();
  await gone.until(/word1 /);
  gone.child.stdout?.destroy();
  const { code, err } = await gone.ended();
  assert.equal(code, 130);
  assert.doesNotMatch(err, /EPIPE|\n +at /);
  const [last] = JSON.parse((await user.run(["call", "list", "-n", "1"])).out);
  assert.equal(last.terminal, "cancelled");
  const hungUp = user.start(["ask", "-m", "sim/echo-slow", words]);
  hungUp.child.stdin?.end();
  await hungUp.until(/word1 /);
  hungUp.child.kill("SIGHUP");
  assert.equal((await hungUp.ended()).code, 130, "the attempt is in the books before it ends");
  const listed = JSON.parse((await user.run(["call", "list", "-n", "2"])).out);
  assert.deepEqual(
    listed.map(({ terminal }: { terminal: string }) => terminal),
    ["cancelled", "cancelled"],
  );
  const full = user.startWith("ask -q --no-stdin -m sim/echo x > /dev/full");
  assert.deepEqual(await full.ended(), { code: 1, out: "", err: "polygate: standard output could not be written (ENOSPC).\n" });
});

test("tail shows each attempt as it ends, until it is told to stop", limit, async () => {
  const tail = user.start(["tail", "-n", "0", "--model", "echo"]);
  tail.child.stdin?.end();
  // It has looked at the books once it has printed an answer that was asked for after its start.
  const asking = (async () => {
    while (!tail.out.includes("\n")) await user.run(["ask", "-q", "-m", "sim/echo", "x"]);
  })();
  const line = JSON.parse((await tail.until(/^(\{.*\})\n/))[1] ?? "");
  await asking;
  assert.deepEqual([line.provider, line.model, line.terminal, line.attempt], ["sim", "echo", "finished", 1]);
  tail.child.kill("SIGTERM");
  assert.equal((await tail.ended()).code, 0);
});
