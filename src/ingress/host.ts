import { GatewayError } from "../canonical/error.ts";

const hostPattern = /^(?:\w(?:[\w.-]*\w)?\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const loopbackPattern = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;
const portPattern = /:[0-9]{1,5}$/;
/** A DNS name has 253 characters at most; a port six. */
const longest = 260;

export interface HostRules {
  /** No keys are configured. */
  readonly open: boolean;
  /**
   * The names callers may use besides those of loopback: `name` (with any port), `name:port`, `*.example.com` (every name
   * below it), and `*` (every name, which an open gateway passes over).
   */
  readonly names: readonly string[];
}

/**
 * Answers only to the names it was told: one Host header, a plain `name[:port]`, of loopback or of the rules. Node accepts any number
 * of any text, and an address built from such a header has let others past their authorisation (CVE-2026-48710); a web page
 * that points its own name at this machine (DNS rebinding) sends that name here.
 *
 * Throws GatewayError `invalid_request` where the header is no host (RFC 9112, 3.2: 400), `misdirected` where it is a host not known
 * here; the message then holds the line of configuration that would make it known.
 */
export class HostGuard {
  readonly #any: boolean;
  readonly #exact: ReadonlySet<string>;
  readonly #below: readonly string[];
  #lastGood: string | undefined;

  constructor({ open, names }: HostRules) {
    const known = names.map(written);
    this.#any = !open && known.includes("*");
    this.#exact = new Set(known.filter((name) => !name.startsWith("*")));
    this.#below = known.filter((name) => name.startsWith("*.")).map((name) => name.slice(1));
  }

  /** @param anyName whatever single name it is asked by will do: for what tells nothing (probes ask by address) */
  check(host: string | undefined, rawHeaders: readonly string[], anyName = false): void {
    const count = countHosts(rawHeaders);
    if (count !== 1) throw refused(count === 0 ? "The Host header is missing." : "Send exactly one Host header.");
    if (host !== undefined && host === this.#lastGood) return;
    if (host === undefined || host.length > longest || !hostPattern.test(host)) {
      throw refused("The Host header must be a host name with an optional port, and nothing else.");
    }
    if (!this.#knows(host.toLowerCase())) {
      if (anyName) return;
      throw new GatewayError(
        "misdirected",
        `This gateway answers to localhost and the names it was given; ${host} is none of them. If callers are to reach it by that name, add it in polygate.yaml: server: { hosts: ["${host.replace(portPattern, "")}"] }`,
      );
    }
    this.#lastGood = host;
  }

  #knows(host: string): boolean {
    const name = host.replace(portPattern, "");
    if (this.#any || loopbackPattern.test(name) || this.#exact.has(name) || this.#exact.has(host)) return true;
    return this.#below.some((suffix) => (portPattern.test(suffix) ? host : name).endsWith(suffix));
  }
}

/** What a gateway that listens on `bind` is called: an address that stands for all of a machine's (0.0.0.0, ::) is no name. */
export const namesOf = (bind: string, hosts: readonly string[]): readonly string[] =>
  ["0.0.0.0", "[::]"].includes(written(bind)) ? hosts : [bind, ...hosts];

/** As a Host header would write it: an IPv6 address stands in brackets. */
function written(name: string): string {
  const lower = name.toLowerCase();
  return lower.split(":").length > 2 && !lower.startsWith("[") ? `[${lower}]` : lower;
}

const refused = (message: string): GatewayError => new GatewayError("invalid_request", message, { param: "host" });

function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name !== undefined && name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts;
}
