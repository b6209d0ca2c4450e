import type { Operation } from "../../canonical/operations.ts";
import type { Handler, Reply, Step } from "../../canonical/reply.ts";
import type { Warnings } from "../../canonical/warnings.ts";
import { InputGuard, type Passed } from "./input.ts";
import { Lanes } from "./lanes.ts";
import type { Masks } from "./masks.ts";
import { failed, warn } from "./report.ts";
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
  const { warnings } = call;
  const json = call.output !== undefined;
  return next(call).then((reply) => output.pass(reply, { masks, warnings, json }));
}

interface Told {
  readonly masks: Masks | undefined;
  readonly warnings: Warnings;
  /** The answer is to be JSON. */
  readonly json: boolean;
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

  pass<Op extends Operation>(reply: Reply<Op>, { masks, warnings, json }: Told): Reply<Op> {
    const lanes = new Lanes({
      scanner: this.#scanner,
      masks,
      json,
      note: (finding, choice) => warn(warnings, finding, `choices[${choice}]`),
    });
    const fail = (thrown: unknown) => failed(thrown, this.#ports.onTrouble);
    if (reply.stream) {
      const rewrites = this.#scanner.rewrites || masks !== undefined || this.#most !== Number.POSITIVE_INFINITY;
      return guardStream(reply, { lanes, most: this.#most, rewrites, failed: fail });
    }
    try {
      return guardWhole(reply, lanes, this.#most);
    } catch (thrown) {
      throw fail(thrown);
    }
  }
}
