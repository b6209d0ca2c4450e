import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallerUrls } from "./caller-urls.ts";
import { EgressPolicy, type Refusal } from "./egress.ts";
import type { Address, Network } from "./network.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { TestNetwork } from "./testing/network.ts";

const dial = (): never => assert.fail("dialled");
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const told = (refusal: Refusal | "unknown" | undefined): string =>
  refusal === "unknown" ? refusal : (refusal?.message ?? "fine");

function rig(network: Network = new TestNetwork().name("home.com", ["10.0.0.5"]).name("a.com", ["93.184.216.34"])) {
  const clock = new FakeClock();
  let policy = new EgressPolicy({ allow: [] });
  const urls = new CallerUrls({ policy: () => policy, network }, clock);
  const said = async (url: string): Promise<string> => told(await urls.resolved(new URL(url)));
  const allow = (entry: string): void => {
    policy = new EgressPolicy({ allow: [entry] });
  };
  return { clock, urls, said, allow };
}

describe("names that callers use", () => {
  it("are judged by all their addresses", async () => {
    const network = new TestNetwork().name("mixed.com", ["93.184.216.34", "10.0.0.5"]).name("a.com", ["93.184.216.34"]);
    const { said } = rig(network);
    assert.match(await said("https://mixed.com/"), /^mixed\.com:443 is not on the public internet/);
    assert.equal(await said("https://a.com/"), "fine");
    assert.equal(await said("https://unknown.com/"), "fine", "whoever connects finds out");
    assert.equal(await said("https://127.0.0.1/"), "fine", "an address is no name: it was judged before");
  });

  it("are asked for once in a while, and again under another configuration", async () => {
    const network = new TestNetwork().name("home.com", ["10.0.0.5"], ["93.184.216.34"]);
    const { said, clock, allow } = rig(network);
    assert.match(await said("https://home.com/1"), /not on the public/);
    assert.match(await said("https://home.com/2"), /not on the public/);
    assert.equal(network.asked.length, 1);
    clock.advance(30_000);
    assert.equal(await said("https://home.com/"), "fine");
    allow("home.com:443");
    assert.equal(await said("https://home.com/"), "fine");
    assert.equal(network.asked.length, 3);
    assert.equal(clock.pending, 0);
  });

  it("are waited for a second", async () => {
    const { urls, clock } = rig({ resolve: () => new Promise(() => {}), dial });
    let done = false;
    const waiting = urls.resolved(new URL("https://slow.com/"));
    void waiting.then(() => {
      done = true;
    });
    assert.equal(urls.resolved(new URL("https://slow.com/x")), waiting);
    clock.advance(999);
    await settled();
    assert.equal(done, false);
    clock.advance(1);
    assert.equal(await waiting, "unknown");
    const again = urls.resolved(new URL("https://slow.com/"));
    assert.notEqual(again, waiting, "what is not known is not remembered");
  });

  it("are asked for two at a time, so that providers' names are never behind them", async () => {
    const waiting: ((found: readonly Address[]) => void)[] = [];
    const { urls, clock } = rig({ resolve: () => new Promise((resolve) => waiting.push(resolve)), dial });
    const ask = (index: number) => urls.resolved(new URL(`https://h${index}.com/`));
    const answers = Array.from({ length: 6 }, (_, index) => ask(index));
    for (let turn = 0; turn < 2; turn++) {
      assert.equal(waiting.length, 2);
      for (const resolve of waiting.splice(0)) resolve([{ address: "10.0.0.5", family: 4 }]);
      await settled();
    }
    clock.advance(1000);
    const refusals = await Promise.all(answers);
    assert.equal(refusals.filter((refusal) => refusal !== "unknown").length, 4, "the last two were late");
    for (let index = 10; index < 300; index++) void ask(index);
    assert.equal(waiting.length, 2);
    assert.equal(await ask(300), "unknown", "under a flood nobody waits");
  });
});
