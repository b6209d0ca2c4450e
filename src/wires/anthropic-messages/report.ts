import { GatewayError } from "../../canonical/error.ts";
import type { Warning } from "../../canonical/warnings.ts";

/** What an encoder could not say as it was asked. With `strict`, a loss is an error instead of a warning. */
export class Report {
  readonly warnings: Warning[] = [];
  readonly #strict: boolean;
  readonly provider: string;

  constructor(strict: boolean, provider: string) {
    this.#strict = strict;
    this.provider = provider;
  }

  /** `at` is left out of the request. Throws `unsupported` when strict. */
  dropped(code: string, at: string, detail: string): void {
    if (this.#strict) {
      throw new GatewayError(
        "unsupported",
        `\`${at}\` cannot be sent to ${this.provider}: ${detail}. Leave it out, or allow drops.`,
        {
          param: at,
        },
      );
    }
    this.warnings.push({ kind: "dropped", code, at, detail });
  }

  note(kind: "approximated" | "emulated" | "repaired" | "ignored", code: string, at: string, detail: string): void {
    this.warnings.push({ kind, code, at, detail });
  }
}
