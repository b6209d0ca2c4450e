import { parentPort, workerData } from "node:worker_threads";
import type { Kit } from "./cells/cell.ts";
import type { CellName } from "./cells/index.ts";
import { ledgerVerdicts } from "./cells/ledger.ts";
import { startGateway } from "./gateway.ts";
import { judge } from "./judge.ts";
import { load, type Slot } from "./loader.ts";
import { loadJudges } from "./spec.ts";
import { loadSubject } from "./subject.ts";

export interface WorkerSetup {
  readonly root: string;
  readonly specs: string;
  readonly seed: number;
  readonly cuts: number;
  readonly cells: readonly CellName[];
  readonly id: string | undefined;
}

const setup: WorkerSetup = workerData;
const port = parentPort;
if (!port) throw new Error("this file runs as a worker of main.ts");
const kit: Kit = {
  subject: await loadSubject(setup.root),
  judges: await loadJudges(setup.specs),
  seed: setup.seed,
  cuts: setup.cuts,
  gateway: setup.cells.includes("socket") ? await startGateway() : undefined,
};

port.on("message", async (slots: readonly Slot[]) => {
  if (slots.length === 0) {
    if (kit.gateway) {
      const rows = await kit.gateway.books();
      for (const verdict of ledgerVerdicts(kit.gateway.booked, rows)) port.postMessage({ type: "verdict", verdict });
      await kit.gateway.close();
    }
    port.postMessage({ type: "closed" });
    port.close();
    return;
  }
  for (const slot of slots) {
    for (const exchange of load(slot)) {
      if (setup.id !== undefined && !exchange.id.includes(setup.id)) continue;
      if (!kit.subject.wires[exchange.wire]) continue;
      for (const cell of setup.cells) {
        for (const verdict of await judge(exchange, cell, kit)) port.postMessage({ type: "verdict", verdict });
      }
    }
  }
  port.postMessage({ type: "idle" });
});
port.postMessage({ type: "idle" });
