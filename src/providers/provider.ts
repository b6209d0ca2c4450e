import type { PriceList } from "../canonical/cost.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Secret } from "../canonical/secret.ts";
import type { Quirks, Wire, WireRequest } from "../wires/wire.ts";

/*
 * A provider is data: its endpoints (each a wire and a URL), how it wants to be shown a credential, where it departs from its
 * wire. Adding one that speaks a known wire is one row in openai-compatible.ts, or one small file beside it.
 */

/** How a credential is shown. */
export type Auth =
  | { readonly kind: "bearer" }
  /** The bare credential in a header of that name, in lower case. */
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "none" };

export interface Endpoint {
  readonly wire: Wire;
  readonly operations: readonly Operation[];
  /**
   * What comes before the wire's own path. Default: the deployment's base URL. Built from the operator's base URL alone, never
   * from anything a caller sent.
   */
  readonly base?: ((deployment: Deployment) => string) | undefined;
  /** Where this endpoint wants another way than the provider's. */
  readonly auth?: Auth | undefined;
  /** Where its quirks are not the provider's. */
  readonly quirks?: Quirks | undefined;
}

/** A provider behind HTTP. */
export interface Remote {
  /** In order of preference; an endpoint that speaks the caller's own wire goes before all others. */
  readonly endpoints: readonly Endpoint[];
  readonly auth: Auth;
  readonly quirks?: Quirks | undefined;
  /** A last change to the encoded request that no quirk can say. */
  readonly adapt?: ((request: WireRequest, deployment: Deployment) => WireRequest) | undefined;
  /** The operator's base URL as `url` and `modelsUrl` want it: tolerated variants made one, no trailing slash. */
  normaliseBase(baseUrl: string): string;
  /** Where the provider lists its models (GET, same credential). */
  modelsUrl(baseUrl: string): string;
  /** The wires whose callers may leave out the provider's name. Default: those of all endpoints. */
  readonly native?: readonly string[] | undefined;
}

/** One upstream model at one provider with one credential. */
export interface Deployment {
  readonly provider: string;
  /** The model in the provider's words. */
  readonly model: string;
  /** From the operator's configuration or the provider's row, as `normaliseBase` gave it. */
  readonly baseUrl: string;
  /** Absent where the provider asks for none. Bound to the origin of `baseUrl`: it is shown nowhere else. */
  readonly credential?: Secret | undefined;
  /** Absent: not known. */
  readonly prices?: PriceList | undefined;
}

/** A provider that can be called. */
export interface ConfiguredProvider {
  readonly name: string;
  readonly remote: Remote;
  readonly baseUrl: string;
  /** The operator gave the base URL, in the configuration or the environment: it may lead to this machine or a private network. */
  readonly baseUrlGiven?: boolean | undefined;
  /** Absent where the provider asks for none. */
  readonly credential?: Secret | undefined;
  /** In words for the operator, e.g. "OPENAI_API_KEY (environment)", "configuration", "none needed". */
  readonly credentialFrom: string;
  /** What its models cost. */
  readonly prices?: PriceList | undefined;
  /** Wires of which this is the one provider to which bare model names of callers go. */
  readonly nativeWires: readonly string[];
  readonly modelsUrl: string;
  /** Where its maker gives credentials out; absent for providers of the operator's own. */
  readonly keysPage?: string | undefined;
}

/** A provider as this product knows it, before the operator has said anything. */
export interface BuiltIn {
  readonly name: string;
  readonly remote: Remote;
  /** The wires that this provider invented, not merely imitates. */
  readonly owns?: readonly string[] | undefined;
  /** What the provider's own SDK uses by default. */
  readonly baseUrl: string;
  /** Variables that may hold the credential; the first that is set counts. */
  readonly keyVariables: readonly string[];
  /** Where its maker gives credentials out. */
  readonly keysPage: string;
  /** Variable that may hold another base URL, where the provider's SDK reads one. */
  readonly baseUrlVariable?: string | undefined;
}
