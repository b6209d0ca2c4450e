import assert from "node:assert/strict";
import type { ChatChunk } from "../../src/canonical/chat.ts";
import type { Terminal } from "../../src/canonical/terminal.ts";
import { pieces } from "./cells/cuts.ts";
import type { Exchange, WireName } from "./loader.ts";
import { mutate } from "./mutator.ts";
import { hash, naiveEvents, seeded } from "./sse.ts";
import { decodeAsked, decoderFor, otherWires, relayOf, type Subject } from "./subject.ts";
import { wireJudges } from "./wires/index.ts";

/** A stream served from a damaged one: relayed, or translated to a wire. */
export type How = "relayed" | WireName;

/** One run, the same whenever it is drawn: its exchange, its round and the seed are all it depends on. */
export interface DamagedRun {
  readonly exchange: Exchange;
  readonly how: How;
  readonly bytes: Uint8Array;
  readonly reads: readonly Uint8Array[];
}

export interface Outcome {
  /** Of the run, for counting: the one terminal, or why there were not exactly one. */
  readonly terminals: readonly string[];
  /** What is wrong, one sentence each. */
  readonly faults: readonly string[];
  /** Longest stay on the event loop for one read, in milliseconds per 64 KB of input (of at least 64 KB). */
  readonly slowest: number;
}

/** What a damaged stream did not say cannot be served either. */
const notOurs = /without (id|name|data)/;

/** What this thread has computed so far: a busy machine does not count. Milliseconds. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

export function draw(subject: Subject, exchange: Exchange, round: number, seed: number): DamagedRun {
  const random = seeded(hash(`${seed} ${exchange.id} ${round}`));
  const others = otherWires(subject, exchange.wire);
  const how = random() < 0.5 ? "relayed" : (others[Math.floor(random() * others.length)] ?? "relayed");
  const bytes = mutate(new TextEncoder().encode(exchange.stream), random);
  return { exchange, how, bytes, reads: pieces(bytes, random, Math.floor(random() * 6)) };
}

/** The run's stream through the gateway's own stream classes, and what it broke of the rules. */
export async function play(subject: Subject, { exchange, how, reads }: DamagedRun): Promise<Outcome> {
  const terminals: string[] = [];
  let slowest = 0;
  let at = 0;
  let began = cpuMs();
  const settle = (bytes: number): void => {
    slowest = Math.max(slowest, ((cpuMs() - began) * 65_536) / Math.max(65_536, bytes));
  };
  const reader = {
    read: () => {
      began = cpuMs();
      return Promise.resolve(reads[at++]);
    },
    cancel: () => {},
  };
  const note = (terminal: Terminal): void => void terminals.push(terminal.kind);
  const passing =
    how === "relayed"
      ? subject.relayed(reader, relayOf(subject, exchange).relay, () => decoderFor(subject, exchange), note)
      : subject.translated(reader, decoderFor(subject, exchange), note);
  try {
    await passing.open();
  } catch (error) {
    settle(reads[at - 1]?.length ?? 0);
    assert.equal(error instanceof Error && error.name, "GatewayError", `open() rejected with ${String(error)}`);
    return judged([...terminals, "failed before content"], [], slowest);
  }
  const wire = how === "relayed" ? exchange.wire : how;
  const encoder = decodeAsked(subject, wire, true).encoder({ id: "call-1", createdAt: 1, model: "m" });
  let served = "";
  const write = (chunks: readonly ChatChunk[]): void => {
    for (const chunk of chunks) served += subject.encodeEvents(encoder.push(chunk));
  };
  for (let steps = 0; ; steps++) {
    assert.ok(steps <= reads.length + 10, "the stream does not come to an end");
    const step = await passing.next();
    settle(reads[at - 1]?.length ?? 0);
    if (step.done === true) {
      if (how === "relayed") return judged(terminals, [], slowest);
      served += subject.encodeEvents(encoder.end(step.value));
      const { order } = wireJudges[how];
      const faults = order(naiveEvents(served), { complete: step.value.kind === "finished", brokenArgs: true });
      return judged(terminals, faults, slowest);
    }
    for (const item of step.value) {
      if (how === "relayed") item.chunks();
      else write(item.chunks());
    }
  }
}

function judged(terminals: readonly string[], faults: readonly string[], slowest: number): Outcome {
  const ours = [...new Set(faults.filter((fault) => !notOurs.test(fault)))];
  if (terminals.length !== 1) ours.push(`terminals: ${terminals.join(", ") || "none"}`);
  return { terminals, faults: ours, slowest };
}
