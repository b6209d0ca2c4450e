import type { Call, Caller, CallRecord, Labels, Monotonic, OutputForm, Source } from "../canonical/call.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import { Warnings } from "../canonical/warnings.ts";
import type { DecodedRequest } from "../wires/wire.ts";

/** A call that came over HTTP. Its request is decoded when somebody first asks for it: a relayed call may never be asked. */
export class HttpCall<Op extends Operation> implements Call<Op> {
  readonly id: string;
  readonly operation: Op;
  readonly model: string;
  readonly stream: boolean;
  readonly strict: boolean;
  readonly continues: string | undefined;
  readonly output: OutputForm | undefined;
  readonly callerWire: string;
  readonly source: Source;
  readonly caller: Caller;
  readonly labels: Labels;
  readonly signal: AbortSignal;
  readonly deadline: Monotonic;
  readonly warnings = new Warnings();
  readonly record: CallRecord;
  readonly #decoded: DecodedRequest<Op>;
  #request: Operations[Op]["request"] | undefined;

  constructor(facts: {
    readonly id: string;
    readonly operation: Op;
    readonly decoded: DecodedRequest<Op>;
    readonly strict: boolean;
    readonly source: Source;
    readonly caller: Caller;
    readonly signal: AbortSignal;
    readonly deadline: Monotonic;
    readonly record: CallRecord;
  }) {
    this.id = facts.id;
    this.operation = facts.operation;
    this.model = facts.decoded.model;
    this.stream = facts.decoded.stream;
    this.strict = facts.strict;
    this.continues = facts.decoded.continues;
    this.output = facts.decoded.output;
    this.callerWire = facts.source.wire;
    this.source = facts.source;
    this.caller = facts.caller;
    this.labels = facts.caller.labels;
    this.signal = facts.signal;
    this.deadline = facts.deadline;
    this.record = facts.record;
    this.#decoded = facts.decoded;
  }

  get request(): Operations[Op]["request"] {
    this.#request ??= this.#decoded.request();
    return this.#request;
  }
}
