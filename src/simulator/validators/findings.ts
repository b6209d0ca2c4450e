import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/** Collects what is wrong with a request, each as `field: sentence`, up to a bound. */
export class Findings {
  readonly list: string[] = [];

  add(at: string, sentence: string): void {
    if (this.list.length < 20) this.list.push(`${at}: ${sentence}`);
  }

  /** Adds the finding unless `holds`; gives `holds` back. */
  want(holds: boolean, at: string, sentence: string): boolean {
    if (!holds) this.add(at, sentence);
    return holds;
  }

  /** An optional number within bounds; null counts as absent. */
  range(body: JsonObject, field: string, least: number, most: number, whole = false): void {
    const value = body[field];
    if (value === undefined || value === null) return;
    const fits = typeof value === "number" && value >= least && value <= most && (!whole || Number.isInteger(value));
    this.want(fits, field, `must be ${whole ? "a whole number" : "a number"} from ${least} to ${most}`);
  }

  /** An object, or undefined with a finding. */
  object(value: Json | undefined, at: string): JsonObject | undefined {
    if (isObject(value)) return value;
    this.add(at, "must be an object");
    return undefined;
  }

  /** An array, or an empty one with a finding. */
  array(value: Json | undefined, at: string): readonly Json[] {
    if (isArray(value)) return value;
    this.add(at, "must be an array");
    return [];
  }
}

export const isText = (value: Json | undefined): value is string => typeof value === "string";
export const isFilled = (value: Json | undefined): value is string => typeof value === "string" && value !== "";
export const given = (value: Json | undefined): boolean => value !== undefined && value !== null;
