/**
 * Something of a call that did not go through as it was asked. Nothing is lost in silence: each shows in the
 * `x-polygate-warnings` header, the ledger entry and the trace.
 */
export interface Warning {
  readonly kind: "dropped" | "approximated" | "emulated" | "repaired" | "ignored";
  /** Short stable name, snake_case, e.g. `cache_control_ignored`. */
  readonly code: string;
  /** Where in the request or reply, e.g. `messages[2].content[0]`. */
  readonly at?: string | undefined;
  readonly detail?: string | undefined;
}

/** A call's warnings, bounded: past the cap they are only counted. */
export class Warnings {
  readonly #list: Warning[] = [];
  #more = 0;

  add(...warnings: readonly Warning[]): void {
    for (const warning of warnings) {
      if (this.#list.length < 64) this.#list.push(warning);
      else this.#more++;
    }
  }

  get list(): readonly Warning[] {
    return this.#list;
  }

  /** How many were left out of `list`. */
  get omitted(): number {
    return this.#more;
  }
}
