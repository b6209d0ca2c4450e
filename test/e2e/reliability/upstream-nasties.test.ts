import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts";
import { ask, bodyOf, callerWires, canaries, canaryHits, providers } from "./ask.ts";
import { type ChildStack, type LedgerLine, startChildStack } from "./child-stack.ts";
import { nasties } from "./nasty-upstream.ts";
import { type RawUpstream, startRawUpstream } from "./raw-upstream.ts";
import { readError, readStream } from "./verdict.ts";

/* R27: whatever a provider answers, the caller gets one clean error in its own wire's shape, in time, at a bounded cost. */

/** answer: the reply is good after all. error: 502 or 504. cut: content, then an error event. */
type Fate = "answer" | "error" | "cut";

const simulated: readonly (readonly [fault: string, streamed: Fate | "-", whole: Fate | "-"])[] = [
  ["html-502", "error", "error"],
  ["html-200", "error", "error"],
  ["empty-200", "error", "error"],
  ["204", "error", "error"],
  ["wrong-type", "answer", "answer"],
  ["redirect", "error", "error"],
  ["informational:1000", "error", "error"],
  ["informational:3", "answer", "answer"],
  ["big-header", "error", "error"],
  ["nul-header", "error", "error"],
  ["gzip-bomb:100", "error", "error"],
  ["stacked-encodings", "error", "error"],
  ["endless-line", "error", "error"],
  ["infinite-body", "-", "error"],
  ["drip:40", "error", "error"],
  ["stall-headers", "error", "error"],
  ["split:1", "answer", "answer"],
];

const raw: readonly (readonly [name: string, streamed: Fate | "-", whole: Fate | "-"])[] = [
  ["no-http", "error", "error"],
  ["two-lengths", "error", "error"],
  ["bad-chunk", "error", "error"],
  ["upgrade", "error", "error"],
  ["endless-headers", "error", "error"],
  ["endless-comments", "error", "error"],
  ["endless-preamble", "error", "-"],
  ["endless-content", "cut", "-"],
  ["endless-error", "error", "error"],
  ["junk-events", "error", "error"],
  ["one-byte-events", "answer", "-"],
  ["one-byte-writes", "answer", "answer"],
];

const totalMs = 2500;
const yaml = `timeouts: { connect: 1s, first_token: 1500ms, between_chunks: 800ms, total: ${totalMs}ms }
limits: { reply_bytes: 4mb }`;
/** By the gateway's clock, all attempts of a call together: the callers here read and judge, and are late on a busy machine. */
const mostMs = totalMs + 1500;
/** By the caller's: nothing but an end that never comes takes so long. */
const hangs = 30_000;
const MB = 1024 * 1024;
/** Held at any time: by eight calls at once, each with at most twice the cap, and what else goes with them. */
const mostHeld = (8 * 2 * 4 + 32) * MB;
/** The process: that, and garbage. */
const mostRss = mostHeld + 128 * MB;

function suite(what: string, rows: typeof simulated, upstreamUrl: () => string, modelOf: (name: string) => string): void {
  describe(`R27: ${what}`, { timeout: 120_000 }, () => {
    let stack: ChildStack;
    before(async () => {
      const credentials = { oai: canaries.openaiCredential, ant: canaries.anthropicCredential };
      stack = await startChildStack({ upstream: upstreamUrl(), yaml, key: canaries.key, credentials });
    });
    after(() => stack.close());

    for (const [name, streamed, whole] of rows) {
      test(name, async (t) => {
        const base = await stack.stats();
        const told: string[] = [];
        const calls = new Set<string | undefined>();
        const legs = callerWires.flatMap((caller) =>
          providers.flatMap((provider) =>
            [
              { stream: true, fate: streamed },
              { stream: false, fate: whole },
            ].map((mode) => ({ caller, provider, ...mode })),
          ),
        );
        await Promise.all(
          legs.map(async ({ caller, provider, stream, fate }) => {
            if (fate === "-") return;
            const body = { ...bodyOf(caller, `${provider}/${modelOf(name)}`, stream) };
            const answer = await ask(stack.address, caller, body, { key: canaries.key });
            const says = `${name} ${caller} ${provider} ${stream ? "stream" : "whole"}: ${answer.status} ${answer.text.slice(0, 400)} … ${answer.text.slice(-300)}`;
            assert.equal(answer.ended, "whole", says);
            assert.ok(answer.ms < hangs, `${answer.ms} ms: ${says}`);
            calls.add(answer.headers["x-polygate-call-id"]);
            assert.doesNotMatch(answer.text, /<html|Simulated|ESMTP|eeee/, says);
            told.push(`${answer.status}`);
            if (fate === "error") {
              assert.ok(
                answer.status === 502 || answer.status === 504 || (answer.status === 500 && name === "endless-error"),
                says,
              );
              readError(caller, answer);
            } else if (stream) {
              assert.equal(answer.status, 200, says);
              const verdict = readStream(caller, answer.text);
              assert.ok(verdict.openings <= 1, says);
              assert.equal(verdict.errors.length, fate === "cut" ? 1 : 0, says);
              assert.equal(verdict.cleanEnds, fate === "cut" ? 0 : 1, says);
              if (name === "one-byte-events") assert.match(verdict.content, /^a{30000}/);
            } else assert.equal(answer.status, 200, says);
          }),
        );
        const own = (await stack.ledger()).filter(({ call }) => calls.has(call));
        assert.deepEqual(new Set(own.map(({ call }) => call)), calls, "every call is in the ledger");
        const longest = Math.max(...[...calls].map((id) => spanOf(own.filter(({ call }) => call === id))));
        assert.ok(longest <= mostMs, `a call took ${longest} ms`);
        if (name === "endless-comments" || name === "endless-preamble") {
          assert.ok(
            own.some(({ error }) => error === "bad_reply"),
            "given up for its size, not only for its time",
          );
        }
        const { rssBytes, mostHeldBytes, stallMs } = await stack.stats();
        const [held, grown] = [mostHeldBytes - base.heldBytes, rssBytes - base.rssBytes];
        t.diagnostic(
          `${name}: ${told.length} answers ${[...new Set(told)].sort().join(" ")}; the longest call ${longest.toFixed(0)} ms; held up to ${(held / MB).toFixed(0)} MB; RSS by ${(grown / MB).toFixed(0)} MB; longest stall ${stallMs.toFixed(0)} ms`,
        );
        assert.ok(held <= mostHeld, `held ${held / MB} MB`);
        assert.ok(grown <= mostRss, `RSS grew by ${grown / MB} MB`);
      });
    }

    test("the gateway has survived it all and told no secret", async (t) => {
      const { troubles } = await stack.stats();
      assert.deepEqual(troubles, []);
      const rows = await stack.ledger();
      assert.ok(rows.every(({ terminal }) => /^(?:finished|error|truncated)$/.test(terminal)));
      const { answers, hits } = canaryHits();
      assert.deepEqual(hits, []);
      t.diagnostic(`${rows.length} attempts in the ledger; 0 secrets in ${answers} answers`);
    });
  });
}

const spanOf = (attempts: readonly LedgerLine[]): number =>
  Math.max(...attempts.map(({ endedAt }) => endedAt)) - Math.min(...attempts.map(({ startedAt }) => startedAt));

let simulator: Simulator;
let upstream: RawUpstream;
before(async () => {
  simulator = await startSimulator();
  upstream = await startRawUpstream((request) => nasties[request.model.split(".")[0] ?? ""]?.(request));
});
after(async () => {
  await simulator.close();
  await upstream.close();
});

suite(
  "over a server's own HTTP",
  simulated,
  () => simulator.url,
  (name) => `fault:${name}`,
);
suite(
  "in raw bytes",
  raw,
  () => upstream.url,
  (name) => name,
);
