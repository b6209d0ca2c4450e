import type { ServerOptions } from "../config/config.ts";

const all = /^(?:0\.0\.0\.0|\[?::\]?)$/;

/** Where this machine's own programs reach what listens there: "all addresses" is none that one can go to. */
export function nearAddress({ host, port }: Pick<ServerOptions, "host" | "port">): string {
  const near = all.test(host) ? "127.0.0.1" : host;
  return `http://${near.includes(":") ? `[${near}]` : near}:${port}`;
}

/** The same of an address that is written out. */
export function nearUrl(address: string): string {
  const { hostname, port } = new URL(address);
  return all.test(hostname) ? `http://127.0.0.1:${port}` : address;
}

/** What stands between callers on other machines and a gateway that listens for them; nothing: undefined. */
export const unreached = ({ host, hosts }: ServerOptions): { readonly what: string; readonly todo: string } | undefined =>
  all.test(host) && hosts.length === 0
    ? {
        what: "it listens on all addresses, but answers to the name localhost alone: callers on other machines get 421",
        todo: 'name what they call it by, e.g. server: { hosts: ["192.0.2.7", "gateway.example"] }',
      }
    : undefined;
