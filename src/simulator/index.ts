import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../canonical/ports.ts";
import { Journal } from "./journal.ts";
import type { Pace } from "./plan.ts";
import { Recordings } from "./replay.ts";
import { serve } from "./serve.ts";
import { State } from "./state.ts";
import { loadSpecs } from "./validators/spec.ts";

export type { Fault } from "./faults/fault.ts";
export { faults } from "./faults/index.ts";
export type { Bill, Entry, Journal, Outcome } from "./journal.ts";
export { type ModelRow, models } from "./models.ts";
export type { Pace } from "./plan.ts";

export interface SimulatorOptions {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default: as fast as the peer takes it; with `ms` one event per write. */
  readonly pace?: Partial<Pace> | undefined;
  /** Directory of the official specifications; requests are then checked against them too. */
  readonly specsDir?: string | undefined;
  /** A recorded exchange or a directory of them; served by model `recording:<id>` or header `x-sim-recording`. */
  readonly replay?: string | undefined;
  /** A file that receives every journal entry as one line of JSON when it ends. */
  readonly journalFile?: string | undefined;
  /** Signatures of thoughts depend on it. */
  readonly seed?: string | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** A provider that speaks the wires on a socket: for tests, benchmarks, the first minute, and users' own CI. */
export interface Simulator {
  /** `http://host:port`, without a path: OpenAI clients add `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly journal: Journal;
  /** Ends every connection and gives the port back. */
  close(): Promise<void>;
}

/** Starts a simulator. Rejects where the port is taken, or a directory named in the options is not there. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const journal = new Journal(clock, options.journalFile);
  const ms = options.pace?.ms ?? 0;
  const state = new State({
    pace: { ms, events: options.pace?.events ?? (ms > 0 ? 1 : 0) },
    seed: options.seed ?? "simulator",
    clock,
    journal,
    recordings: options.replay === undefined ? undefined : new Recordings(options.replay),
    specs: options.specsDir === undefined ? undefined : await loadSpecs(options.specsDir),
  });
  const http = createServer(
    { maxHeaderSize: 256 * 1024, keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true },
    (request, response) => serve(request, response, state),
  );
  const sockets = new Set<Socket>();
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port ?? 0, host, resolve);
  });
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    journal,
    async close() {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await journal.close();
    },
  };
}

const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
