import { eventsOf, type Plan, type PlanHeaders } from "../plan.ts";
import type { Step } from "./fault.ts";

/** A response head, spelled out. */
export function head(status: number, headers: PlanHeaders): Step {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return { do: "send", bytes: `HTTP/1.1 ${status} Simulated\r\n${lines.join("")}connection: close\r\n\r\n`, status };
}

export const chunkedHead = (plan: Plan): Step => head(plan.status, { ...plan.headers, "transfer-encoding": "chunked" });

/** One chunk of the chunked transfer coding. */
export const chunk = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);

export const lastChunk: Step = { do: "send", bytes: "0\r\n\r\n" };
export const end: Step = { do: "end", early: false };

/** Head and the first `count` events, chunked; a negative count leaves so many out at the end. */
export function* firstEvents(plan: Plan, count: number): Iterable<Step> {
  yield chunkedHead(plan);
  const events = eventsOf(plan);
  for (const [i, event] of events.slice(0, count < 0 ? Math.max(events.length + count, 0) : count).entries()) {
    yield { do: "send", bytes: chunk(event.bytes), events: i + 1, outputTokens: event.outputTokens };
  }
}

/** The whole body in pieces of the given sizes, each its own chunk, so that a client's parser sees every border. */
export function* inPieces(plan: Plan, sizes: Iterator<number>, waitMs = 0): Iterable<Step> {
  yield chunkedHead(plan);
  const events = eventsOf(plan);
  const body = Buffer.concat(events.map((event) => event.bytes));
  let event = 0;
  let border = events[0]?.bytes.length ?? 0;
  for (let at = 0; at < body.length; ) {
    const next = Math.min(at + Math.max(sizes.next().value ?? body.length, 1), body.length);
    while (event < events.length && border <= next) border += events[++event]?.bytes.length ?? Number.POSITIVE_INFINITY;
    yield {
      do: "send",
      bytes: chunk(body.subarray(at, next)),
      events: event,
      outputTokens: events[event - 1]?.outputTokens ?? 0,
    };
    if (waitMs > 0) yield { do: "wait", ms: waitMs };
    at = next;
  }
  yield lastChunk;
  yield end;
}

export function* repeat(size: number): Iterator<number> {
  for (;;) yield size;
}
