import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "../stack.ts";
import { ask, bodyOf, type CallerWire, callerWires, canaries, providers } from "./ask.ts";
import { startGuardedStack } from "./guarded-stack.ts";
import { chunk, head, type RawRequest, type RawUpstream, sse, startRawUpstream, whole, wholeStream } from "./raw-upstream.ts";
import { streamOf } from "./streams.ts";
import { figures } from "./verdict.ts";

/* R4: a caller who goes away takes the provider's work with it, wherever the call is. */

const phases = ["before-headers", "first-token", "mid-stream", "flood", "whole-reply", "backoff"] as const;
type Phase = (typeof phases)[number];
const perPhase: { readonly [P in Phase]: number } = {
  "before-headers": 20,
  "first-token": 20,
  "mid-stream": 20,
  flood: 12,
  "whole-reply": 16,
  backoff: 12,
};

/** How long the provider may notice it after the caller. Generous: the machine is shared, and a flood keeps this process busy. */
const mostMs = (phase: Phase): number => (phase === "flood" ? 1500 : 500);

interface Visit {
  readonly gone: Promise<number>;
}

describe("R4: the caller goes away", { timeout: 120_000 }, () => {
  let upstream: RawUpstream;
  let stack: Stack;
  const visits = new Map<string, (visit: Visit) => void>();

  const serve = (request: RawRequest): void => {
    const { model, socket, path, gone } = request;
    const phase = model.split(".")[0];
    const stream = streamOf(path);
    if (phase === "first-token") socket.write(Buffer.concat([Buffer.from(head(200, sse)), chunk(stream.frames[0] ?? "")]));
    if (phase === "mid-stream" || phase === "flood") {
      socket.write(Buffer.concat([Buffer.from(head(200, sse)), ...stream.frames.slice(0, stream.preamble + 1).map(chunk)]));
    }
    if (phase === "flood") {
      const block = chunk((stream.frames[stream.preamble] ?? "").repeat(200));
      const pump = (): void => {
        while (!socket.destroyed && socket.write(block));
      };
      socket.on("drain", pump);
      pump();
    }
    if (phase === "whole-reply") socket.write(head(200, { "content-type": "application/json" }) + chunk('{"id":').toString());
    if (phase === "fine") socket.write(wholeStream(stream.frames));
    if (phase === "backoff") socket.write(whole(500, '{"error":{"message":"no"}}'));
    visits.get(model)?.({ gone });
  };

  before(async () => {
    upstream = await startRawUpstream(serve);
    const random = { next: () => 1, hex: (count: number) => crypto.getRandomValues(Buffer.alloc(count)).toString("hex") };
    stack = await startGuardedStack({ upstream: upstream.url, random });
  });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await Promise.all([stack.close(), upstream.close()]);
  };
  after(close);

  /** Gives the milliseconds from the caller's leaving to the provider's seeing it. */
  async function leave(phase: Phase, caller: CallerWire, provider: string, model: string): Promise<number> {
    const visited = new Promise<Visit>((resolve) => visits.set(model, resolve));
    const streaming = phase !== "whole-reply";
    const reached = Promise.withResolvers<() => void>();
    const shown = phase === "mid-stream" || phase === "flood";
    const answer = ask(stack.address, caller, bodyOf(caller, `${provider}/${model}`, streaming), {
      key: canaries.key,
      onRequest: (request) => {
        if (!shown) reached.resolve(() => request.destroy());
      },
      onText: (text, request) => {
        if (text.includes("Hel")) reached.resolve(() => request.destroy());
      },
    }).catch(() => undefined);
    const [go, visit] = await Promise.all([reached.promise, visited]);
    // The wait before the second attempt is 250 ms: by then the first one's answer has been read.
    if (phase === "backoff" || phase === "first-token" || phase === "whole-reply") await sleep(80);
    const left = performance.now();
    go();
    await answer;
    return phase === "backoff" ? 0 : (await visit.gone) - left;
  }

  for (const phase of phases) {
    test(phase, { timeout: 15_000 }, async (t) => {
      const waits: number[] = [];
      const models: string[] = [];
      for (let round = 0; round < perPhase[phase]; round += 4) {
        const legs = callerWires.flatMap((caller) => providers.map((provider) => ({ caller, provider })));
        waits.push(
          ...(await Promise.all(
            legs.map(({ caller, provider }) => {
              const model = `${phase}.${round}.${caller}.${provider}`;
              models.push(model);
              return leave(phase, caller, provider, model);
            }),
          )),
        );
      }
      assert.ok(Math.max(...waits) <= mostMs(phase), figures(waits));
      // Longer than the wait before a second attempt, were one to come.
      await sleep(300);
      const rows = await stack.ledger();
      for (const model of models) {
        assert.equal(upstream.count(model), 1, `${model} was tried again`);
        const own = rows.filter((row) => row.upstream_model === model);
        assert.deepEqual(
          own.map((row) => row.terminal),
          [phase === "backoff" ? "error" : "cancelled"],
          model,
        );
      }
      t.diagnostic(phase === "backoff" ? `${waits.length} calls, none tried again` : `the provider sees it: ${figures(waits)}`);
    });
  }

  test("nothing is left open, and the next call is served", async (t) => {
    const busy = [...upstream.sockets].filter((socket) => !socket.destroyed && socket.writableNeedDrain);
    assert.equal(busy.length, 0);
    // Only connections whose reply was read to its end may be kept: those of the backoff phase.
    assert.ok(upstream.sockets.size <= perPhase.backoff, `${upstream.sockets.size} connections to the provider`);
    const next = await ask(stack.address, "openai", bodyOf("openai", "oai/fine", true), { key: canaries.key });
    assert.equal(next.status, 200);
    await close();
    await setImmediate();
    const left = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap");
    assert.deepEqual(left, []);
    assert.deepEqual(stack.troubles, []);
    t.diagnostic("0 sockets left after closing");
  });
});
