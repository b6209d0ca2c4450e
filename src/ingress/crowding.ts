import type { Server } from "node:http";
import type { Socket } from "node:net";
import { GatewayError } from "../canonical/error.ts";
import { addressGroup } from "./addresses.ts";

/** Lets one address have `limit` connections at a time; what comes past it is given to `refuse`. */
export function capConnections(server: Server, limit: number, refuse: (socket: Socket, error: GatewayError) => void): void {
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return;
    const address = addressGroup(remoteAddress);
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count <= limit) return;
    refuse(socket, crowded(limit));
  });
}

const crowded = (limit: number): GatewayError =>
  new GatewayError(
    "gateway_overloaded",
    `Your address has ${limit} connections open, as many as one may. Use them again, or have the operator raise limits.connections_per_address.`,
    { retryAfterMs: 1000 },
  );
