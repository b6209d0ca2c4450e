import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ToolCallPart } from "../canonical/parts.ts";
import { CallComparison } from "./turn.ts";

const call = (written: string, id = "x"): ToolCallPart => ({ type: "tool-call", id, name: "f", arguments: written });

describe("calls told again", () => {
  it("are the same with other blanks and in another order", () => {
    const compare = new CallComparison();
    assert.ok(compare.same(call('{"a":1,"b":{"d":1,"c":[2]}}'), call('{ "b": {"c":[2], "d":1}, "a": 1 }')));
    assert.ok(compare.same(call(""), call("{}")));
    assert.ok(!compare.same(call('{"a":[1,2]}'), call('{"a":[2,1]}')));
    assert.ok(!compare.same(call("{}"), call("{}", "y")));
    assert.ok(!compare.same(call("{"), call("{}")));
  });

  it("are read once, however many there are of an id", (t) => {
    const { mock } = t.mock.method(JSON, "parse");
    const compare = new CallComparison();
    const kept = [call('{"a":1}'), call('{"a":2}')];
    const told = Array.from({ length: 100 }, () => call('{"a": 3}'));
    for (const one of told) assert.ok(!kept.some((other) => compare.same(other, one)));
    assert.equal(mock.callCount(), kept.length + told.length);
  });

  it("are read no further than an honest request needs", (t) => {
    const { mock } = t.mock.method(JSON, "parse");
    const compare = new CallComparison();
    const long = JSON.stringify({ a: "x".repeat(1_000_000) });
    for (let n = 0; n < 20; n++) compare.same(call(long), call(`${long} `));
    assert.ok(mock.callCount() <= 4, String(mock.callCount()));
    assert.ok(compare.same(call(long), call(long)));
  });
});
