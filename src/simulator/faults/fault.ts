import type { HeaderBag } from "../../canonical/call.ts";
import type { ErrorKind, Face, UsagePlace } from "../face.ts";
import type { Plan } from "../plan.ts";

/** One thing done to a connection, below HTTP. */
export type Step =
  | {
      readonly do: "send";
      readonly bytes: string | Uint8Array;
      /** The status, where these bytes are the response head. */
      readonly status?: number | undefined;
      /** Events and output tokens delivered once these bytes are. */
      readonly events?: number | undefined;
      readonly outputTokens?: number | undefined;
    }
  | { readonly do: "wait"; readonly ms: number }
  /** Nothing more until the peer goes away. */
  | { readonly do: "hang" }
  | { readonly do: "reset" }
  /** FIN. `early`: before the reply was whole. */
  | { readonly do: "end"; readonly early: boolean };

/** What a fault may know and use. */
export interface FaultContext {
  readonly face: Face;
  readonly stream: boolean;
  /** The request's headers, credentials blanked. */
  readonly headers: HeaderBag;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How often this call's key has been seen, this time included. */
  readonly attempt: () => number;
  /** The proper reply. */
  readonly plan: (usage?: UsagePlace) => Plan;
  /** An error in the wire's own shape. */
  readonly error: (kind: ErrorKind, message: string, retryAfter?: number) => Plan;
  readonly requestId: string;
}

interface FaultRow {
  readonly name: string;
  /** What the text after the name's colon means, with its default. */
  readonly argument?: string | undefined;
  /** One line for `polygate simulate --list`. */
  readonly summary: string;
}

/** A fault that serves another reply over sound HTTP. */
export interface ReplyFault extends FaultRow {
  readonly kind: "reply";
  reply(context: FaultContext, argument: string | undefined): Plan;
}

/** A fault that writes the connection's bytes itself. */
export interface BytesFault extends FaultRow {
  readonly kind: "bytes";
  script(context: FaultContext, argument: string | undefined): Iterable<Step>;
}

export type Fault = ReplyFault | BytesFault;

/** A whole number out of a fault's argument; negative ones are allowed. */
export function numberOf(argument: string | undefined, otherwise: number): number {
  const value = argument === undefined || argument === "" ? Number.NaN : Number(argument);
  return Number.isInteger(value) ? value : otherwise;
}
