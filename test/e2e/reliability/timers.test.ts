import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { ask, bodyOf, type CallerWire, callerWires, canaries, type Heard, providers } from "./ask.ts";
import { startGuardedStack } from "./guarded-stack.ts";
import { chunk, head, type RawRequest, sse, startRawUpstream } from "./raw-upstream.ts";
import { streamOf } from "./streams.ts";
import { readError, readStream } from "./verdict.ts";

/* The four timers, each by its line in polygate.yaml, each the only short one. */

const legs = callerWires.flatMap((caller) => providers.map((provider) => ({ caller, provider })));

async function withTimers(
  yaml: string,
  upstreamUrl: string,
  work: (call: (caller: CallerWire, model: string, stream: boolean) => Promise<Heard>) => Promise<void>,
): Promise<void> {
  const stack = await startGuardedStack({ upstream: upstreamUrl, yaml: `timeouts: { ${yaml} }` });
  try {
    await work((caller, model, stream) => ask(stack.address, caller, bodyOf(caller, model, stream), { key: canaries.key }));
  } finally {
    await stack.close();
  }
}

async function withSilence(
  serve: (request: RawRequest) => void,
  yaml: string,
  work: Parameters<typeof withTimers>[2],
): Promise<void> {
  const upstream = await startRawUpstream(serve);
  try {
    await withTimers(yaml, upstream.url, work);
  } finally {
    await upstream.close();
  }
}

/** Answers as far as `events` say, then goes silent (`drip`: with a sign of life every 50 ms). */
const silentAfter =
  (events: (preamble: number) => number, drip = false) =>
  ({ socket, path }: RawRequest): void => {
    const { frames, preamble } = streamOf(path);
    const count = events(preamble);
    if (count < 0) return;
    socket.write(Buffer.concat([Buffer.from(head(200, sse)), ...frames.slice(0, count).map(chunk)]));
    if (!drip) return;
    const content = chunk(frames[preamble] ?? "");
    const timer = setInterval(() => socket.write(content), 50);
    socket.on("close", () => clearInterval(timer));
  };

describe("#29: timers", { timeout: 120_000 }, () => {
  test("connect: nobody takes the connection", async (t) => {
    const full = await fullPort();
    try {
      await withTimers("connect: 300ms, total: 20s", `http://127.0.0.1:${full.port}`, async (call) => {
        const answers = await Promise.all(legs.map(({ caller, provider }) => call(caller, `${provider}/x`, true)));
        for (const [i, answer] of answers.entries()) {
          assert.equal(answer.status, 504, answer.text);
          assert.match(readError(legs[i]?.caller ?? "openai", answer), /connection/i);
          assert.equal(answer.headers["x-polygate-attempts"], "3");
          assert.ok(answer.ms >= 900 && answer.ms < 4000, `${answer.ms} ms`);
        }
        t.diagnostic(`3 attempts of 300 ms each: ${answers.map(({ ms }) => ms.toFixed(0)).join(", ")} ms`);
      });
    } finally {
      await full.close();
    }
  });

  for (const [what, events] of [
    ["no headers", () => -1],
    ["no content after the preamble", (preamble: number) => preamble],
  ] as const) {
    test(`first_token: ${what}`, async (t) => {
      await withSilence(silentAfter(events), "first_token: 250ms, total: 20s", async (call) => {
        const answers = await Promise.all(legs.map(({ caller, provider }) => call(caller, `${provider}/x`, true)));
        for (const [i, answer] of answers.entries()) {
          assert.equal(answer.status, 504, answer.text);
          readError(legs[i]?.caller ?? "openai", answer);
          assert.equal(answer.headers["x-polygate-attempts"], "3");
          assert.ok(answer.ms >= 750 && answer.ms < 4000, `${answer.ms} ms`);
        }
        t.diagnostic(`3 attempts of 250 ms each: ${answers.map(({ ms }) => ms.toFixed(0)).join(", ")} ms`);
      });
    });
  }

  test("between_chunks: silence in the middle of an answer", async (t) => {
    await withSilence(
      silentAfter((preamble) => preamble + 1),
      "between_chunks: 250ms, total: 20s",
      async (call) => {
        const answers = await Promise.all(legs.map(({ caller, provider }) => call(caller, `${provider}/x`, true)));
        for (const [i, answer] of answers.entries()) {
          assert.equal(answer.status, 200);
          const verdict = readStream(legs[i]?.caller ?? "openai", answer.text);
          assert.equal(verdict.errors.length, 1, answer.text);
          assert.equal(verdict.cleanEnds, 0);
          assert.ok(answer.ms >= 250 && answer.ms < 2500, `${answer.ms} ms`);
        }
        t.diagnostic(`cut after ${answers.map(({ ms }) => ms.toFixed(0)).join(", ")} ms`);
      },
    );
  });

  test("total: an answer that never ends", async (t) => {
    await withSilence(
      silentAfter((preamble) => preamble + 1, true),
      "total: 800ms",
      async (call) => {
        const answers = await Promise.all(
          legs.flatMap(({ caller, provider }) =>
            [true, false].map(async (stream) => ({ caller, stream, answer: await call(caller, `${provider}/x`, stream) })),
          ),
        );
        for (const { caller, stream, answer } of answers) {
          if (stream) {
            assert.equal(answer.status, 200);
            assert.equal(readStream(caller, answer.text).errors.length, 1, answer.text);
          } else {
            assert.equal(answer.status, 504, answer.text);
            readError(caller, answer);
          }
          assert.ok(answer.ms >= 780 && answer.ms < 3000, `${answer.ms} ms`);
        }
        t.diagnostic(`cut after ${answers.map(({ answer }) => answer.ms.toFixed(0)).join(", ")} ms`);
      },
    );
  });
});

/** A port whose queue of connections is full, so that further ones are neither taken nor refused. */
async function fullPort(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
     });`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  // The worker stands still from here on: it takes nobody any more.
  await sleep(150);
  const fillers: Socket[] = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await sleep(100);
  return {
    port,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
