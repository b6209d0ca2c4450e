import { BlockList, isIP } from "node:net";

/**
 * What kind of place an address leads to.
 * - `public`: anywhere on the internet.
 * - `loopback`: this very machine (the unspecified address too: it is connected to as loopback).
 * - `private`: the operator's own network: RFC 1918, RFC 6598 (carriers, and overlay networks such as Tailscale), unique local.
 * - `link-local`: the next cable, and with it the services from which clouds hand out credentials.
 * - `reserved`: what leads nowhere, to many at once, or to another address by a detour (6to4, Teredo, local NAT64).
 */
export type AddressClass = "public" | "loopback" | "private" | "link-local" | "reserved";

export type Classify = (address: string) => AddressClass;

type Subnet = readonly [net: string, prefix: number];

/* IANA's registries of special-purpose addresses (RFC 6890 and what amended it), and where clouds keep their metadata. */

const loopback4: readonly Subnet[] = [
  ["127.0.0.0", 8],
  ["0.0.0.0", 32],
];
const private4: readonly Subnet[] = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
];
const link4: readonly Subnet[] = [
  ["169.254.0.0", 16],
  // Alibaba's metadata, amid carriers' addresses; Azure's, amid public ones; Oracle's.
  ["100.100.100.200", 32],
  ["168.63.129.16", 32],
  ["192.0.0.192", 32],
];
const reserved4: readonly Subnet[] = [
  ["0.0.0.0", 8],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

const loopback6: readonly Subnet[] = [
  ["::1", 128],
  ["::", 128],
];
const private6: readonly Subnet[] = [["fc00::", 7]];
const link6: readonly Subnet[] = [
  ["fe80::", 10],
  ["fd00:ec2::254", 128],
  ["fd20:ce::254", 128],
];
/** All that was ever given out to be reached. */
const global6: Subnet = ["2000::", 3];
const reserved6: readonly Subnet[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/** The prefix under which NAT64 embeds IPv4 addresses (RFC 6052). */
const nat64 = "64:ff9b::";

/** An IPv4 rule holds for `::ffff:a.b.c.d` by itself; under NAT64's prefix it is written out. */
function list(v4: readonly Subnet[], v6: readonly Subnet[]): BlockList {
  const made = new BlockList();
  for (const [net, prefix] of v4) {
    made.addSubnet(net, prefix, "ipv4");
    made.addSubnet(nat64 + net, 96 + prefix, "ipv6");
  }
  for (const [net, prefix] of v6) made.addSubnet(net, prefix, "ipv6");
  return made;
}

/** In the order in which they count: a metadata service amid private addresses is no private address. */
const classes: readonly (readonly [Exclude<AddressClass, "public">, BlockList])[] = [
  ["loopback", list(loopback4, loopback6)],
  ["link-local", list(link4, link6)],
  ["private", list(private4, private6)],
  ["reserved", list(reserved4, reserved6)],
];
const everywhere = list([["0.0.0.0", 0]], [global6]);

/** Where an address leads, judged by its bytes. What is no address of either family is `reserved`. */
export function classify(address: string): AddressClass {
  const zone = address.indexOf("%");
  const bare = zone < 0 ? address : address.slice(0, zone);
  const version = isIP(bare);
  if (version === 0) return "reserved";
  const family = version === 4 ? "ipv4" : "ipv6";
  const found = classes.find(([, subnets]) => subnets.check(bare, family));
  if (found !== undefined) return found[0];
  return everywhere.check(bare, family) ? "public" : "reserved";
}

/** In words for the operator. */
export function describeClass(kind: AddressClass): string {
  switch (kind) {
    case "public":
      return "a public address";
    case "loopback":
      return "an address of this machine itself";
    case "private":
      return "an address of a private network";
    case "link-local":
      return "a link-local address or a cloud's metadata service";
    case "reserved":
      return "a reserved address";
  }
}
