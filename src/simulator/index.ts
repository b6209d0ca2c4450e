import { createServer } from "node:http";
import type { Clock } from "../canonical/ports.ts";
import type { Pace } from "./deliver.ts";
import { Journal } from "./journal.ts";
import { Server } from "./serve.ts";

export interface SimulatorOptions {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default: as fast as the peer takes it. */
  readonly pace?: Partial<Pace> | undefined;
  /** A file that receives every journal entry as one line of JSON when it ends. */
  readonly journalFile?: string | undefined;
  /** Signatures and made-up values depend on it. */
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

/** Starts a simulator. Rejects where the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const journal = new Journal(clock, options.journalFile);
  const ms = options.pace?.ms ?? 0;
  const pace: Pace = { ms, events: options.pace?.events ?? (ms > 0 ? 1 : 0) };
  const server = new Server({ pace, seed: options.seed ?? "simulator", clock, journal });
  const http = createServer(
    { maxHeaderSize: 256 * 1024, keepAliveTimeout: 60_000, requestTimeout: 0, noDelay: true },
    (request, response) => server.handle(request, response),
  );
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
      http.closeAllConnections();
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
