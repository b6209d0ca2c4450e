import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { after, before, describe, test } from "node:test";
import { FakeClock } from "../../../src/transport/testing/fake-clock.ts";
import { naiveEvents } from "../../conformance/sse.ts";
import { asked, type FourWires, pairs, providerOf, startFourWires, type WireName } from "../pains/kit/four-wires.ts";
import { startIdleProxy } from "../pains/kit/idle-proxy.ts";
import { framesOf } from "../pains/kit/speech.ts";
import { told } from "../pains/kit/told.ts";
import { chunk, head, lastChunk, type RawRequest, type RawUpstream, sse, startRawUpstream } from "./raw-upstream.ts";

/* R32: who thinks for two minutes is waited for, and whoever waits is told every 15 s that it goes on. On a clock that the test moves. */

const finishes = { "openai-chat": "stop", "anthropic-messages": "end_turn", "openai-responses": "completed", gemini: "STOP" };
const second = 1000;

const timers = ["first_token", "between_chunks", "total"] as const;
type Timer = (typeof timers)[number];
const words: { readonly [timer in Timer]: RegExp } = {
  first_token: /no content in time \(timeouts\.first_token\)/,
  between_chunks: /nothing more for 300 s/,
  total: /time was used up/,
};
/** Seconds of the attempt, as `cuts` has them acted. */
const cutAfter: { readonly [timer in Timer]: number } = { first_token: 150, between_chunks: 449, total: 800 };

/** Headers and all that comes before the first word; the first word; the rest. */
function acts(wire: WireName): readonly [before: Buffer, word: Buffer, rest: Buffer] {
  const frames = framesOf(wire, { text: "Hello there.", calls: [], finish: finishes[wire] });
  const first = frames.findIndex((frame) => frame.includes("Hello "));
  return [
    Buffer.concat([Buffer.from(head(200, sse)), ...frames.slice(0, first).map(chunk)]),
    chunk(frames[first] ?? ""),
    Buffer.concat([...frames.slice(first + 1).map(chunk), Buffer.from(lastChunk)]),
  ];
}

describe("R32: silence", { timeout: 60_000 }, () => {
  const clock = new FakeClock();
  let upstream: RawUpstream;
  let stack: FourWires;
  let arrived: (request: RawRequest) => void = () => {};
  before(async () => {
    upstream = await startRawUpstream((request) => arrived(request));
    stack = await startFourWires({
      upstream: upstream.url,
      clock,
      yaml: "timeouts: { first_token: 150s, between_chunks: 300s, total: 800s }",
    });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });

  const request = (): Promise<RawRequest> =>
    new Promise((resolve) => {
      arrived = resolve;
    });
  /** What has begun gets through the sockets; nothing waits for time, which stands still. */
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 25; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  for (const { caller, upstream: provider } of pairs) {
    test(`R32: 120 s before the first word, and 120 s after it: ${provider} → ${caller}`, async () => {
      const [early, word, rest] = acts(provider);
      const proxy = await startIdleProxy(stack.address, 60 * second, clock);
      try {
        const here = request();
        const answer = stack.post(caller, `${providerOf[provider]}/m`, asked[caller], { stream: true, address: proxy.url });
        const { socket } = await here;
        socket.write(early);
        await settled();
        let known = 0;
        /** Each of these moments has its sign of life, and none comes a second before. */
        const signs = async (moments: readonly number[]): Promise<void> => {
          let now = 0;
          for (const at of moments) {
            clock.advance((at - now - 1) * second);
            await settled();
            assert.equal((await proxy.more(-1)).length, known, `a sign before ${at} s`);
            clock.advance(second);
            known = (await proxy.more(known)).length;
            now = at;
          }
          clock.advance((120 - now) * second);
        };
        await signs([10, 25, 40, 55, 70, 85, 100, 115]);
        socket.write(word);
        known = (await proxy.more(known)).length;
        await signs([15, 30, 45, 60, 75, 90, 105]);
        socket.write(rest);
        const heard = await answer;
        assert.equal(heard.status, 200);
        assert.equal(heard.ended, "whole");
        assert.equal((await told(caller, heard, true)).text, "Hello there.");
        assert.equal(proxy.cut, 0);
        assert.equal((await stack.ledger()).at(-1)?.terminal, "finished");
      } finally {
        await proxy.close();
      }
    });

    test(`R32: three clocks, each by itself: ${provider} → ${caller}`, async (t) => {
      const [early, word] = acts(provider);
      const cuts: { readonly [clock in Timer]: readonly (readonly [waitSeconds: number, then: Buffer | undefined])[] } = {
        // Silence that would be long enough in the middle of an answer is too long before it.
        first_token: [[149, undefined]],
        // 149 s to the first word, then longer than that; neither starts the other anew.
        between_chunks: [
          [149, word],
          [299, undefined],
        ],
        // No silence is too long, all together they are: 149 + 290 + 290 + 70.
        total: [
          [149, word],
          [290, word],
          [290, word],
          [70, undefined],
        ],
      };
      for (const name of timers) {
        const acted = cuts[name];
        const rows = (await stack.ledger()).length;
        let attempts = 0;
        arrived = ({ socket }) => {
          attempts++;
          socket.write(early);
        };
        let over = false;
        const here = new Promise<RawRequest>((resolve) => {
          const count = arrived;
          arrived = (it) => {
            count(it);
            resolve(it);
          };
        });
        const listener = new EventEmitter();
        let heardWords = 0;
        const onText = (text: string): void => {
          heardWords = text.split("Hello ").length - 1;
          listener.emit("word");
        };
        const answer = stack.post(caller, `${providerOf[provider]}/m`, asked[caller], { stream: true, onText }).finally(() => {
          over = true;
        });
        let saidWords = 0;
        const { socket } = await here;
        await settled();
        for (const [seconds, then] of acted) {
          clock.advance(seconds * second);
          await settled();
          assert.equal(over, false, `${name}: cut too early`);
          if (then === undefined) continue;
          socket.write(then);
          saidWords++;
          while (heardWords < saidWords) await once(listener, "word");
        }
        assert.equal(attempts, 1, name);
        clock.advance(2 * second);
        await settled();
        // Before the first word another attempt is made; it waits as long.
        while (!over) {
          clock.advance(second);
          await settled();
        }
        const heard = await answer;
        assert.match(naiveEvents(heard.text).at(-1)?.data ?? "", words[name]);
        const [row] = (await stack.ledger()).slice(rows);
        assert.equal(row?.error_code, "timeout");
        const took = Number(row?.duration_us) / 1e6;
        const expected = cutAfter[name];
        assert.ok(Math.abs(took - expected) <= 1.5, `${name}: cut after ${took} s, not ${expected}`);
        t.diagnostic(`R32: ${name} cut after ${took.toFixed(0)} s`);
      }
    });
  }
});
