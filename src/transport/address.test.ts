import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type AddressClass, classify } from "./address.ts";

const cases: readonly (readonly [AddressClass, readonly string[]])[] = [
  ["loopback", ["127.0.0.1", "127.255.255.255", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1"]],
  ["private", ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"]],
  ["private", ["fc00::1", "fd7a:115c:a1e0::1", "::ffff:10.0.0.1", "64:ff9b::192.168.1.1"]],
  ["link-local", ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fe80::1", "febf::1"]],
  ["link-local", ["fd00:ec2::254", "::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "fe80::1%lo"]],
  ["reserved", ["0.0.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"]],
  ["reserved", ["239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1", "::127.0.0.1", "64:ff9b:1::a9fe:a9fe"]],
  [
    "reserved",
    ["2002:7f00:1::", "2001:0:7f00:1::", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1", "4000::1", "5f00::1"],
  ],
  ["reserved", ["", "localhost", "1.2.3", "2130706433", "0x7f.1", "1.2.3.4.5", "::g"]],
  ["public", ["1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "9.255.255.255"]],
  ["public", ["11.0.0.0", "128.0.0.1", "126.255.255.255", "169.253.1.1", "169.255.1.1", "192.167.1.1", "223.255.255.255"]],
  ["public", ["2606:4700::1", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:200::1", "2001:4860:4860::8888"]],
];

describe("classify", () => {
  for (const [kind, addresses] of cases) {
    it(`${kind}: ${addresses.slice(0, 3).join(", ")} …`, () => {
      assert.deepEqual(
        addresses.map((address) => [address, classify(address)]),
        addresses.map((address) => [address, kind]),
      );
    });
  }

  it("takes every spelling of an IPv6 address for the same address", () => {
    const words = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    const text = (list: readonly number[], word: (value: number) => string): string => list.map(word).join(":");
    fc.assert(
      fc.property(words, (list) => {
        const kind = classify(text(list, (value) => value.toString(16)));
        assert.equal(classify(text(list, (value) => value.toString(16).toUpperCase().padStart(4, "0"))), kind);
        const short = new URL(`http://[${text(list, (value) => value.toString(16))}]/`).hostname.slice(1, -1);
        assert.equal(classify(short), kind);
      }),
      { numRuns: 500 },
    );
  });
});

/**
 * What Python's `ipaddress` says: `global` or not, of what an address embeds where it embeds one. Its tables are of another
 * hand; where they are older than the registries of today (names after the words), what it calls global we may refuse.
 */
const judge = `
import ipaddress, sys
newer = [ipaddress.ip_network(n) for n in (
  "64:ff9b:1::/48", "2002::/16", "3fff::/20", "5f00::/16", "192.88.99.0/24", "2001::/23",
  "168.63.129.16/32", "192.0.0.0/24", "fec0::/10", "100::/64")]
unicast = ipaddress.ip_network("2000::/3")
for line in sys.stdin:
  a = ipaddress.ip_address(line.strip())
  if a.version == 6:
    if a.ipv4_mapped: a = a.ipv4_mapped
    elif a in ipaddress.ip_network("64:ff9b::/96"): a = ipaddress.ip_address(int(a) & 0xffffffff)
  ok = a.is_global and not a.is_multicast and not a.is_reserved and not a.is_unspecified
  ok = ok and not any(a in n for n in newer if n.version == a.version)
  if a.version == 6: ok = ok and a in unicast
  print("1" if ok else "0")
`;

const python = spawnSync("python3", ["-c", "import ipaddress"]).status === 0;

describe("Python's ipaddress as a judge", () => {
  it("finds the same addresses public", { skip: python ? false : "python3 is not there" }, (context) => {
    const addresses = sample();
    const { stdout, status } = spawnSync("python3", ["-c", judge], { input: `${addresses.join("\n")}\n`, encoding: "utf8" });
    assert.equal(status, 0);
    const verdicts = stdout.trim().split("\n");
    assert.equal(verdicts.length, addresses.length);
    const differing = addresses.filter((address, index) => (classify(address) === "public") !== (verdicts[index] === "1"));
    assert.deepEqual(differing.slice(0, 20), []);
    const open = verdicts.filter((verdict) => verdict === "1").length;
    context.diagnostic(`${addresses.length} addresses, of which ${open} are public; 0 judged otherwise`);
    assert.ok(open > addresses.length / 10 && open < (addresses.length * 9) / 10);
  });
});

/** Addresses everywhere, most of them at and around the borders of the ranges that matter. */
function sample(): readonly string[] {
  const v4 = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
  const edges = [0, 0x0a, 0x0b, 0x64, 0x7f, 0x80, 0xa9, 0xac, 0xc0, 0xc6, 0xcb, 0xe0, 0xf0, 0xff].map((byte) => byte * 2 ** 24);
  const seconds = [0, 15, 16, 18, 19, 20, 31, 32, 51, 58, 63, 64, 88, 100, 127, 128, 168, 253, 254, 255].map(
    (byte) => byte * 2 ** 16,
  );
  const near4 = edges.flatMap((edge) =>
    seconds.flatMap((second) => [0, 1, 0x200, 0x6363, 0x6463, 0x7100, 0xffff].map((low) => edge + second + low)),
  );
  const random4 = fc.sample(fc.nat(0xffff_ffff), { seed: 4, numRuns: 6000 });
  const fours = [...near4, ...random4].map(v4);
  const heads = [
    "0",
    "64:ff9b",
    "64:ff9b:1",
    "100",
    "2000",
    "2001",
    "2001:1ff",
    "2001:200",
    "2001:db8",
    "2002",
    "2606:4700",
    "3fff",
    "3fff:fff",
    "3fff:1000",
  ];
  const more = ["4000", "5f00", "fbff", "fc00", "fdff", "fe00", "fe7f", "fe80", "febf", "fec0", "fecf", "feff", "ff00", "ffff"];
  const tails = ["", "1", "7f00:1", "a9fe:a9fe", "ffff", "808:808"];
  const near6 = [...heads, ...more].flatMap((head) => tails.map((tail) => `${head}::${tail}`));
  const words = fc.sample(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), { seed: 6, numRuns: 6000 });
  const sixes = words.map((list) => list.map((word) => word.toString(16)).join(":"));
  const embedded = fours.slice(0, 3000).flatMap((address) => [`::ffff:${address}`, `64:ff9b::${address}`, `::${address}`]);
  return [...fours, ...near6, ...sixes, ...embedded];
}
