import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallRecord } from "../canonical/call.ts";
import type { Warnings } from "../canonical/warnings.ts";
import type { Wire } from "../wires/wire.ts";
import type { Serving } from "./options.ts";

/** One request being answered: what its error replies and headers need. */
export interface Exchange {
  readonly id: string;
  readonly serving: Serving;
  readonly startedAt: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: CallRecord;
  /** The caller's wire, once its route is known. */
  wire: Wire | undefined;
  warnings: Warnings;
  /** The caller does not want to be told of losses. */
  quiet: boolean;
  /** Where the request ends can be told: until then a refusal closes its connection. */
  sound: boolean;
  /** For a 405: the methods that would do. */
  allow: string | undefined;
  /** Of the request, as long as it counts against the budget. */
  bodyBytes: number;
  /** Of the heap, for what was read of it; as long. */
  bodyHeapBytes: number;
}
