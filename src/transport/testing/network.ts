import { createConnection } from "node:net";
import { type AddressClass, classify } from "../address.ts";
import { EgressPolicy } from "../egress.ts";
import { type Address, type Egress, type Network, systemNetwork } from "../network.ts";

/** In tests this address of loopback stands for the public internet: whatever listens there is really connected to. */
export const publicAddress = "127.0.0.2";

export const testClassify = (address: string): AddressClass => (address === publicAddress ? "public" : classify(address));

const addresses = (list: readonly string[]): readonly Address[] =>
  list.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

const everywhere = new EgressPolicy({ allow: [], classify: () => "public" });

/** For tests of other things: all of this machine may be connected to. */
export const openEgress: Egress = { policy: () => everywhere };

/** The machine's own sockets and no names at all, so that a test asks nobody outside for any. */
export const offline: Network = {
  resolve: (host) => Promise.reject(Object.assign(new Error(`no such name: ${host}`), { code: "ENOTFOUND" })),
  dial: systemNetwork.dial,
};

/** A resolver of names that a test gives: each asking takes the next of a name's answers, the last one for ever. */
export class TestNetwork implements Network {
  readonly #names = new Map<string, string[][]>();
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  /** Connects elsewhere than it was told to. */
  divert: string | undefined;

  name(host: string, ...answers: readonly (readonly string[])[]): this {
    this.#names.set(
      host,
      answers.map((answer) => [...answer]),
    );
    return this;
  }

  readonly resolve = async (host: string): Promise<readonly Address[]> => {
    this.asked.push(host);
    const answers = this.#names.get(host);
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0];
    if (answer === undefined) throw Object.assign(new Error(`no such name: ${host}`), { code: "ENOTFOUND" });
    return addresses(answer);
  };

  dial(dial: Parameters<Network["dial"]>[0]): ReturnType<Network["dial"]> {
    return this.divert === undefined ? systemNetwork.dial(dial) : createConnection({ host: this.divert, port: dial.port });
  }
}
