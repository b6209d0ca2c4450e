import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts";
import { startStack } from "../stack.ts";
import { type Running, User } from "./run.ts";

/* `chat` on a real terminal, typed into; and with a pipe for a user. */

const limit = { timeout: 60_000 };
const enter = "\r";
const ctrlC = "\u0003";
const ctrlD = "\u0004";
let simulator: Simulator;
let user: User;

before(async () => {
  simulator = await startSimulator();
  user = new User(`
data_dir: data
providers:
  sim: { wire: openai-chat, base_url: "${simulator.url}/v1", api_key: none, prices: { echo: { input: 1000, output: 2000 } } }
`);
});
after(async () => {
  user.leave();
  await simulator.close();
});

/** The terminal's other end: types a line once there is a prompt, and waits for what it leads to. */
class Typist {
  readonly #running: Running;
  #seen = 0;

  constructor(running: Running) {
    this.#running = running;
  }

  /** The text of what came of it, without colours. */
  async type(text: string, until: RegExp): Promise<string> {
    await this.prompt();
    this.#running.type(text);
    return this.see(until);
  }

  async prompt(): Promise<void> {
    await this.see(/> (?:␛\[22m)?(?:␛\[3G)?/);
  }

  async see(until: RegExp): Promise<string> {
    const match = await this.#running.until(until, this.#seen);
    const from = this.#seen;
    this.#seen += match.index + match[0].length;
    return this.#running.out.slice(from, this.#seen);
  }
}

function open(t: TestContext, ...argv: readonly string[]): { readonly running: Running; readonly typist: Typist } | undefined {
  const running = user.startOnTerminal(["chat", ...argv]);
  if (running === undefined) {
    t.skip("this machine has no `script` to make a terminal with");
    return undefined;
  }
  return { running, typist: new Typist(running) };
}

test("a conversation: streamed, with tokens and cost after each answer, that remembers what was said", limit, async (t) => {
  const { running, typist } = open(t, "sim/echo", "--system", "be kind") ?? {};
  if (running === undefined || typist === undefined) return;
  const first = await typist.type(`hello world${enter}`, /sim\/echo · \d+ in, 2 out · \$0\.0\d+ · \d+\.\d s/);
  assert.match(first, /hello world\r+\n[\s\S]*hello world/);
  await typist.type(`"""${enter}one${enter}two${enter}"""${enter}`, /one\r\ntwo\r\n[\s\S]*out · \$/);
  await typist.type(`and \\${enter}on${enter}`, /\[2Kand \r\non\r\n[\s\S]*out · \$/);
  await typist.type(`/cost${enter}`, /3 answers · \d+ tokens in, \d+ out · \$0\.\d+/);
  await typist.type(`/system${enter}`, /Told beforehand: be kind/);
  await typist.type(`/save talk.json${enter}`, /Saved to .*talk\.json\./);
  await typist.type(`/clear${enter}`, /Forgotten\./);
  await typist.type(`/nonsense${enter}`, /There is no \/nonsense/);
  await typist.prompt();
  running.type(ctrlD);
  const { code } = await running.ended();
  assert.equal(code, 0);
  const saved = JSON.parse(readFileSync(join(user.home, "talk.json"), "utf8"));
  assert.deepEqual(
    saved.messages.map(({ role }: { role: string }) => role),
    ["system", "user", "assistant", "user", "assistant", "user", "assistant"],
  );
  assert.deepEqual([saved.messages[3].content, saved.messages[5].content], ["one\ntwo", "and \non"]);
  assert.equal(statSync(join(user.home, "talk.json")).mode & 0o777, 0o600);
  const asked = simulator.journal.entries.at(-1);
  assert.ok(JSON.stringify(asked).includes("be kind"));
});

test("Ctrl-C calls the answer off and not the program; at the prompt it empties the line", limit, async (t) => {
  const { running, typist } = open(t, "sim/echo-slow") ?? {};
  if (running === undefined || typist === undefined) return;
  const words = Array.from({ length: 80 }, (_, index) => `w${index}`).join(" ");
  await typist.type(`${words}${enter}`, /\[2Kw0 w1/);
  running.type(ctrlC);
  const cut = await typist.see(/\(called off; what there is of the answer is kept\)/);
  assert.doesNotMatch(cut, /w79/);
  await typist.prompt();
  running.type(`half a line${ctrlC}`);
  await typist.type(`whole${enter}`, /\[2Kwhole\r\n[\s\S]* out · /);
  await typist.prompt();
  running.type(ctrlD);
  assert.equal((await running.ended()).code, 0);
  assert.doesNotMatch(running.out, /half a linewhole/);
});

test("what is pasted is one message, however many lines it has", limit, async (t) => {
  const { running, typist } = open(t, "sim/echo") ?? {};
  if (running === undefined || typist === undefined) return;
  await typist.type(`\u001b[200~first\rsecond\u001b[201~ and more${enter}`, /\[2Kfirst\r\nsecond and more\r\n/);
  await typist.prompt();
  running.type(ctrlD);
  await running.ended();
  assert.match(running.out, /␛\[\?2004h[\s\S]*␛\[\?2004l/, "the terminal is left as it was found");
});

test(
  "another model in the middle; one that fails takes its question with it; nothing a model says steers the terminal",
  limit,
  async (t) => {
    const { running, typist } = open(t, "sim/echo") ?? {};
    if (running === undefined || typist === undefined) return;
    await typist.type(`/model fault${enter}`, /No model that is listed has "fault" in its name/);
    await typist.type(`/model sim/missing${enter}`, /This is sim\/missing/);
    await typist.type(`x${enter}`, /\(\/retry asks this again, after \/model NAME another model\)/);
    await typist.type(`/model redacted${enter}`, /This is sim\/reasoner-redacted/);
    await typist.type(`/model sim/echo${enter}`, /This is sim\/echo/);
    await typist.prompt();
    // What a model might say: the echo does.
    running.type(`a\u009b31mb \u202ec${enter}`);
    const shown = await typist.see(/\[2Ka[\s\S]* out · /);
    assert.match(shown, /\[2Ka31mb c\r\n/);
    await typist.prompt();
    running.type(ctrlD);
    assert.equal((await running.ended()).code, 0);
  },
);

test("by way of a gateway that runs elsewhere, with what was said before", limit, async () => {
  const stack = await startStack();
  try {
    const stranger = new User();
    const far = { POLYGATE_URL: `${stack.address}/v1/`, POLYGATE_KEY: stack.key };
    const { code, out, err } = await stranger.run(["chat", "oai/echo", "-s", "be kind"], "one\n/model ant/echo\ntwo\n", far);
    stranger.leave();
    assert.equal(code, 0, err);
    assert.equal(out, "one\ntwo\n");
    assert.match(err, /This is ant\/echo\./);
    const [first, second] = (await stack.ledger()).map(({ provider }) => provider);
    assert.deepEqual([first, second], ["oai", "ant"]);
    const asked = JSON.stringify(stack.simulator.journal.entries.at(-1));
    for (const said of ["be kind", '"one', '"two']) assert.ok(asked.replaceAll("\\", "").includes(said), said);
  } finally {
    await stack.close();
  }
});

test("/retry loses nothing: not the answer there is when the next fails, not a question nobody answered", limit, async () => {
  const lines = [
    "one",
    "two",
    "/model sim/fault:503",
    "/retry",
    "/retry",
    "/save kept.json",
    "three",
    "/model sim/echo",
    "/retry",
  ];
  const { out, err } = await user.run(["chat", "sim/echo"], `${lines.join("\n")}\n/save whole.json\n`);
  const saved = (name: string): readonly string[] =>
    JSON.parse(readFileSync(join(user.home, name), "utf8")).messages.map(({ content }: { content: string }) => content);
  assert.deepEqual(saved("kept.json"), ["one", "one", "two", "two"], err);
  assert.deepEqual(saved("whole.json"), ["one", "one", "two", "two", "three", "three"], err);
  assert.equal(out, "one\ntwo\nthree\n");
});

test("/save makes no folder for a name that was mistyped", limit, async () => {
  const { err } = await user.run(["chat", "sim/echo"], "/save nowhere/talk.md\n");
  assert.match(err, /There is no folder .*nowhere to save in\./);
  assert.ok(!existsSync(join(user.home, "nowhere")));
});

test("with a pipe for a user: a message per line, answers on stdout, 1 where one failed", limit, async () => {
  const good = await user.run(["chat", "sim/echo"], "one\ntwo\n");
  assert.deepEqual([good.code, good.out], [0, "one\ntwo\n"], good.err);
  const bad = await user.run(["chat", "sim/missing"], "one\n");
  assert.equal(bad.code, 1);
  assert.match(bad.err, /missing/);
  assert.ok(existsSync(join(user.home, "data/ledger.sqlite")));
});
