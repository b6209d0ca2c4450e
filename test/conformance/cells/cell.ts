import type { LiveGateway } from "../gateway.ts";
import type { Diff } from "../json.ts";
import type { Exchange, WireName } from "../loader.ts";
import type { Judges } from "../spec.ts";
import type { Subject } from "../subject.ts";

export interface Kit {
  readonly subject: Subject;
  /** Absent where the specifications are not at hand. */
  readonly judges: Judges | undefined;
  readonly seed: number;
  /** Ways in which streams are cut; the mutation run takes fewer. */
  readonly cuts: number;
  /** Absent where no gateway is run. */
  readonly gateway?: LiveGateway | undefined;
}

/** Judges one exchange. undefined: the cell does not apply to it. Throwing counts as a failure. */
export type Cell = (exchange: Exchange, kit: Kit) => readonly Diff[] | undefined | Promise<readonly Diff[] | undefined>;

/** Judges one exchange on its way to one wire. */
export type TargetCell = (
  exchange: Exchange,
  kit: Kit,
  target: WireName,
) => readonly Diff[] | undefined | Promise<readonly Diff[] | undefined>;

/** Name and message of whatever was thrown, without relying on its class (a mutated copy has its own). */
export function thrown(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof Error) {
    const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
    return { code, message: error.message };
  }
  return { code: "not an Error", message: String(error) };
}
