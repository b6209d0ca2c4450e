import type { Call, CallRecord } from "../../canonical/call.ts";
import type { Operation } from "../../canonical/operations.ts";
import type { Handler, Reply, Step } from "../../canonical/reply.ts";
import { finished, limited, type Terminal } from "../../canonical/terminal.ts";
import type { Warnings } from "../../canonical/warnings.ts";
import { InputGuard, type Passed } from "./input.ts";
import { Lanes } from "./lanes.ts";
import type { Masks } from "./masks.ts";
import { failed, warn, warnOfCut } from "./report.ts";
import type { GuardOptions } from "./rules.ts";
import { type Scanner, scannersOf } from "./scanner.ts";
import { guardStream } from "./stream-output.ts";
import { guardWhole } from "./whole-output.ts";

export interface GuardPorts {
  /** Told of guards that failed. */
  readonly onTrouble: (message: string) => void;
}

/**
 * Looks through what goes to providers and what comes back, by the operator's rules: flags, takes out, masks or refuses. A request
 * that is changed is translated, never relayed, and so is a stream that may have to be. What a guard cannot look at, because it
 * failed, is refused. Rules are compiled once; where none is on the step is not there.
 */
export function guard(options: GuardOptions, ports: GuardPorts): Step {
  const scanners = scannersOf(options);
  const input = new InputGuard(scanners.input, options);
  const output = new OutputGuard(scanners.output, options.output.maxCharacters, ports);
  if (input.idle && output.idle) return (next) => next;
  return (next) => (call) => {
    let passed: Passed<typeof call.operation>;
    try {
      passed = input.pass(call);
    } catch (thrown) {
      return Promise.reject(failed(thrown, ports.onTrouble));
    }
    return answered(passed, next, output);
  };
}

function answered<Op extends Operation>({ call, masks }: Passed<Op>, next: Handler, output: OutputGuard): Promise<Reply<Op>> {
  if (output.idle && masks === undefined) return next(call);
  // Nothing that lives as long as the reply may hold the call.
  const { warnings, record } = call;
  const told = { masks, warnings, json: call.output !== undefined };
  if (call.stream) return next(call).then((reply) => output.pass(reply, { ...told, onCut: () => {} }));
  return whole(next, call, record, (reply, onCut) => output.pass(reply, { ...told, onCut }));
}

/** The books of a whole answer are written when it is as its caller gets it: with what was found, and whether it was cut. */
async function whole<Op extends Operation>(
  next: Handler,
  call: Call<Op>,
  record: CallRecord,
  pass: (reply: Reply<Op>, onCut: () => void) => Reply<Op>,
): Promise<Reply<Op>> {
  const owed: ((terminal: Terminal) => void)[] = [];
  let terminal = finished;
  record.postpone = (book) => owed.push(book);
  try {
    return pass(await next(call), () => {
      terminal = limited;
    });
  } finally {
    record.postpone = undefined;
    for (const book of owed) book(terminal);
  }
}

interface Told {
  readonly masks: Masks | undefined;
  readonly warnings: Warnings;
  /** The answer is to be JSON. */
  readonly json: boolean;
  readonly onCut: () => void;
}

class OutputGuard {
  readonly #scanner: Scanner;
  readonly #most: number;
  readonly #ports: GuardPorts;

  constructor(scanner: Scanner, most: number | undefined, ports: GuardPorts) {
    this.#scanner = scanner;
    this.#most = most ?? Number.POSITIVE_INFINITY;
    this.#ports = ports;
  }

  get idle(): boolean {
    return this.#scanner.idle && this.#most === Number.POSITIVE_INFINITY;
  }

  pass<Op extends Operation>(reply: Reply<Op>, { masks, warnings, json, onCut: cut }: Told): Reply<Op> {
    const onCut = (): void => {
      warnOfCut(warnings, this.#most);
      cut();
    };
    const lanes = new Lanes({
      scanner: this.#scanner,
      masks,
      json,
      note: (finding, choice) => warn(warnings, finding, `choices[${choice}]`),
    });
    const fail = (thrown: unknown) => failed(thrown, this.#ports.onTrouble);
    if (reply.stream) {
      const rewrites = this.#scanner.rewrites || masks !== undefined || this.#most !== Number.POSITIVE_INFINITY;
      return guardStream(reply, { lanes, most: this.#most, onCut, rewrites, failed: fail });
    }
    try {
      return guardWhole(reply, lanes, this.#most, onCut);
    } catch (thrown) {
      throw fail(thrown);
    }
  }
}
