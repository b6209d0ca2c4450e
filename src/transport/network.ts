import { lookup } from "node:dns/promises";
import { connect, type Socket } from "node:net";
import type { EgressPolicy } from "./egress.ts";

/** The addresses of a name, in the order in which they are to be tried. Rejects as `dns.lookup` does (ENOTFOUND …). */
export type Resolve = (host: string) => Promise<readonly Address[]>;

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** What a connection is made to: `host` is only a name for these very addresses, which are tried one after the other. */
export interface Dial {
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly Address[];
}

/** How the outside is reached: the one way out of this process. */
export interface Network {
  readonly resolve: Resolve;
  /** A socket that is connecting. */
  dial(dial: Dial): Socket;
}

/** What is asked of TCP for HTTP/1.1 connections that are kept open. */
const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, highWaterMark: 64 * 1024 };

/** The machine's own resolver and sockets. */
export const systemNetwork: Network = {
  resolve: (host) => lookup(host, { all: true }),
  dial: ({ host, port, addresses }) =>
    connect({
      ...options,
      host,
      port,
      autoSelectFamily: true,
      lookup: (_name, { all }, done) => {
        const [first] = addresses;
        if (all || first === undefined) done(null, [...addresses]);
        else done(null, first.address, first.family);
      },
    }),
};

/** How a transport gets out, and where to. */
export interface Egress {
  /** What is in force; asked for at each connection. */
  readonly policy: () => EgressPolicy;
  /** Default: the machine's. */
  readonly network?: Network | undefined;
  /** Told of what was refused, in words for the operator. */
  readonly onRefused?: ((explanation: string) => void) | undefined;
}
