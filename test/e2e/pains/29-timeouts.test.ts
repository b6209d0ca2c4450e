import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { FakeClock } from "../../../src/transport/testing/fake-clock.ts";
import { rig } from "../../../src/transport/testing/harness.ts";
import { reply } from "../../../src/transport/testing/raw-server.ts";
import { obj, parseJson } from "../../conformance/json.ts";
import { naiveEvents } from "../../conformance/sse.ts";
import { wireJudges } from "../../conformance/wires/index.ts";
import { chunk, head, type RawRequest, type RawUpstream, sse, startRawUpstream } from "../reliability/raw-upstream.ts";
import { asked, type FourWires, type PostOptions, pairs, providerOf, startFourWires, type WireName } from "./kit/four-wires.ts";
import { startIdleProxy } from "./kit/idle-proxy.ts";
import { framesOf, replyOf, requestOf } from "./kit/speech.ts";
import { told } from "./kit/told.ts";

/*
 * #29: nothing waits or gives up but by the four timers of polygate.yaml, on a clock that the tests move: minutes pass at once.
 * Each timer's own line is in ../reliability/timers.test.ts; bytes of kept-alive streams in ../reliability/keep-alive.test.ts.
 */

const finishes = { "openai-chat": "stop", "anthropic-messages": "end_turn", "openai-responses": "completed", gemini: "STOP" };
const speech = (wire: WireName) => ({ text: "Hello there.", calls: [], finish: finishes[wire] });

test("#29: headers after 310 s, limit 600 s: undici's own timers are off", { timeout: 20_000 }, async (t) => {
  const clock = new FakeClock();
  await using at = await rig(() => {}, { clock });
  // undici keeps time by the process's timers: here they run on the clock as well.
  t.mock.method(globalThis, "setTimeout", (task: () => void, ms: number) => ({ stop: clock.after(ms, task), unref: () => {} }));
  t.mock.method(globalThis, "clearTimeout", (timer: { stop(): void } | undefined) => timer?.stop());
  const timeouts = { connectMs: 10_000, firstByteMs: 600_000, idleMs: 600_000, totalMs: 3_600_000 };
  const answer = at.send({ timeouts });
  await at.server.until(() => at.server.requests.length === 1);
  clock.advance(310_000);
  const { socket } = at.server.requests[0] ?? {};
  socket?.write(reply("{}").slice(0, -1));
  const { body, status } = await answer;
  assert.equal(status, 200);
  const read = body.read();
  await read;
  const rest = body.read();
  // Between two pieces of a body, too.
  clock.advance(310_000);
  socket?.write("}");
  assert.equal(Buffer.from((await rest) ?? []).toString(), "}");
});

describe("#29: through a running gateway, with the timers as they are", { timeout: 60_000 }, () => {
  let upstream: RawUpstream;
  let stack: FourWires;
  let clock: FakeClock;
  /** The request that waits for its answer. */
  let waiting: RawRequest | undefined;
  let arrived: () => void = () => {};
  before(async () => {
    clock = new FakeClock();
    upstream = await startRawUpstream((request) => {
      waiting = request;
      arrived();
    });
    stack = await startFourWires({ upstream: upstream.url, clock });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });
  /** Asks, and resolves once the provider has the request. */
  const begin = async (caller: WireName, provider: WireName, options: PostOptions) => {
    const seen = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const answer = stack.post(caller, `${providerOf[provider]}/${caller}.${provider}`, asked[caller], options);
    await seen;
    if (waiting === undefined) throw new Error("nobody asked");
    return { answer, request: waiting };
  };
  const answerWith = ({ socket, path, body }: RawRequest): void => {
    const { wire, stream } = requestOf(path, body);
    socket.write(replyOf(wire, speech(wire), stream));
  };

  for (const { caller, upstream: provider } of pairs) {
    test(`#29: 310 s until the headers: ${provider} → ${caller}`, async () => {
      for (const stream of [false, true]) {
        const { answer, request } = await begin(caller, provider, { stream });
        clock.advance(310_000);
        answerWith(request);
        const heard = await answer;
        assert.equal(heard.status, 200, heard.text);
        assert.equal((await told(caller, heard, stream)).text, "Hello there.");
      }
    });

    test(`#29: 90 s of silence behind a proxy that cuts after 60 s: ${provider} → ${caller}`, async () => {
      const proxy = await startIdleProxy(stack.address, 60_000, clock);
      try {
        const { answer, request } = await begin(caller, provider, { stream: true, address: proxy.url });
        let known = 0;
        // The first sign of life comes after 10 s, the others every 15 s.
        for (const seconds of [10, 15, 15, 15, 15, 15, 15]) {
          clock.advance(seconds * 1000);
          known = (await proxy.more(known)).length;
        }
        answerWith(request);
        const heard = await answer;
        assert.equal(heard.ended, "whole");
        assert.equal(proxy.cut, 0);
        // Its SDK reads it, signs of life and all.
        assert.equal((await told(caller, heard, true)).text, "Hello there.");
        // openai-python dispatches an event for a comment behind an id.
        assert.doesNotMatch(heard.text, /^(?:id|retry):/m);
        const signs = heard.text.match(/^(?::|event: ping)/gm) ?? naiveEvents(heard.text).slice(0, 7);
        assert.ok(signs.length >= 7, heard.text);
      } finally {
        await proxy.close();
      }
    });

    test(`#29: 130 s of silence in the middle, between_chunks 120 s: cut at 120 s: ${provider} → ${caller}`, async () => {
      let begun = (): void => {};
      const heardSome = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const { answer, request } = await begin(caller, provider, {
        stream: true,
        onText: (text) => {
          if (text.includes("Hello ")) begun();
        },
      });
      const frames = framesOf(provider, speech(provider));
      const until = frames.findIndex((frame) => frame.includes("Hello ")) + 1;
      request.socket.write(Buffer.concat([Buffer.from(head(200, sse)), ...frames.slice(0, until).map(chunk)]));
      await heardSome;
      let over = false;
      const heard = answer.finally(() => {
        over = true;
      });
      clock.advance(119_000);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(over, false);
      clock.advance(2000);
      const broken = await heard;
      const events = naiveEvents(broken.text);
      assert.ok(wireJudges[caller].isError(obj(parseJson(events.at(-1)?.data ?? ""))), broken.text);
      assert.match(events.at(-1)?.data ?? "", /nothing more for 120 s/);
      const row = (await stack.ledger()).at(-1);
      assert.equal(row?.error_code, "timeout");
      const seconds = Number(row?.duration_us) / 1_000_000;
      assert.ok(seconds >= 119 && seconds <= 121, `${seconds} s`);
    });
  }

  test("#29: idle connections of callers outlive the usual 60 s of what stands before us", async () => {
    const response = await fetch(`${stack.address}/healthz`);
    await response.text();
    assert.ok(Number(/timeout=(\d+)/.exec(response.headers.get("keep-alive") ?? "")?.[1]) > 60);
  });
});
