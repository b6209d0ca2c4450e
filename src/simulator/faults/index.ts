import { bodyFaults } from "./body-faults.ts";
import { connectionFaults } from "./connection-faults.ts";
import type { Fault } from "./fault.ts";
import { statusFaults } from "./status-faults.ts";

/** Every fault: asked for by model `fault:<name>[:argument][@model]` or header `x-sim-fault: <name>[:argument]`. */
export const faults: readonly Fault[] = [...statusFaults, ...bodyFaults, ...connectionFaults];

const byName = new Map(faults.map((fault) => [fault.name, fault]));

export interface WantedFault {
  readonly fault: Fault;
  readonly argument: string | undefined;
}

/** Reads `<name>[:argument]`; undefined where there is no such fault. */
export function findFault(text: string): WantedFault | undefined {
  const colon = text.indexOf(":");
  const fault = byName.get(colon < 0 ? text : text.slice(0, colon));
  return fault && { fault, argument: colon < 0 ? undefined : text.slice(colon + 1) };
}
