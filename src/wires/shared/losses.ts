import { GatewayError } from "../../canonical/error.ts";
import type { Json } from "../../canonical/json.ts";
import type { Warning } from "../../canonical/warnings.ts";

/** Keeps account of what of a request does not reach the provider as it was asked. */
export class Losses {
  readonly warnings: Warning[] = [];
  readonly #strict: boolean;
  readonly #said = new Set<string>();

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /** Left out altogether. Throws `unsupported` naming the place where the target is strict. */
  drop(code: string, at: string, detail: string): void {
    if (this.#strict) {
      throw new GatewayError("unsupported", `The provider of this model cannot take \`${at}\`: ${detail}`, { param: at });
    }
    this.warnings.push({ kind: "dropped", code, at, detail });
  }

  /** Said in another way that is near to what was meant. */
  approximate(code: string, at: string, detail: string): void {
    this.warnings.push({ kind: "approximated", code, at, detail });
  }

  /** Asked for in other words, as the API has none of its own for it. */
  emulate(code: string, at: string, detail: string): void {
    this.warnings.push({ kind: "emulated", code, at, detail });
  }

  /** Mended, as the provider would have refused it. */
  repair(code: string, at: string, detail: string): void {
    this.warnings.push({ kind: "repaired", code, at, detail });
  }

  /** A hint without bearing on the answer's content was not followed; reported at its first place only. */
  ignore(code: string, at: string, detail: string): void {
    if (this.#said.has(code)) return;
    this.#said.add(code);
    this.warnings.push({ kind: "ignored", code, at, detail });
  }
}

/** Null and the empty list say nothing that could be lost. */
export const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
