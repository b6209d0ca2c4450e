import assert from "node:assert/strict";
import { accumulate } from "../../canonical/accumulate.ts";
import type { Call } from "../../canonical/call.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Reply } from "../../canonical/reply.ts";
import { FakeClock } from "../../transport/testing/fake-clock.ts";
import { dispatch } from "../dispatch.ts";
import { planner } from "../plan.ts";
import { retryPolicy } from "../retry.ts";
import { RecordedLog, type ScriptedReply, ScriptedTransport, settled, twoProviders } from "./calls.ts";
import { openaiAnswer } from "./streams.ts";

export const good = openaiAnswer.frames.join("");
export const whole = JSON.stringify({
  id: "c",
  model: "m-1",
  choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
});
export const busy = { status: 503, headers: { "x-request-id": "first" }, reads: ['{"error":{"message":"busy"}}'] };

/** Dispatch with the real codecs, a clock that stands still, replies from a list and a ledger in memory. */
export function rig(replies: readonly ScriptedReply[]) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const transport = new ScriptedTransport(replies);
  const handler = dispatch({
    plan: planner(twoProviders),
    transport,
    log,
    clock,
    random: { next: () => 0.5, hex: () => "" },
    retry: retryPolicy,
    timeouts: { connectMs: 1000, firstTokenMs: 30_000, betweenChunksMs: 5000 },
    replyBytes: 10_000,
  });
  /** Runs the call, moving time on whenever nothing else can happen. */
  const run = async (call: Call<"chat">, stepMs = 125): Promise<Reply<"chat">> => {
    let over = false;
    const reply = handler(call).finally(() => {
      over = true;
    });
    reply.catch(() => {});
    for (let step = 0; step < 40 && !over; step++) {
      await settled();
      if (!over && clock.pending > 0) clock.advance(stepMs);
    }
    return reply;
  };
  return { clock, log, transport, handler, run };
}

/** The error that a call is refused with. */
export async function refusal(reply: Promise<unknown>): Promise<GatewayError> {
  const thrown = await reply.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof GatewayError, String(thrown));
  return thrown;
}

export async function chunksOf(reply: Reply<"chat">) {
  assert.ok(reply.stream);
  const chunks = [];
  for (;;) {
    const step = await reply.batches.next();
    if (step.done === true) return { terminal: step.value.kind, result: accumulate(chunks) };
    for (const item of step.value) chunks.push(...item.chunks());
  }
}
