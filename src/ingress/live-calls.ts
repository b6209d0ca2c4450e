import { AsyncLocalStorage } from "node:async_hooks";
import type { ServerResponse } from "node:http";
import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";

/** A call that has no whole answer yet. */
export interface LiveCall {
  readonly id: string;
  /** Aborted with the GatewayError that the call then ends with; without a reason where its caller went away. */
  readonly abort: AbortController;
  readonly response: ServerResponse;
}

/**
 * What a piece of code runs for. Connections to providers and timers are made in the course of one call and outlive it: through
 * this they hold nothing of it once it is over.
 */
interface Scope {
  call: LiveCall | undefined;
}

/** So long a call has to end in order after it was made to fail. */
const orderlyMs = 250;

/** The calls under way, so that they can be ended together; and which of them a piece of code runs for. */
export class LiveCalls {
  readonly #calls = new Set<LiveCall>();
  readonly #scope = new AsyncLocalStorage<Scope>();

  get size(): number {
    return this.#calls.size;
  }

  /** Counts the call until its response is closed. */
  begin(id: string, response: ServerResponse): LiveCall {
    const call: LiveCall = { id, response, abort: new AbortController() };
    this.#calls.add(call);
    response.once("close", () => {
      this.#calls.delete(call);
      if (!response.writableFinished) call.abort.abort();
    });
    return call;
  }

  /** Runs `work` so that whatever it causes, however late, is known to be the call's. */
  run<T>(call: LiveCall, work: () => T): T {
    const scope: Scope = { call };
    call.response.once("close", () => {
      scope.call = undefined;
    });
    return this.#scope.run(scope, work);
  }

  /** Ends every call with the error, in its wire's words. Gives how many there were. */
  cut(error: GatewayError): number {
    const cut = [...this.#calls].filter(({ response }) => !response.writableEnded);
    for (const { abort } of cut) abort.abort(error);
    return cut.length;
  }

  /**
   * Something was thrown where nobody caught it. The call it was done for fails, and is cut off if it does not end in order.
   * Gives that call's id; undefined where it was done for none.
   */
  fail(thrown: unknown, clock: Pick<Clock, "after">): string | undefined {
    const call = this.#scope.getStore()?.call;
    if (call === undefined || !this.#calls.has(call)) return undefined;
    const message = "The gateway failed while handling this call. The operator finds the cause in its log.";
    call.abort.abort(new GatewayError("internal", message, { cause: thrown }));
    clock.after(orderlyMs, () => {
      if (!call.response.writableEnded) call.response.destroy();
    });
    return call.id;
  }
}
