import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { callerKey, type Front, startFront } from "./front.ts";
import { type Connection, head, open } from "./wire.ts";

/* S5 in CI size: slow in sending heads, in sending bodies, in reading answers; a good caller is served all the while. */

const deadlines = { headersMs: 1500, bodyGraceMs: 1500, writeIdleMs: 1500 };
/** What timers and a busy machine may add. */
const slackMs = 12_000;
const line = "POST /v1/chat/completions HTTP/1.1";
const good = JSON.stringify({ model: "p/m", messages: [] });
const written = (model: string): string => good.replace("p/m", model);
const headers = (length: number): readonly string[] => [
  `Authorization: Bearer ${callerKey}`,
  "Content-Type: application/json",
  `Content-Length: ${length}`,
];

interface Slow {
  readonly name: string;
  readonly count: number;
  readonly deadlineMs: number;
  /** What the cut off hear: a status, or nothing but the end. */
  readonly hears: RegExp | undefined;
  start(connection: Connection): void;
  /** Each 100 ms. */
  drip?(connection: Connection): void;
}

const kinds: readonly Slow[] = [
  {
    name: "heads, byte by byte",
    count: 80,
    deadlineMs: deadlines.headersMs,
    hears: /^HTTP\/1\.1 408 .*did not arrive in time/s,
    start: ({ socket }) => void socket.write(`${line}\r\nHost: localhost\r\nX-Slow: `),
    drip: ({ socket }) => void socket.write("z"),
  },
  {
    name: "bodies, 100 bytes a second",
    count: 80,
    deadlineMs: deadlines.bodyGraceMs,
    hears: /^HTTP\/1\.1 408 .*came too slowly.*512 a second/s,
    start: ({ socket }) => void socket.write(head(line, headers(5000))),
    drip: ({ socket }) => void socket.write("{         "),
  },
  {
    name: "bodies of which nothing comes",
    count: 20,
    deadlineMs: deadlines.bodyGraceMs,
    hears: /^HTTP\/1\.1 408 .*came too slowly: 0 bytes/s,
    start: ({ socket }) => void socket.write(head(line, headers(5000))),
  },
  {
    name: "readers who take nothing",
    count: 20,
    // Once while the sockets on the way still fill up, and once more.
    deadlineMs: 2 * deadlines.writeIdleMs,
    hears: undefined,
    start: ({ socket }) => {
      const body = written("p/long");
      socket.write(head(line, headers(body.length)) + body);
      socket.pause();
    },
  },
];

async function served(front: Front): Promise<number> {
  const started = performance.now();
  const answer = await fetch(`${front.address}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${callerKey}` },
    body: good,
  });
  await answer.arrayBuffer();
  assert.equal(answer.status, 200);
  return performance.now() - started;
}

const quantile = (times: readonly number[], part: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;

describe("S5: slow clients", { timeout: 60_000 }, () => {
  it("are cut off at their deadlines, and cost others nothing they notice", async (t) => {
    const front = await startFront({ limits: { ...deadlines, connectionsPerAddress: 1000 } });
    try {
      const before: number[] = [];
      for (let round = 0; round < 100; round++) before.push(await served(front));
      const started = performance.now();
      let left = 0;
      const cut = kinds.flatMap((kind) =>
        Array.from({ length: kind.count }, async () => {
          left++;
          const connection = open(front.port);
          kind.start(connection);
          const drip = setInterval(() => {
            if (!connection.socket.destroyed) kind.drip?.(connection);
          }, 100);
          const ended = await over(connection, kind);
          clearInterval(drip);
          left--;
          return { kind, ended, ms: performance.now() - started, text: connection.text() };
        }),
      );
      const during: number[] = [];
      while (left > 0 && performance.now() - started < deadlines.headersMs + slackMs && during.length < 3000)
        during.push(await served(front));
      const outcomes = await Promise.all(cut);
      for (const kind of kinds) {
        const own = outcomes.filter((outcome) => outcome.kind === kind);
        const times = own.map(({ ms }) => ms);
        t.diagnostic(
          `S5: ${own.length} ${kind.name}: cut between ${Math.round(quantile(times, 0))} and ${Math.round(quantile(times, 1))} ms (deadline ${kind.deadlineMs})`,
        );
        for (const { ended, ms, text } of own) {
          assert.ok(ended, `${kind.name}: still open`);
          assert.ok(ms >= kind.deadlineMs * 0.9 && ms <= kind.deadlineMs + slackMs, `${kind.name}: cut after ${ms} ms`);
          if (kind.hears !== undefined) assert.match(text, kind.hears);
        }
      }
      t.diagnostic(
        `S5: a good caller: p50 ${quantile(before, 0.5).toFixed(1)} ms alone, ${quantile(during, 0.5).toFixed(1)} ms beside ${outcomes.length} slow ones (${during.length} calls, none failed), p99 ${quantile(before, 0.99).toFixed(1)} and ${quantile(during, 0.99).toFixed(1)} ms`,
      );
      assert.ok(during.length > 50, `${during.length} calls beside them`);
      assert.equal(front.calls.length, 100 + during.length + (kinds.at(-1)?.count ?? 0));
    } finally {
      await front.close();
    }
  });
});

/** A reader who takes nothing learns of the cut only by reading on: its side is looked at after the deadline. */
async function over(connection: Connection, { name, deadlineMs }: Slow): Promise<boolean> {
  if (!name.startsWith("readers")) return connection.ended(deadlineMs + slackMs + 1000);
  await new Promise((resolve) => setTimeout(resolve, deadlineMs + 500));
  connection.socket.resume();
  const ended = await connection.ended(slackMs);
  return ended && connection.text().length < 16 * 1024 * 1024;
}
