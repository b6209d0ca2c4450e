import type { Call } from "./call.ts";
import type { Operation, Operations } from "./operations.ts";
import type { Terminal } from "./terminal.ts";

/**
 * A piece of a streamed reply. `raw` is one or more whole frames as the provider sent them, present while relaying; `chunks()`
 * decodes on demand, the items in their order. An item without `raw` must be encoded.
 */
export interface StreamItem<Op extends Operation = Operation> {
  readonly raw?: Uint8Array | undefined;
  chunks(): readonly Operations[Op]["chunk"][];
}

/**
 * A streamed reply's items, one batch per network read. Never throws: however the stream ends, `next()` says so with
 * `done: true` and the one terminal. `return()` aborts the upstream.
 */
export interface Batches<Op extends Operation = Operation> {
  next(): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>>;
  return(terminal: Terminal): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>>;
}

export type Reply<Op extends Operation = Operation> =
  | {
      readonly stream: false;
      /** Decoded on first use. */
      readonly result: Operations[Op]["result"];
      /** The body in the caller's own wire, present while relaying. */
      readonly raw?: Uint8Array | undefined;
      /** Of a relayed reply: see `Observed.losable`. */
      readonly losable?: boolean | undefined;
    }
  | {
      readonly stream: true;
      /** True: every item has `raw` in the caller's own wire, its end marker or error event included. */
      readonly relayed: boolean;
      /** Of a relayed reply whose wire has such things: see `Observed.losable`, as far as the stream was given. */
      readonly losable?: (() => boolean) | undefined;
      /**
       * Of a relayed reply, for who goes on with its chunks instead of its frames: what is still owed to the answer once every
       * item has been asked for its chunks and the stream is finished.
       */
      readonly closing?: (() => readonly Operations[Op]["chunk"][]) | undefined;
      readonly batches: Batches<Op>;
    };

/** The one shape of the gateway, an ensemble and dispatch. Rejects with GatewayError. */
export type Handler = <Op extends Operation>(call: Call<Op>) => Promise<Reply<Op>>;

/** A policy. */
export type Step = (next: Handler) => Handler;
