import type { Call } from "../canonical/call.ts";
import { GatewayError, toGatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Clock, Random } from "../canonical/ports.ts";
import type { Handler, Reply } from "../canonical/reply.ts";
import { TransportError } from "../transport/http-transport.ts";
import { type AttemptDeps, attempt } from "./attempt.ts";
import type { Candidate } from "./candidate.ts";
import { estimated, hasNoEndpoint } from "./estimate.ts";
import { type InlineMedia, inlineMedia } from "./inline-media.ts";
import type { Plan } from "./plan.ts";
import { type RetryPolicy, retryDelay } from "./retry.ts";

export interface DispatchDeps extends AttemptDeps {
  /** What fetches media that callers name by URL, for providers that do not; none: nothing is fetched. */
  readonly media?: InlineMedia | undefined;
  readonly plan: (call: Call) => Plan;
  readonly random: Random;
  readonly retry: RetryPolicy;
}

/**
 * Carries out the plan: attempts, with retries for as long as the caller has seen no content. The only place that retries.
 */
export function dispatch(deps: DispatchDeps): Handler {
  return async <Op extends Operation>(call: Call<Op>): Promise<Reply<Op>> => {
    const { candidates } = deps.plan(call);
    const candidate = candidates[0];
    if (candidate === undefined)
      throw new GatewayError("model_not_found", "No deployment can serve this call.", { param: "model" });
    if (!candidate.endpoint.operations.includes(call.operation)) {
      const reply = estimated(call, candidate.deployment);
      if (reply !== undefined) return reply;
    }
    const inlined = inlineMedia(call, candidate, deps.media, call.deadline - deps.clock.now());
    const asked = inlined instanceof Promise ? await inlined : inlined;
    for (let number = 1; ; number++) {
      try {
        return await attempt(asked, candidate, number, deps);
      } catch (thrown) {
        const error = toGatewayError(thrown);
        if (call.signal.aborted || mayRunOn(call, candidate, error)) throw error;
        const reply = hasNoEndpoint(error) ? estimated(call, candidate.deployment) : undefined;
        if (reply !== undefined) return reply;
        const remainingMs = call.deadline - deps.clock.now();
        const wait = retryDelay(error, { attempts: number, remainingMs }, deps.retry, deps.random);
        if (wait === undefined) throw error;
        call.record.startWaiting(deps.clock.now());
        await pause(wait, call.signal, deps.clock).finally(() => call.record.stopWaiting(deps.clock.now()));
      }
    }
  };
}

/**
 * Whether an answer may be in the making, and billed, though nothing more will be heard of it here: one that is made in the
 * background does not end with its connection. A second attempt would be a second answer.
 */
function mayRunOn(call: Call, { endpoint }: Candidate, error: GatewayError): boolean {
  // Other wires know no background: translated, the answer is made at once.
  if (call.callerWire !== endpoint.wire.name || !isBackground(call)) return false;
  return error instanceof TransportError ? error.requestSent : error.upstream === undefined;
}

function isBackground(call: Call): boolean {
  if (call.source !== undefined) return call.source.json["background"] === true;
  return "background" in call.request && call.request.background === true;
}

/** Resolves after `ms`; rejects at once with `cancelled` when the caller goes away. */
function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      stop();
      const reason: unknown = signal.reason;
      reject(reason instanceof GatewayError ? reason : new GatewayError("cancelled", "The caller went away."));
    };
    const stop = clock.after(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
