import { z } from "zod";
import { expectations } from "./reply-check.ts";

/* What the benchmark and its load generator, a process of its own, say to each other. */

const Shot = z.object({
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  expect: z.enum(expectations),
  /** Go away after the first bytes of the reply. */
  abort: z.boolean(),
});
export type Shot = z.infer<typeof Shot>;

export const Job = z.object({
  origin: z.string(),
  connections: z.number().int().positive(),
  requests: z.number().int().nonnegative(),
  /** Sent in turn. */
  shots: z.array(Shot).min(1),
  /** The job fails, and is over, after this many milliseconds. */
  limitMs: z.number(),
});
export type Job = z.infer<typeof Job>;

export const Outcome = z.object({
  kind: z.literal("outcome"),
  /** Replies that were whole and right; calls that we left, as asked. */
  right: z.number(),
  aborted: z.number(),
  failed: z.number(),
  /** The first few failures, in words. */
  failures: z.array(z.string()),
  seconds: z.number(),
  /** Milliseconds until the last byte, and until the first of the body. Absent where nothing succeeded. */
  p50: z.number().optional(),
  p99: z.number().optional(),
  firstByteP50: z.number().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

/** Sent now and then during a job: requests finished so far. */
export const Progress = z.object({ kind: z.literal("progress"), done: z.number() });

export const Message = z.discriminatedUnion("kind", [Outcome, Progress]);
