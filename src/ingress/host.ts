import { GatewayError } from "../canonical/error.ts";

const hostPattern = /^(?:\w(?:[\w.-]*\w)?\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const loopbackPattern = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?$/i;

/**
 * Refuses requests whose Host header is missing, doubled or not a plain `name[:port]`. Node accepts all of those, and an
 * address built from such a header has let others past their authorisation (CVE-2026-48710). An open gateway moreover answers
 * to loopback names only, so that no web page can reach it by pointing its own name at 127.0.0.1 (DNS rebinding).
 * Throws GatewayError `misdirected`.
 */
export class HostGuard {
  readonly #open: boolean;
  #lastGood: string | undefined;

  constructor(options: { readonly open: boolean }) {
    this.#open = options.open;
  }

  check(host: string | undefined, rawHeaders: readonly string[]): void {
    if (countHosts(rawHeaders) !== 1) throw new GatewayError("misdirected", "Send exactly one Host header.");
    if (host !== undefined && host === this.#lastGood) return;
    if (host === undefined || !hostPattern.test(host)) {
      throw new GatewayError("misdirected", "The Host header must be a host name with an optional port, and nothing else.");
    }
    if (this.#open && !loopbackPattern.test(host)) {
      throw new GatewayError(
        "misdirected",
        "This gateway is open (no keys are configured) and therefore answers only to localhost. Configure `keys` to serve other names.",
      );
    }
    this.#lastGood = host;
  }
}

function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name !== undefined && name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts;
}
