import type { Case } from "./cases.ts";
import type { Gateway } from "./gateways/gateway.ts";
import type { LoadGenerator } from "./load/generator.ts";
import type { Job, Outcome, Shot } from "./load/protocol.ts";
import { cpuMicros, rssMb } from "./proc.ts";
import { median } from "./statistics.ts";

export interface Round {
  /** CPU microseconds of the gateway's process tree per request. */
  readonly cpu: number;
  readonly outcome: Outcome;
}

export interface Measured {
  readonly gateway: Gateway;
  readonly rounds: readonly Round[];
  /** Median microseconds of CPU per request; NaN where no round was valid. */
  readonly cpu: number;
  /** Median over the rounds of this gateway's CPU time over the floor's in the same round. */
  readonly ratio: number;
  readonly requests: number;
  readonly failures: readonly string[];
  readonly rssMb: readonly [before: number, after: number];
}

export interface Skipped {
  readonly gateway: Gateway;
  readonly skip: string;
}

interface Taking {
  readonly gateway: Gateway;
  readonly shot: Shot;
  readonly before: number;
  readonly rounds: Round[];
  readonly failures: string[];
}

type Entry = Taking | Skipped;

/** Alternates between the gateways, round by round, the floor first. A round with any failed request is not counted. */
export async function measure(
  subject: Case,
  gateways: readonly Gateway[],
  load: LoadGenerator,
  count: number,
): Promise<readonly (Measured | Skipped)[]> {
  const entries = gateways.map((gateway): Entry => {
    const shot = gateway.shot(subject);
    return "skip" in shot
      ? { gateway, skip: shot.skip }
      : { gateway, shot, before: rssMb(gateway.pid), rounds: [], failures: [] };
  });
  const taking = entries.filter((entry) => "shot" in entry);
  for (const { gateway, shot, failures } of taking) {
    failures.push(...(await load.run(job(subject, gateway, shot, subject.warmup))).failures);
  }
  for (let round = 0; round < count; round++) {
    for (const { gateway, shot, rounds, failures } of taking) {
      const { cpu, outcome } = await once(subject, gateway, shot, load);
      failures.push(...outcome.failures);
      rounds.push({ cpu: outcome.failed === 0 ? cpu : Number.NaN, outcome });
    }
  }
  const floor = taking.find(({ gateway }) => gateway.name === "floor")?.rounds ?? [];
  return entries.map((entry) => {
    if (!("shot" in entry)) return entry;
    const { gateway, rounds, failures, before } = entry;
    const valid = rounds.filter(({ cpu }) => !Number.isNaN(cpu));
    const ratios = rounds.map(({ cpu }, i) => cpu / (floor[i]?.cpu ?? Number.NaN)).filter((ratio) => !Number.isNaN(ratio));
    return {
      gateway,
      rounds,
      failures,
      cpu: median(valid.map(({ cpu }) => cpu)),
      ratio: median(ratios),
      requests: subject.warmup + count * subject.requests,
      rssMb: [before, rssMb(gateway.pid)] as const,
    };
  });
}

function job(subject: Case, gateway: Gateway, shot: Shot, requests: number): Job {
  return { origin: gateway.origin, connections: subject.connections, requests, shots: [shot], limitMs: 120_000 };
}

async function once(subject: Case, gateway: Gateway, shot: Shot, load: LoadGenerator): Promise<Round> {
  const before = cpuMicros(gateway.pid);
  const outcome = await load.run(job(subject, gateway, shot, subject.requests));
  // What is still being written away belongs to these requests.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { cpu: (cpuMicros(gateway.pid) - before) / subject.requests, outcome };
}
