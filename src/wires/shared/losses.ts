import type { Json } from "../../canonical/json.ts";
import type { Warning } from "../../canonical/warnings.ts";
import type { Target } from "../wire.ts";

/** Keeps account of what of a request does not reach the provider as it was asked. Whether that is borne is not a codec's to say. */
export class Losses {
  readonly warnings: Warning[] = [];

  /** Left out altogether. */
  drop(code: string, at: string, detail: string): void {
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
    if (this.warnings.some((said) => said.kind === "ignored" && said.code === code)) return;
    this.warnings.push({ kind: "ignored", code, at, detail });
  }

  /** Which of a body's fields the target's provider refuses: to be taken out. Reported are those that say something. */
  refused(body: { readonly [field: string]: Json | undefined }, { quirks }: Target): readonly string[] {
    const refused = (quirks.drop ?? []).filter((field) => body[field] !== undefined);
    for (const field of refused) {
      if (!isEmpty(body[field])) this.drop("field_dropped", field, "the provider refuses this field.");
    }
    return refused;
  }
}

/** Null and the empty list say nothing that could be lost. */
export const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
