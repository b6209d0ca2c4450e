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
  #followed: { readonly warnings: readonly Warning[] } | undefined;
  #taken = 0;

  add(warning: Warning): void {
    const { kind, code, at } = warning;
    if (this.#list.some((one) => one.code === code && one.at === at && one.kind === kind)) return;
    if (this.#list.length < most) this.#list.push(warning);
    else this.#more++;
  }

  addAll(warnings: readonly Warning[]): void {
    for (const warning of warnings) this.add(warning);
  }

  /** Takes in what somebody finds and goes on finding while the answer is written, whenever `list` is asked for. One at most. */
  follow(source: { readonly warnings: readonly Warning[] }): void {
    this.#followed = source;
    this.#taken = 0;
  }

  get list(): readonly Warning[] {
    const found = this.#followed?.warnings ?? [];
    for (; this.#taken < found.length; this.#taken++) {
      const warning = found[this.#taken];
      if (warning !== undefined) this.add(warning);
    }
    return this.#list;
  }

  /** How many were left out of `list`. */
  get omitted(): number {
    return this.#more;
  }
}
