import { isIP } from "node:net";
import type { Clock } from "../canonical/ports.ts";
import type { Classify } from "../transport/address.ts";
import { CallerUrls } from "../transport/caller-urls.ts";
import { bareHost, EgressPolicy, portOf } from "../transport/egress.ts";
import { PublicFetcher } from "../transport/fetch-public.ts";
import { type Egress, type Network, systemNetwork } from "../transport/network.ts";
import type { ConfiguredProvider } from "./provider.ts";

/** How the outside is reached, and what is taken for it. */
export interface Outside extends Network {
  /** Default: by the registries of special addresses. */
  readonly classify?: Classify | undefined;
}

export interface EgressSettings {
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  /** `egress.allow`. */
  readonly allow: readonly string[];
}

export interface EgressGuardOptions {
  /** Default: the machine's resolver and sockets. */
  readonly outside?: Outside | undefined;
  readonly clock: Clock;
  /** Told of what was refused, in words for the operator. */
  readonly onRefused: (explanation: string) => void;
}

/**
 * The two sets of places that one configuration opens: those of its providers, and those that callers may name. What the
 * operator wrote as a provider's address is no address that callers may name.
 */
export interface WaysOut {
  readonly towardsProviders: EgressPolicy;
  /** Judges URLs that callers name, whoever connects to them. */
  readonly callerUrls: CallerUrls;
  /** Fetches what callers name by URL. */
  readonly fetcher: PublicFetcher;
  /** Whether a provider of that base URL stands on this machine or in a network of one's own. A name that nobody knows does not. */
  isInside(baseUrl: string): Promise<boolean>;
}

/** Makes each configuration's ways out. A call keeps those of the configuration that it came under. */
export class EgressGuard {
  /** For the transport: without a configuration's policy only public addresses are open. */
  readonly publicOnly: Egress;
  readonly #outside: Outside | undefined;
  readonly #clock: Clock;

  constructor({ outside, clock, onRefused }: EgressGuardOptions) {
    this.#outside = outside;
    this.#clock = clock;
    const nothingMore = new EgressPolicy({ allow: [], classify: outside?.classify });
    this.publicOnly = { policy: () => nothingMore, network: outside, onRefused };
  }

  async #isInside(url: URL): Promise<boolean> {
    const policy = this.publicOnly.policy();
    if (policy.refusalOf(url) !== undefined) return true;
    const host = bareHost(url.hostname);
    if (isIP(host) !== 0) return false;
    const { resolve } = this.#outside ?? systemNetwork;
    const found = await resolve(host).catch(() => []);
    return found.some(({ address }) => policy.refusal(host, portOf(url), address) !== undefined);
  }

  /** Throws RangeError for an entry of `allow` that is no `host:port`. */
  waysOut({ providers, allow }: EgressSettings): WaysOut {
    const given = [...providers.values()].filter(({ baseUrlGiven }) => baseUrlGiven);
    const named = given.map(({ baseUrl }) => baseUrl);
    const classify = this.#outside?.classify;
    const callers = new EgressPolicy({ allow, classify });
    // A caller reads itself why its URL is refused: the operator's log is not for callers to fill.
    const towardsCallersUrls: Egress = { policy: () => callers, network: this.#outside };
    return {
      towardsProviders: new EgressPolicy({ allow, named, classify }),
      callerUrls: new CallerUrls(towardsCallersUrls, this.#clock),
      fetcher: new PublicFetcher(towardsCallersUrls, this.#clock),
      isInside: (baseUrl) => this.#isInside(new URL(baseUrl)),
    };
  }
}
