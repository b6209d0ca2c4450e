import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { HostGuard } from "./host.ts";

/** As Node hands it over: the first Host header, and all headers as they came. */
function verdict(open: boolean, ...hosts: readonly string[]): "taken" | "refused" {
  const raw = ["Accept", "*/*", ...hosts.flatMap((host, at) => [at % 2 === 0 ? "Host" : "hOST", host]), "X-Host", "evil"];
  try {
    new HostGuard({ open }).check(hosts[0], raw);
    return "taken";
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError && thrown.code === "misdirected");
    return "refused";
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

describe("HostGuard", () => {
  it("refuses every Host that is no plain name with an optional port, with keys or without", () => {
    for (const hosts of bad) {
      assert.equal(verdict(true, ...hosts), "refused", JSON.stringify(hosts));
      assert.equal(verdict(false, ...hosts), "refused", JSON.stringify(hosts));
    }
  });

  it("of an open gateway takes loopback names only", () => {
    for (const host of ["localhost", "LocalHost:4000", "127.0.0.1:4000", "127.1.2.3", "[::1]", "[::1]:4000"])
      assert.equal(verdict(true, host), "taken", host);
    for (const host of [
      ...["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil-localhost", "localhost.", "0.0.0.0"],
      ...["10.0.0.1", "[::]", "[::ffff:127.0.0.1]", "[fe80::1]:80", "127.0.0", "1270.0.0.1", "xlocalhost:80"],
    ])
      assert.equal(verdict(true, host), "refused", host);
  });

  it("with keys takes any plain name", () => {
    for (const host of [
      "gateway.example",
      "gateway.example.:443",
      "10.0.0.1:80",
      "[fe80::1]:80",
      "my_gateway:4000",
      "a",
      "a-b.c",
    ])
      assert.equal(verdict(false, host), "taken", host);
  });

  it("looks at every request, whatever it took before", () => {
    const guard = new HostGuard({ open: true });
    const good = ["Host", "localhost:1"];
    guard.check("localhost:1", good);
    guard.check("localhost:1", good);
    assert.throws(() => guard.check("localhost:1", [...good, "host", "evil"]), { code: "misdirected" });
    assert.throws(() => guard.check("evil.example", ["Host", "evil.example"]), { code: "misdirected" });
    assert.throws(() => guard.check("evil.example", ["Host", "evil.example"]), { code: "misdirected" });
    assert.throws(() => guard.check(undefined, []), { code: "misdirected" });
    guard.check("localhost:1", good);
  });

  it("judges a long name quickly", () => {
    const started = performance.now();
    assert.equal(verdict(false, `${"a-".repeat(8000)}!`), "refused");
    assert.ok(performance.now() - started < 100);
  });
});
