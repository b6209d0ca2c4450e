import { casesOf } from "./cases.ts";
import type { Gateway } from "./gateways/gateway.ts";
import type { LoadGenerator } from "./load/generator.ts";
import type { Outcome, Shot } from "./load/protocol.ts";
import { rssMb } from "./proc.ts";
import { median, type Point, slope } from "./statistics.ts";

export const memoryLimitMb = 250;

/** Growth allowed between the second and the last fifth of the run: less than a leak of 100 bytes per call, more than the collector's swing. */
export const growthLimitMb = 16;

export interface MemoryRun {
  readonly outcome: Outcome;
  readonly samples: readonly Point[];
  readonly peakMb: number;
  /** Last fifth over second fifth, medians. */
  readonly growthMb: number;
  /** Over the last four fifths. */
  readonly slopeMbPer100k: number;
}

/** Of twenty calls: two whole streams, two streams left after their first bytes, one of 100 KB, relayed and translated. */
export function mixedShots(gateway: Gateway): readonly Shot[] {
  const shot = (group: Parameters<typeof casesOf>[0], size: 0 | 1, abort = false): Shot => {
    const subject = casesOf(group, 1)[size];
    const made = subject === undefined ? { skip: "no such case" } : gateway.shot(subject);
    if ("skip" in made) throw new Error(`${gateway.name}: ${made.skip}`);
    return { ...made, abort };
  };
  const relay = shot("relay-json", 0);
  const translate = shot("translate-json", 0);
  return [
    ...[relay, translate, relay, translate, shot("relay-stream", 0)],
    ...[relay, translate, relay, translate, shot("relay-stream", 0, true)],
    ...[relay, translate, relay, translate, shot("translate-stream", 0)],
    ...[relay, translate, relay, shot("relay-json", 1), shot("translate-stream", 0, true)],
  ];
}

export async function runMemory(gateway: Gateway, load: LoadGenerator, calls: number): Promise<MemoryRun> {
  const samples: Point[] = [];
  const job = { origin: gateway.origin, connections: 32, requests: calls, shots: [...mixedShots(gateway)], limitMs: 900_000 };
  const outcome = await load.run(job, (done) => samples.push({ x: done, y: rssMb(gateway.pid) }));
  const between = (from: number, to: number): number =>
    median(samples.filter(({ x }) => x >= from * calls && x < to * calls).map(({ y }) => y));
  return {
    outcome,
    samples,
    peakMb: Math.max(...samples.map(({ y }) => y)),
    growthMb: between(0.8, 1.01) - between(0.2, 0.4),
    slopeMbPer100k: slope(samples.filter(({ x }) => x >= 0.2 * calls)) * 1e5,
  };
}
