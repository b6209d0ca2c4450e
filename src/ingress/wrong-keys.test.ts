import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { addressGroup } from "./addresses.ts";
import { WrongKeys } from "./wrong-keys.ts";

const wrong = new GatewayError("unauthenticated", "No.");

describe("WrongKeys", () => {
  it("lets an address try twenty at once and twenty a minute, and says when to come again", () => {
    const clock = new FakeClock();
    const keys = new WrongKeys(clock, 20);
    for (let tries = 0; tries < 20; tries++) assert.equal(keys.refuse("10.0.0.1", wrong), wrong);
    const slowed = keys.refuse("10.0.0.1", wrong);
    assert.deepEqual([slowed.status, slowed.retryAfterMs], [429, 3000]);
    assert.equal(keys.refuse("10.0.0.2", wrong), wrong, "others are not slowed");
    clock.advance(2999);
    assert.equal(keys.refuse("10.0.0.1", wrong).status, 429);
    clock.advance(1);
    assert.equal(keys.refuse("10.0.0.1", wrong), wrong);
    assert.equal(keys.refuse("10.0.0.1", wrong).status, 429);
    clock.advance(3_600_000);
    for (let tries = 0; tries < 20; tries++) assert.equal(keys.refuse("10.0.0.1", wrong), wrong);
    assert.equal(keys.refuse("10.0.0.1", wrong).status, 429, "waiting longer saves no more up");
  });

  it("remembers a bounded number of addresses, those heard of last", () => {
    const keys = new WrongKeys(new FakeClock(), 20);
    for (let tries = 0; tries < 21; tries++) keys.refuse("10.0.0.1", wrong);
    for (let host = 0; host < 30_000; host++) {
      keys.refuse(`11.${host >> 16}.${(host >> 8) & 255}.${host & 255}`, wrong);
      if (host % 5000 === 0) assert.equal(keys.refuse("10.0.0.1", wrong).status, 429, `after ${host}`);
    }
    assert.equal(keys.size, 10_000);
  });
});

it("an address is one customer's", () => {
  const same: readonly (readonly string[])[] = [
    ["10.0.0.1", "::ffff:10.0.0.1", "::FFFF:10.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1:2::9", "2001:db8:1:2:ffff::1"],
    ["2001:db8::1", "2001:db8::", "2001:db8:0:0:1::"],
    ["fe80::1%eth0", "fe80::2%eth1"],
    ["::1", "::"],
  ];
  const groups = same.map((addresses) => {
    const [group, ...others] = new Set(addresses.map((address) => addressGroup(address)));
    assert.deepEqual(others, [], addresses.join());
    return group;
  });
  assert.equal(new Set(groups).size, same.length);
});
