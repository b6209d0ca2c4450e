import { isIP } from "node:net";
import { type AddressClass, type Classify, classify, describeClass } from "./address.ts";

/*
 * Where this process may connect to. Public addresses may be reached under any name. All others only where the operator's
 * configuration names host and port: as a provider's own address, or under `egress.allow`.
 */

export interface EgressRules {
  /** `host:port`, where host is a name, an address (IPv6 in brackets) or `*.domain`: whatever they lead to may be reached. */
  readonly allow: readonly string[];
  /** Base URLs that the operator gave for providers: their host and port may lead to this machine or a private network. */
  readonly named?: readonly string[] | undefined;
  /** Default: `classify`. */
  readonly classify?: Classify | undefined;
}

/** Why an address may not be connected to. */
export interface Refusal {
  /** In a caller's words: names no address of this network. */
  readonly message: string;
  /** In words for the operator, with the line that would allow it. */
  readonly explanation: string;
}

interface Entry {
  readonly host: string;
  readonly suffix: boolean;
  readonly port: number;
}

/** Judges connections. Immutable. */
export class EgressPolicy {
  readonly #allow: readonly Entry[];
  readonly #named: ReadonlySet<string>;
  readonly #classify: Classify;

  /** Throws RangeError for an entry that is no `host:port`: the configuration is checked by the same `readEntry`. */
  constructor({ allow, named = [], classify: given = classify }: EgressRules) {
    this.#allow = allow.map((text) => {
      const entry = readEntry(text);
      if (entry === undefined) throw new RangeError(`${JSON.stringify(text)} is no host:port.`);
      return entry;
    });
    this.#named = new Set(
      named.map((baseUrl) => {
        const url = new URL(baseUrl);
        return endpoint(bareHost(url.hostname), portOf(url));
      }),
    );
    this.#classify = given;
  }

  /**
   * Whether `host` at `port` may be connected to at `address`, which it resolved to or is.
   *
   * @param host as `bareHost` gives it
   */
  refusal(host: string, port: number, address: string): Refusal | undefined {
    const kind = this.#classify(address);
    if (kind === "public" || this.#allowed(host, port) || this.#allowed(canonical(address), port)) return undefined;
    if ((kind === "loopback" || kind === "private") && this.#named.has(endpoint(host, port))) return undefined;
    return refused(host, port, isIP(host) === 0 ? ` resolves to ${address},` : " is", kind);
  }

  /** What can be said of a caller's target before any name is resolved. */
  refusalOf(url: URL): Refusal | undefined {
    const host = bareHost(url.hostname);
    const port = portOf(url);
    if (isIP(host) !== 0) return this.refusal(host, port, host);
    if (!isLocalName(host) || this.#allowed(host, port)) return undefined;
    return refused(host, port, " is a name for", "private");
  }

  /** All that it says of a host and port, whatever their address: two policies that say the same here judge the same. */
  scope(host: string, port: number): string {
    const entries = this.#allow.filter((entry) => entry.port === port).map((entry) => entry.host);
    return `${this.#named.has(endpoint(host, port)) ? "named" : ""} ${entries.sort().join(" ")}`;
  }

  #allowed(host: string, port: number): boolean {
    return this.#allow.some((entry) => entry.port === port && (entry.suffix ? host.endsWith(entry.host) : host === entry.host));
  }
}

function refused(host: string, port: number, how: string, kind: AddressClass): Refusal {
  const target = endpoint(host, port);
  return {
    message: `${target} is not on the public internet, and the operator's configuration does not allow it under egress.allow`,
    explanation: `${target}${how} ${describeClass(kind)}, and egress.allow does not name it. If that is meant, allow it in polygate.yaml: egress: { allow: [${JSON.stringify(target)}] }`,
  };
}

/** A URL's host without brackets and without the root's dot. */
export function bareHost(hostname: string): string {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}

export const portOf = ({ port, protocol }: Pick<URL, "port" | "protocol">): number =>
  port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);

const endpoint = (host: string, port: number): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

/** An address in the one spelling that URLs give it. */
function canonical(address: string): string {
  const version = isIP(address);
  if (version !== 6) return address;
  return bareHost(URL.parse(`http://[${address}]/`)?.hostname ?? "");
}

/** A `host:port` of the configuration; undefined for anything else. */
export function readEntry(text: string): Entry | undefined {
  const suffix = text.startsWith("*.");
  const rest = suffix ? text.slice(2) : text;
  const port = /:(\d{1,5})$/.exec(rest)?.[1];
  const url = URL.parse(`http://${rest}/`);
  if (port === undefined || url === null || Number(port) > 65_535 || Number(port) === 0 || /[*/?#@\\\s]/.test(rest))
    return undefined;
  const host = bareHost(url.hostname);
  return { host: suffix ? `.${host}` : host, suffix, port: Number(port) };
}

/** Endings under which no public name is ever found (RFC 6761, RFC 6762, ICANN's reservations, and the habits of networks). */
const localEndings: ReadonlySet<string> = new Set([
  ...["localhost", "local", "internal", "localdomain", "lan", "home", "corp", "intranet", "private", "svc"],
  ...["test", "onion"],
]);

/** Names that cannot mean a public server: of one word, or under an ending that only networks of one's own use. */
function isLocalName(host: string): boolean {
  const dot = host.lastIndexOf(".");
  return dot < 0 || localEndings.has(host.slice(dot + 1)) || host.endsWith(".home.arpa");
}
