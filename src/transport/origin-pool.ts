import { Pool } from "undici";
import type { Clock } from "../canonical/ports.ts";
import { type GiveUp, guardedConnector } from "./connector.ts";
import type { Egress } from "./network.ts";

/** Largest head of a reply, in bytes. */
const HEADER_BYTES = 32 * 1024;

export interface PoolOptions {
  /** Most connections to one origin at a time; further requests wait for one. */
  readonly connections: number;
  /** How long a connection is tried: the ceiling over every request's own `connectMs`. */
  readonly connectMs: number;
  readonly egress: Egress;
  readonly clock: Clock;
}

/** The connections to one origin. HTTP/1.1 with keep-alive; undici's own request timers are off. */
export class OriginPool {
  readonly peer: string;
  readonly dispatcher: Pool;
  /** A connection has just been made, and its first request is being written in this very moment. */
  handingOver = false;
  readonly #underWay = new Set<GiveUp>();

  constructor(origin: string, options: PoolOptions) {
    const url = new URL(origin);
    this.peer = url.port === "" ? `${url.hostname}:${url.protocol === "https:" ? 443 : 80}` : url.host;
    const connect = guardedConnector(options.egress, options.clock, options.connectMs, this.#underWay);
    this.dispatcher = new Pool(origin, {
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEADER_BYTES,
      connect: (target, callback) => {
        connect(target, (...result) => {
          this.handingOver = true;
          try {
            callback(...result);
          } finally {
            this.handingOver = false;
          }
        });
      },
    });
  }

  /** Closes every connection, also those that are being made; requests under way fail. */
  async close(): Promise<void> {
    const closed = this.dispatcher.destroy();
    for (const giveUp of this.#underWay) giveUp(new Error("the transport is closed"));
    await closed;
  }
}
