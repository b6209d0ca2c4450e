import { cpus, totalmem } from "node:os";
import { type Case, targets } from "./cases.ts";
import type { MemoryRun } from "./memory.ts";
import { growthLimitMb, memoryLimitMb } from "./memory.ts";
import type { Measured, Skipped } from "./rounds.ts";
import { median } from "./statistics.ts";
import type { Verdicts } from "./verdicts.ts";

export function printMachine(upstreams: string): void {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  console.log(
    `Node ${process.version}, ${processors.length} x ${processors[0]?.model ?? "processor"}, ${memory}. Upstreams: ${upstreams}.`,
  );
  console.log(
    "CPU is that of the gateway's whole process tree per request, the median of the rounds; the ratio is to the floor in the same round.",
  );
}

export function printCase(subject: Case, results: readonly (Measured | Skipped)[], verdicts: Verdicts): void {
  console.log(
    `\n${subject.name}: ${subject.requests} requests a round, ${subject.connections} connections, ${subject.from} to ${subject.to}`,
  );
  console.log(row("", "CPU µs", "x floor", "(rounds)", "p50 ms", "p99 ms", "req/s", "RSS MB"));
  for (const result of results) {
    if ("skip" in result) console.log(`  ${result.gateway.name.padEnd(10)}skipped: ${result.skip}`);
    else console.log(line(result, subject));
  }
  for (const result of results) {
    if (!("skip" in result)) judge(subject, result, verdicts);
  }
}

function line({ gateway, rounds, cpu, ratio, rssMb }: Measured, subject: Case): string {
  const middle = (of: (round: Measured["rounds"][number]) => number | undefined): number =>
    median(rounds.map((r) => of(r) ?? Number.NaN));
  const spread = rounds.map((round) => round.cpu.toFixed(0)).join(" ");
  const rate = middle(({ outcome }) => subject.requests / outcome.seconds);
  const latency = [middle(({ outcome }) => outcome.p50).toFixed(2), middle(({ outcome }) => outcome.p99).toFixed(2)] as const;
  return row(
    gateway.name,
    cpu.toFixed(1),
    ratio.toFixed(2),
    spread,
    ...latency,
    rate.toFixed(0),
    rssMb.map((mb) => mb.toFixed(0)).join("→"),
  );
}

function row(name: string, ...[cpu, ratio, rounds, p50, p99, rate, rss]: readonly string[]): string {
  const cell = (text: string | undefined, width: number): string => (text ?? "").padStart(width);
  return `  ${name.padEnd(10)}${cell(cpu, 9)}${cell(ratio, 9)}${cell(p50, 9)}${cell(p99, 9)}${cell(rate, 8)}${cell(rss, 11)}   ${rounds ?? ""}`;
}

function judge(subject: Case, { gateway, failures, ratio, requests }: Measured, verdicts: Verdicts): void {
  const failed = failures.length === 0 ? "" : `; first: ${failures[0]}`;
  verdicts.say(failures.length === 0, `${gateway.name}: ${requests} replies, each checked${failed}`);
  if (gateway.name !== "polygate") return;
  const { now, goal } = targets[subject.group];
  verdicts.say(
    ratio <= now,
    `polygate: ${ratio.toFixed(2)}x the floor; at most ${now}x, goal ${goal}x${ratio <= goal ? " (reached)" : ""}`,
  );
}

export function printMemory(gateway: string, { outcome, peakMb, growthMb, slopeMbPer100k }: MemoryRun, verdicts: Verdicts): void {
  const calls = outcome.right + outcome.aborted + outcome.failed;
  console.log(
    `\nmemory: ${gateway}, ${calls} calls, ${outcome.aborted} of them left by the caller, ${outcome.seconds.toFixed(0)} s`,
  );
  verdicts.say(
    outcome.failed === 0,
    `${gateway}: no reply was wrong${outcome.failed === 0 ? "" : `; ${outcome.failed} were: ${outcome.failures[0]}`}`,
  );
  verdicts.say(peakMb < memoryLimitMb, `${gateway}: peak RSS ${peakMb.toFixed(0)} MB; under ${memoryLimitMb} MB`);
  const trend = `${growthMb.toFixed(1)} MB from the second to the last fifth, slope ${slopeMbPer100k.toFixed(1)} MB per 100,000 calls`;
  verdicts.say(growthMb < growthLimitMb, `${gateway}: RSS is flat: ${trend}; under ${growthLimitMb} MB`);
}

export function printLedger(rows: number, sent: number, verdicts: Verdicts): void {
  console.log("\nledger");
  verdicts.say(rows === sent, `polygate: ${rows} rows after ${sent} calls`);
}
