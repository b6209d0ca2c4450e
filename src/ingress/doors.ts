import type { Server } from "node:http";
import { type AddressInfo, createServer, type Server as Door, type ListenOptions, type Socket } from "node:net";

/*
 * Node takes one new connection per listening socket and turn of its event loop. While turns are long because there is much to
 * do, new callers then queue for seconds until the kernel drops them, though they could be served, or at least be told to come
 * back. Several sockets on the same port take as many connections a turn.
 */

const doorCount = 32;
const backlog = 4096;

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Connections at a time. */
  readonly most: number;
  /** This is a worker that is handed its connections by a process which has nothing else to do. */
  readonly handed: boolean;
}

export interface Doors {
  /** The port that was really taken. */
  readonly port: number;
  /** No connection is taken any more; resolves when all that were taken are closed. */
  close(): Promise<void>;
}

/**
 * Has the server take connections at an address, `most` at a time: through several sockets where the system can share a port
 * among them, else through one. What comes past `most` is closed. Rejects with Node's error (`EADDRINUSE`, `EACCES` …) when the address cannot be had.
 */
export async function openDoors(server: Server, { host, port, most, handed }: Address): Promise<Doors> {
  limit(server, most);
  if (handed) return one(server, host, port);
  // Sockets that share a port do not mind who else shares it: whether it is free must be asked for beforehand.
  const taken = await free(host, port);
  try {
    await listening(server, { host, port: taken, backlog, reusePort: true });
  } catch {
    return one(server, host, port);
  }
  const doors: Door[] = [];
  for (let count = 1; count < doorCount; count++) {
    const door = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: 64 * 1024 }, (socket) => {
      server.emit("connection", socket);
    });
    door.on("error", (error) => server.emit("error", error));
    try {
      await listening(door, { host, port: taken, backlog, reusePort: true });
    } catch {
      break;
    }
    doors.push(door);
  }
  return { port: taken, close: async () => void (await Promise.all([server, ...doors].map(closed))) };
}

function limit(server: Server, most: number): void {
  let open = 0;
  server.prependListener("connection", (socket: Socket) => {
    open++;
    socket.once("close", () => open--);
    if (open > most) socket.destroy();
  });
}

async function one(server: Server, host: string, port: number): Promise<Doors> {
  await listening(server, { host, port, backlog });
  return { port: portOf(server), close: () => closed(server) };
}

async function free(host: string, port: number): Promise<number> {
  const asking = createServer();
  await listening(asking, { host, port, exclusive: true });
  const found = portOf(asking);
  await closed(asking);
  return found;
}

function listening(server: Door, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

const closed = (server: Door): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

const portOf = (server: Door): number => {
  const bound: AddressInfo | string | null = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
};
