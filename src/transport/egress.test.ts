import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { classify } from "./address.ts";
import { EgressPolicy, readEntry } from "./egress.ts";

describe("EgressPolicy", () => {
  const policy = new EgressPolicy({
    allow: [
      "10.0.0.5:8000",
      "models.corp.example:443",
      "*.lab.example:9000",
      "[fd00::5]:80",
      "169.254.169.254:80",
      "wide.example:443",
    ],
    named: [
      "http://127.0.0.1:11434/v1",
      "http://gpu.lan:8000",
      "https://[fd12::1]/v1",
      "http://169.254.1.1:80/",
      "http://0.0.0.0:8001",
    ],
  });
  const open = (host: string, port: number, address = host): boolean => policy.refusal(host, port, address) === undefined;

  it("lets everybody go to public addresses, under any name", () => {
    assert.ok(open("api.openai.com", 443, "104.18.7.192") && open("1.1.1.1", 443) && open("x", 1, "2606:4700::1"));
  });

  it("lets a provider's own address lead to this machine or a private network, at its very port", () => {
    assert.ok(open("127.0.0.1", 11434) && open("gpu.lan", 8000, "192.168.1.9") && open("fd12::1", 443) && open("0.0.0.0", 8001));
    assert.ok(!open("127.0.0.1", 11435) && !open("127.0.0.2", 11434) && !open("other.lan", 8000, "192.168.1.9"));
    assert.ok(!open("gpu.lan", 8001, "192.168.1.9"));
  });

  it("never to a metadata service, unless egress.allow names it", () => {
    assert.ok(!open("gpu.lan", 8000, "169.254.169.254") && !open("169.254.1.1", 80) && !open("gpu.lan", 8000, "100.100.100.200"));
    assert.ok(open("169.254.169.254", 80) && !open("169.254.169.254", 81));
  });

  it("takes egress.allow by name, by address and by domain", () => {
    assert.ok(open("10.0.0.5", 8000) && open("any.name", 8000, "10.0.0.5") && !open("10.0.0.5", 8001) && !open("10.0.0.6", 8000));
    assert.ok(open("models.corp.example", 443, "10.1.1.1") && open("a.lab.example", 9000, "127.0.0.1") && open("fd00::5", 80));
    assert.ok(open("a.b.lab.example", 9000, "198.18.0.7") && !open("lab.example", 9000, "127.0.0.1"));
    assert.ok(!open("evillab.example", 9000, "127.0.0.1") && !open("models.corp.example.evil", 443, "10.1.1.1"));
    assert.ok(open("wide.example", 443, "198.18.0.9"), "fake addresses of local proxies");
  });

  it("refuses a built-in provider's name that leads home", () => {
    const refusal = policy.refusal("api.openai.com", 443, "127.0.0.1");
    assert.equal(
      refusal?.message,
      "api.openai.com:443 is not on the public internet, and the operator's configuration does not allow it under egress.allow",
    );
    assert.match(refusal.explanation, /resolves to 127\.0\.0\.1, an address of this machine itself/);
    assert.match(refusal.explanation, /egress: \{ allow: \["api\.openai\.com:443"\] \}$/);
  });

  it("writes the line that would allow it so that it does", () => {
    for (const [host, port, address] of [
      ["api.openai.com", 443, "127.0.0.1"],
      ["fd00:ec2::254", 80, "fd00:ec2::254"],
      ["169.254.170.2", 80, "169.254.170.2"],
      ["10.9.9.9", 65535, "10.9.9.9"],
    ] as const) {
      const line = /allow: \["(.*)"\]/.exec(policy.refusal(host, port, address)?.explanation ?? "")?.[1] ?? "";
      assert.equal(new EgressPolicy({ allow: [line] }).refusal(host, port, address), undefined, line);
    }
  });

  it("knows names that are nobody's but a network's own", () => {
    const said = (url: string): boolean => policy.refusalOf(new URL(url)) === undefined;
    for (const name of ["localhost", "LOCALHOST.", "a.localhost", "metadata.google.internal", "redis", "db.svc.cluster.local"]) {
      assert.ok(!said(`http://${name}/`), name);
    }
    for (const name of ["nas.lan", "host.docker.internal", "router.home.arpa", "kubernetes.default.svc"])
      assert.ok(!said(`http://${name}/`), name);
    assert.ok(said("https://example.com/") && said("https://a.co.uk:8443/x") && said("https://localhost.example.com/"));
    assert.ok(
      said("https://models.corp.example/") && !said("http://gpu.lan:8000/"),
      "a provider's address is no callers' address",
    );
  });
});

/** Ways to write an IPv4 address that URLs take for the same. */
function spelled(address: number, how: readonly number[], parts: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255);
  const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);
  const pieces = [...bytes.slice(0, parts - 1), last].map((value, index) => {
    const form = how[index] ?? 0;
    return form === 1
      ? `0x${value.toString(16)}`
      : form === 2
        ? `0${value.toString(8)}`
        : form === 3
          ? `0X000${value.toString(16)}`
          : `${value}`;
  });
  const text = pieces.join(how[4] === 1 ? "。" : ".") + (how[4] === 2 ? "." : "");
  if (how[4] === 3) return text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  return how[4] === 4 ? text.replaceAll(/\d/g, (digit) => `%3${digit}`) : text;
}

describe("however an address is spelled", () => {
  it("it is the same address", (context) => {
    const policy = new EgressPolicy({ allow: [] });
    let refused = 0;
    const asked = fc.tuple(
      fc.nat(0xffff_ffff),
      fc.array(fc.nat(4), { minLength: 5, maxLength: 5 }),
      fc.integer({ min: 1, max: 4 }),
    );
    const near = fc.constantFrom(
      0x7f000001,
      0x0a000001,
      0xa9fea9fe,
      0xc0a80001,
      0xac100001,
      0x64400001,
      0,
      0xe0000001,
      0x08080808,
    );
    fc.assert(
      fc.property(asked, near, fc.boolean(), ([random, how, parts], known, useKnown) => {
        const address = useKnown ? known : random;
        const plain = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
        const open = classify(plain) === "public";
        const url = new URL(`http://${spelled(address, how, parts)}/`);
        assert.equal(policy.refusalOf(url) === undefined, open, `${url.href} for ${plain}`);
        if (!open) refused++;
      }),
      { numRuns: 5000 },
    );
    context.diagnostic(`5000 spellings, ${refused} of addresses that are not public: all refused, all others open`);
    assert.ok(refused > 1000);
  });
});

describe("entries of egress.allow", () => {
  it("are host:port", () => {
    assert.deepEqual(readEntry("GPU.Lan:8000"), { host: "gpu.lan", suffix: false, port: 8000 });
    assert.deepEqual(readEntry("*.corp.example:443"), { host: ".corp.example", suffix: true, port: 443 });
    assert.deepEqual(readEntry("[FD00:0::5]:80"), { host: "fd00::5", suffix: false, port: 80 });
    assert.deepEqual(readEntry("0x7f.1:80"), { host: "127.0.0.1", suffix: false, port: 80 });
  });

  for (const text of [
    "",
    "gpu",
    "gpu:",
    "gpu:0",
    "gpu:65536",
    "http://gpu:80",
    "gpu:80/x",
    "a@gpu:80",
    "*:80",
    "*.:80",
    "gpu:80#",
    "g pu:80",
  ]) {
    it(`are not ${JSON.stringify(text)}`, () => {
      assert.equal(readEntry(text), undefined);
      assert.throws(() => new EgressPolicy({ allow: [text] }), RangeError);
    });
  }
});
