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

const most = 64;

/** A call's warnings, each once however many attempts found it; bounded: past the cap they are only counted. */
export class Warnings {
  readonly #list: Warning[] = [];
  #more = 0;

  add(warning: Warning): void {
    const { kind, code, at } = warning;
    if (this.#list.some((one) => one.code === code && one.at === at && one.kind === kind)) return;
    if (this.#list.length < most) this.#list.push(warning);
    else this.#more++;
  }

  addAll(warnings: readonly Warning[]): void {
    for (const warning of warnings) this.add(warning);
  }

  get list(): readonly Warning[] {
    return this.#list;
  }

  /** How many were left out of `list`. */
  get omitted(): number {
    return this.#more;
  }
}
