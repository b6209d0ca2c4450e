import type { Case } from "../cases.ts";
import type { Shot } from "../load/protocol.ts";
import { benchWires } from "../wires/wire.ts";

/** A gateway under measurement, running. */
export interface Gateway {
  readonly name: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** The root of the process tree whose CPU time and memory count. */
  readonly pid: number;
  /** How a case is put to it; a reason in words where it cannot take it. */
  shot(subject: Case): Shot | { readonly skip: string };
}

export interface ShotParts {
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function shotFor(subject: Case, { model, headers }: ShotParts): Shot {
  const { stream, bytes, expect } = subject;
  const wire = benchWires[subject.from];
  return {
    path: wire.path(model, stream),
    headers: { "content-type": "application/json", ...wire.headers, ...headers },
    body: wire.body({ model, stream, bytes }),
    expect,
    abort: false,
  };
}
