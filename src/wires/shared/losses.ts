import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Warning } from "../../canonical/warnings.ts";
import type { Target } from "../wire.ts";

/*
 * A loss has one code whatever API it does not reach: the code says what is lost, the detail why. `<what>_dropped`, `<what>_ignored`
 * for settings and parts, `<what>_approximated` and the like for what is said in another way.
 */

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

  /** Members of a part, message or tool that no specification names, meant for another API. */
  dropUnknown(extra: JsonObject | undefined, at: string, detail: string): void {
    for (const [field, value] of Object.entries(extra ?? {})) {
      if (!isEmpty(value)) this.drop("unknown_field_dropped", `${at}.${field}`, detail);
    }
  }

  /** Which of a body's fields the target's provider refuses: to be taken out. Reported are those that say something. */
  refused(body: { readonly [field: string]: Json | undefined }, { quirks }: Target): readonly string[] {
    const refused = (quirks.drop ?? []).filter((field) => body[field] !== undefined);
    for (const field of refused) {
      if (!isEmpty(body[field])) this.drop(`${field}_dropped`, field, "the provider refuses this field.");
    }
    return refused;
  }
}

/** Null and the empty list say nothing that could be lost. */
export const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
