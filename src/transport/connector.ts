import { isIP, type Socket } from "node:net";
import { buildConnector } from "undici";
import type { Clock } from "../canonical/ports.ts";
import { bareHost, type EgressPolicy, portOf, type Refusal } from "./egress.ts";
import { type Address, type Egress, type Network, systemNetwork } from "./network.ts";

/** An address that the configuration does not allow: nothing was sent to it. */
export class EgressRefused extends Error {
  override readonly name = "EgressRefused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

class ConnectTimeout extends Error {
  readonly code = "UND_ERR_CONNECT_TIMEOUT";
}

/** What gives up a connection that is being made. */
export type GiveUp = (why: Error) => void;

/**
 * Makes undici's connections. A name is resolved here, every address is judged, and those that are allowed are connected to as
 * they are: nobody asks for the name again. What was connected to in the end is judged once more before a byte is written.
 *
 * @param underWay holds what gives up each connection that is being made, for as long as it is
 */
export function guardedConnector(
  egress: Egress,
  clock: Clock,
  timeoutMs: number,
  underWay: Set<GiveUp> = new Set(),
): buildConnector.connector {
  const { network = systemNetwork, onRefused } = egress;
  const secure = buildConnector({ allowH2: false, timeout: timeoutMs });
  return (target, callback) => {
    const host = bareHost(target.hostname);
    const port = portOf(target);
    const policy = egress.policy();
    let socket: Socket | undefined;
    let over = false;
    const fail = (error: Error): void => {
      if (over) return;
      done();
      socket?.destroy();
      if (error instanceof EgressRefused) onRefused?.(error.refusal.explanation);
      callback(error, null);
    };
    const done = (): void => {
      over = true;
      stop();
      underWay.delete(fail);
    };
    underWay.add(fail);
    const stop = clock.after(timeoutMs, () => fail(new ConnectTimeout(`no connection within ${timeoutMs} ms`)));
    const connected = (): void => {
      if (over || socket === undefined) return;
      const refusal = policy.refusal(host, port, socket.remoteAddress ?? "");
      if (refusal !== undefined) {
        fail(new EgressRefused(refusal));
        return;
      }
      done();
      socket.off("error", fail);
      if (target.protocol === "https:") secure({ ...target, httpSocket: socket }, callback);
      else callback(null, socket);
    };
    const dial = (addresses: readonly Address[]): void => {
      if (over) return;
      socket = network.dial({ host, port, addresses });
      socket.on("error", fail).once("connect", connected);
    };
    allowed(host, port, { policy, network })
      .then(dial)
      .catch((thrown: unknown) => {
        fail(thrown instanceof Error ? thrown : new Error("the name cannot be resolved", { cause: thrown }));
      });
  };
}

/** Those of the host's addresses that may be connected to. Throws EgressRefused where there are only others. */
async function allowed(
  host: string,
  port: number,
  { policy, network }: { readonly policy: EgressPolicy; readonly network: Network },
): Promise<readonly Address[]> {
  const family = isIP(host);
  const found = family === 0 ? await network.resolve(host) : [{ address: host, family }];
  let refusal: Refusal | undefined;
  const open = found.filter(({ address }) => {
    const no = policy.refusal(host, port, address);
    refusal ??= no;
    return no === undefined;
  });
  if (open.length === 0 && refusal !== undefined) throw new EgressRefused(refusal);
  return open;
}
