import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../canonical/ports.ts";
import { type Address, type Doors, openDoors } from "./doors.ts";

export interface Drain {
  /** So long calls under way may take to finish, from now. */
  readonly drainMs: number;
  /** So much of it, at its beginning, new calls are still taken, so that a load balancer can notice first. */
  readonly windowMs: number;
  /** Ends what is left at the deadline; gives how many calls that were. What does not end by that is cut off soon after. */
  readonly cut: () => number;
}

/** A server that takes calls. */
export interface Listening {
  /** `http://host:port`, with the port that was really taken. */
  readonly address: string;
  /**
   * Every answer from now on closes its connection; after the window no call is taken, and connections without one are closed.
   * Resolves when nothing is open any more, at the latest shortly after the deadline, with the number of calls that were cut.
   */
  close(drain: Drain): Promise<number>;
}

/** Starts listening. Rejects with Node's error (`EADDRINUSE`, `EACCES` …) when the address cannot be had. */
export async function listen(server: Server, at: Address, clock: Clock): Promise<Listening> {
  const silent = silentConnections(server);
  const doors = await openDoors(server, at);
  const name = at.host.includes(":") ? `[${at.host}]` : at.host;
  return { address: `http://${name}:${doors.port}`, close: (drain) => close(server, doors, silent, drain, clock) };
}

/** Connections on which nothing was asked yet. Node counts them as busy, and forgets their time limits when it closes. */
function silentConnections(server: Server): ReadonlySet<Socket> {
  const silent = new Set<Socket>();
  server.on("connection", (socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  const heard = ({ socket }: IncomingMessage): boolean => silent.delete(socket);
  server.prependListener("request", heard);
  server.prependListener("checkContinue", heard);
  return silent;
}

function close(
  server: Server,
  doors: Doors,
  silent: ReadonlySet<Socket>,
  { drainMs, windowMs, cut }: Drain,
  clock: Clock,
): Promise<number> {
  const openMs = Math.min(windowMs, drainMs);
  server.prependListener("request", (_, response) => {
    // Node says `Connection: close` then, unless the head has been written.
    response.shouldKeepAlive = false;
  });
  return new Promise((resolve) => {
    let wereCut = 0;
    let stopSweep = (): void => {};
    let stopForce = (): void => {};
    let stopSilent = (): void => {};
    const stopDeadline = clock.after(drainMs, () => {
      wereCut = cut();
      stopForce = clock.after(lastWordsMs, () => server.closeAllConnections());
    });
    // A connection whose last call has ended falls idle only then, and would stay open for its keep-alive time.
    const sweep = (): void => {
      server.closeIdleConnections();
      stopSweep = clock.after(sweepMs, sweep);
    };
    const shut = (): void => {
      void doors.close().then(() => {
        stopDeadline();
        stopForce();
        stopSilent();
        stopSweep();
        resolve(wereCut);
      });
      sweep();
      stopSilent = clock.after(lastWordsMs, () => {
        for (const socket of silent) socket.destroy();
      });
    };
    if (openMs === 0) shut();
    else clock.after(openMs, shut);
  });
}

/** How often connections that have fallen idle are closed while the server drains. */
const sweepMs = 50;
/** For calls that were ended at the deadline to tell their callers so, and for a connection's first request to arrive. */
const lastWordsMs = 500;
