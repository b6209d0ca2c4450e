import { Client } from "undici";
import { quantile } from "../statistics.ts";
import { type Ending, Exchange } from "./exchange.ts";
import { Job, type Outcome } from "./protocol.ts";

/*
 * The load generator. It runs as a process of its own so that its CPU time is nobody else's: one request at a time on each of a fixed number of
 * connections, the next as soon as the last reply was checked. Jobs come and outcomes go over the parent's channel.
 */

const thoroughEvery = 16;

function run(job: Job): Promise<Outcome> {
  const clients = Array.from({ length: job.connections }, () => new Client(job.origin, { bodyTimeout: 0, headersTimeout: 0 }));
  const took: number[] = [];
  const firstByte: number[] = [];
  const failures: string[] = [];
  const ends: Record<Ending["kind"], number> = { right: 0, aborted: 0, failed: 0 };
  const begun = performance.now();
  let sent = 0;
  let over = 0;

  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(limit);
      clearInterval(progress);
      for (const client of clients) client.destroy().catch(() => {});
      const latency =
        took.length === 0 ? {} : { p50: quantile(took, 0.5), p99: quantile(took, 0.99), firstByteP50: quantile(firstByte, 0.5) };
      resolve({ kind: "outcome", ...ends, failures, seconds: (performance.now() - begun) / 1e3, ...latency });
    };
    const giveUp = (): void => {
      failures.unshift(`${job.requests - over} requests without an answer after ${job.limitMs} ms`);
      ends.failed += job.requests - over;
      finish();
    };
    const limit = setTimeout(giveUp, job.limitMs);
    const progress = setInterval(() => process.send?.({ kind: "progress", done: over }), 250);

    const next = (client: Client): void => {
      const shot = job.shots[sent % job.shots.length];
      if (shot === undefined || sent === job.requests) return;
      const exchange = new Exchange(shot, sent % thoroughEvery === 0, (ending, { startedAt, firstByteAt }) => {
        ends[ending.kind]++;
        over++;
        if (ending.kind === "right") {
          took.push(performance.now() - startedAt);
          firstByte.push(firstByteAt - startedAt);
        } else if (ending.kind === "failed" && failures.length < 5) failures.push(ending.why);
        if (over === job.requests) finish();
        else next(client);
      });
      sent++;
      client.dispatch({ method: "POST", path: shot.path, headers: shot.headers, body: shot.body }, exchange);
    };
    for (const client of clients) next(client);
    if (job.requests === 0) finish();
  });
}

process.on("message", (message) => {
  run(Job.parse(message)).then((outcome) => process.send?.(outcome));
});
