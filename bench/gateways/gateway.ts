import type { Case } from "../cases.ts";
import type { Shot } from "../load/protocol.ts";
import type { Expectation } from "../load/reply-check.ts";

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
  readonly expect?: Expectation;
}

export function shotFor(subject: Case, { model, headers, expect }: ShotParts): Shot {
  return {
    path: subject.path,
    headers: { "content-type": "application/json", ...headers },
    body: subject.body(model),
    expect: expect ?? subject.expect,
    abort: false,
  };
}
