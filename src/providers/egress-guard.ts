import type { Clock } from "../canonical/ports.ts";
import type { Classify } from "../transport/address.ts";
import { CallerUrls } from "../transport/caller-urls.ts";
import { EgressPolicy } from "../transport/egress.ts";
import { PublicFetcher } from "../transport/fetch-public.ts";
import type { Egress, Network } from "../transport/network.ts";
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

export interface EgressGuardOptions extends EgressSettings {
  /** Default: the machine's resolver and sockets. */
  readonly outside?: Outside | undefined;
  readonly clock: Clock;
  /** Told of what was refused, in words for the operator. */
  readonly onRefused: (explanation: string) => void;
}

/**
 * The two sets of places that the configuration in force opens: those of its providers, and those that callers may name. What
 * the operator wrote as a provider's address is no address that callers may name.
 */
export class EgressGuard {
  readonly towardsProviders: Egress;
  /** Judges URLs that callers name, whoever connects to them. */
  readonly callerUrls: CallerUrls;
  /** Fetches what callers name by URL. */
  readonly fetcher: PublicFetcher;
  readonly #classify: Classify | undefined;
  #providers: EgressPolicy;
  #callers: EgressPolicy;

  /** Throws RangeError for an entry of `allow` that is no `host:port`. */
  constructor({ outside, clock, onRefused, ...settings }: EgressGuardOptions) {
    this.#classify = outside?.classify;
    [this.#providers, this.#callers] = this.#policies(settings);
    this.towardsProviders = { policy: () => this.#providers, network: outside, onRefused };
    // A caller reads itself why its URL is refused: the operator's log is not for callers to fill.
    const towardsCallersUrls: Egress = { policy: () => this.#callers, network: outside };
    this.callerUrls = new CallerUrls(towardsCallersUrls, clock);
    this.fetcher = new PublicFetcher(towardsCallersUrls, clock);
  }

  /** Puts another configuration in force, for connections made from now on. */
  apply(settings: EgressSettings): void {
    [this.#providers, this.#callers] = this.#policies(settings);
  }

  #policies({ providers, allow }: EgressSettings): [EgressPolicy, EgressPolicy] {
    const given = [...providers.values()].filter(({ baseUrlGiven }) => baseUrlGiven);
    const named = given.map(({ baseUrl }) => baseUrl);
    const classify = this.#classify;
    return [new EgressPolicy({ allow, named, classify }), new EgressPolicy({ allow, classify })];
  }
}
