import type { Server } from "node:http";
import type { Clock } from "../canonical/ports.ts";

/** A server that takes calls. */
export interface Listening {
  /** `http://host:port`, with the port that was really taken. */
  readonly address: string;
  /**
   * Stops taking calls and lets those under way finish for `drainMs`; what is left then is cut off. Resolves when nothing is
   * open any more.
   */
  close(drainMs: number): Promise<void>;
}

/** Starts listening. Rejects with Node's error (`EADDRINUSE`, `EACCES` …) when the address cannot be had. */
export function listen(server: Server, host: string, port: number, clock: Clock): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off("error", reject);
      const bound = server.address();
      const taken = typeof bound === "object" && bound !== null ? bound.port : port;
      const name = host.includes(":") ? `[${host}]` : host;
      resolve({ address: `http://${name}:${taken}`, close: (drainMs) => close(server, drainMs, clock) });
    });
  });
}

function close(server: Server, drainMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = clock.after(drainMs, () => server.closeAllConnections());
    // A connection whose last call has ended falls idle only then, and would stay open for its keep-alive time.
    let stopSweep = (): void => {};
    const sweep = (): void => {
      server.closeIdleConnections();
      stopSweep = clock.after(sweepMs, sweep);
    };
    server.close(() => {
      stopTimer();
      stopSweep();
      resolve();
    });
    sweep();
  });
}

/** How often connections that have fallen idle are closed while the server drains. */
const sweepMs = 50;
