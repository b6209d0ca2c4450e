import { connect, createServer, type Socket } from "node:net";
import type { Clock } from "../../../../src/canonical/ports.ts";

export interface IdleProxy {
  readonly url: string;
  /** Resolves with all the text that has come back through it, once that is more than `known` characters. */
  more(known: number): Promise<string>;
  /** Connections it has cut for their silence. */
  readonly cut: number;
  close(): Promise<void>;
}

/** What stands before many gateways: passes bytes on, and cuts a connection on which nothing has come back for `idleMs`. */
export async function startIdleProxy(target: string, idleMs: number, clock: Clock): Promise<IdleProxy> {
  const { hostname, port } = new URL(target);
  let text = "";
  let cut = 0;
  const waiting: { readonly known: number; readonly resolve: (text: string) => void }[] = [];
  const sockets = new Set<Socket>();
  const look = (): void => {
    for (const one of [...waiting]) {
      if (text.length <= one.known) continue;
      waiting.splice(waiting.indexOf(one), 1);
      one.resolve(text);
    }
  };
  const server = createServer((caller) => {
    const gateway = connect(Number(port), hostname);
    let disarm = (): void => {};
    const arm = (): void => {
      disarm();
      disarm = clock.after(idleMs, () => {
        cut++;
        caller.destroy();
        gateway.destroy();
      });
    };
    for (const socket of [caller, gateway]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        disarm();
        sockets.delete(socket);
        caller.destroy();
        gateway.destroy();
      });
    }
    caller.on("data", (bytes) => gateway.write(bytes));
    gateway.on("data", (bytes) => {
      arm();
      caller.write(bytes);
      text += bytes.toString("latin1");
      look();
    });
    arm();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    more: (known) =>
      new Promise((resolve) => {
        waiting.push({ known, resolve });
        look();
      }),
    get cut() {
      return cut;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
