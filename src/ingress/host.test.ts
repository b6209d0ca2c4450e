import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { HostGuard, namesOf } from "./host.ts";

type Verdict = "taken" | "bad" | "unknown";

/** As Node hands it over: the first Host header, and all headers as they came. */
function verdict(rules: boolean | readonly string[], ...hosts: readonly string[]): Verdict {
  const names = typeof rules === "boolean" ? [] : rules;
  const raw = ["Accept", "*/*", ...hosts.flatMap((host, at) => [at % 2 === 0 ? "Host" : "hOST", host]), "X-Host", "evil"];
  try {
    new HostGuard({ open: rules === true, names }).check(hosts[0], raw);
    return "taken";
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError);
    if (thrown.code === "invalid_request") return "bad";
    assert.equal(thrown.code, "misdirected");
    // The line that would allow it does.
    const [line = ""] = /hosts: \["[^"]*"\]/.exec(thrown.message) ?? [];
    const name = line.slice(9, -2);
    new HostGuard({ open: rules === true, names: [...names, name] }).check(hosts[0], raw);
    return "unknown";
  }
}

/** No Host header can be read in two ways: reliability S2. */
const bad: readonly (readonly string[])[] = [
  [],
  [""],
  ["localhost", "localhost"],
  ["localhost", "evil.example"],
  ["localhost,evil.example"],
  ["localhost/v1/models"],
  ["user@localhost"],
  ["localhost:"],
  ["localhost:80:80"],
  ["localhost:123456"],
  ["localhost:8o"],
  ["localhost?x"],
  ["localhost#x"],
  ["http://localhost"],
  [" localhost"],
  ["local host"],
  ["localhost\\x"],
  ["[::1"],
  ["::1"],
  ["-a"],
  [".a"],
  ["löcalhost"],
];

describe("S2: HostGuard", () => {
  it("refuses every Host that is no plain name with an optional port, with keys or without", () => {
    for (const hosts of bad) {
      for (const rules of [true, false, ["*"]]) assert.equal(verdict(rules, ...hosts), "bad", JSON.stringify(hosts));
    }
  });

  const elsewhere = [
    ...["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil-localhost", "localhost.", "0.0.0.0"],
    ...["10.0.0.1", "[::]", "[::ffff:127.0.0.1]", "[fe80::1]:80", "127.0.0", "1270.0.0.1", "xlocalhost:80"],
    ...["gateway.example", "gateway.example.:443", "my_gateway:4000", "a", "a-b.c", "0.0.0.0:4000"],
  ];

  it("takes loopback names with any port, and no others by itself, with keys or without", () => {
    for (const open of [true, false]) {
      for (const host of ["localhost", "LocalHost:4000", "127.0.0.1:4000", "127.1.2.3", "[::1]", "[::1]:4000"])
        assert.equal(verdict(open, host), "taken", host);
      for (const host of elsewhere) assert.equal(verdict(open, host), "unknown", host);
    }
  });

  it("takes the names it was told, with any port unless one is told too", () => {
    const names = [
      "Gateway.LAN",
      "api.example:8443",
      "*.corp.example",
      "*.ports.example:81",
      "10.0.0.5",
      "fd00::5",
      "[fd00::6]:90",
    ];
    for (const host of [
      ...["gateway.lan", "GATEWAY.lan:1234", "api.example:8443", "a.corp.example", "a.b.corp.example:80", "x.ports.example:81"],
      ...["10.0.0.5:4000", "[fd00::5]:4000", "[FD00::5]", "[fd00::6]:90", "localhost"],
    ])
      assert.equal(verdict(names, host), "taken", host);
    for (const host of [
      ...["gateway.lan.evil", "xgateway.lan", "corp.example", "xcorp.example", "x.ports.example:82", "10.0.0.50"],
      ...["a.corp.example.evil", "[fd00::7]"],
    ])
      assert.equal(verdict(names, host), "unknown", host);
    for (const host of ["api.example:8444", "api.example", "[fd00::6]"])
      assert.throws(() => new HostGuard({ open: false, names }).check(host, ["host", host]), { code: "misdirected" }, host);
  });

  it("takes every name where it was told so and keys are configured", () => {
    for (const host of elsewhere) assert.equal(verdict(["*"], host), "taken", host);
    assert.throws(() => new HostGuard({ open: true, names: ["*"] }).check("evil.example", ["host", "evil.example"]));
  });

  it("is not known by the address that stands for all of a machine's", () => {
    for (const bind of ["0.0.0.0", "::", "[::]"]) {
      const guard = new HostGuard({ open: false, names: namesOf(bind, []) });
      for (const host of ["0.0.0.0:4000", "[::]:4000", "192.168.1.7:4000"])
        assert.throws(() => guard.check(host, ["Host", host]), { code: "misdirected" });
    }
    assert.deepEqual(namesOf("10.0.0.5", ["a"]), ["10.0.0.5", "a"]);
  });

  it("looks at every request, whatever it took before", () => {
    const guard = new HostGuard({ open: true, names: [] });
    const good = ["Host", "localhost:1"];
    guard.check("localhost:1", good);
    guard.check("localhost:1", good);
    assert.throws(() => guard.check("localhost:1", [...good, "host", "evil"]), { code: "invalid_request" });
    assert.throws(() => guard.check("evil.example", ["Host", "evil.example"]), { code: "misdirected" });
    assert.throws(() => guard.check("evil.example", ["Host", "evil.example"]), { code: "misdirected" });
    assert.throws(() => guard.check(undefined, []), { code: "invalid_request" });
    guard.check("localhost:1", good);
  });

  it("judges a long name quickly", () => {
    const started = performance.now();
    assert.equal(verdict(false, `${"a-".repeat(8000)}!`), "bad");
    assert.ok(performance.now() - started < 100);
  });
});
