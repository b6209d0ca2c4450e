import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CallRecord } from "../canonical/call.ts";
import { Warnings } from "../canonical/warnings.ts";
import { answerHeaders, headerText, setHeaders, warningsHeader } from "./headers.ts";

const printable = /^[\x20-\x7e]*$/;
const anything = fc.string({ unit: "binary", maxLength: 400 });

describe("headerText", () => {
  it("lets nothing through but printable ASCII of bounded length", () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 300 }), (text, longest) => {
        const shown = headerText(text, longest);
        assert.match(shown, printable);
        assert.ok(shown.length <= longest);
        if (printable.test(text) && text.length <= longest) assert.equal(shown, text);
      }),
      { numRuns: 300 },
    );
    for (const line of ["a\r\nset-cookie: x", "a\n", "\n", "a\u2028b", "a\0b", "é", "\x7f"])
      assert.match(headerText(line), printable);
    assert.equal(headerText("a\r\nb: c"), "a??b: c");
  });
});

describe("answerHeaders", () => {
  it("cannot be made to say anything but their values, whatever providers and callers send", () => {
    fc.assert(
      fc.property(anything, anything, anything, anything, (provider, model, value, at) => {
        const record = new CallRecord();
        Object.assign(record, { provider, model, headers: { "x-request-id": value } });
        const warnings = new Warnings();
        warnings.add({ kind: "dropped", code: "c", at });
        const headers = answerHeaders("call_1", record, warnings, 5);
        assert.equal(headers.length, 14);
        for (const text of headers) assert.match(text, printable);
      }),
    );
  });

  it("are all there from the beginning", () => {
    const record = new CallRecord();
    const bare = ["x-polygate-call-id", "call_1", "x-polygate-provider", "none", "x-polygate-model", "none"];
    const rest = ["x-polygate-attempts", "0", "x-polygate-warnings", "none", "x-polygate-overhead-ms"];
    assert.deepEqual(answerHeaders("call_1", record, new Warnings(), 1.256), [...bare, ...rest, "1.26"]);
    assert.equal(answerHeaders("call_1", record, new Warnings(), -1).at(-1), "0.00");
    record.headers = { "x-request-id": "r", "request-id": undefined };
    assert.deepEqual(answerHeaders("call_1", record, new Warnings(), 99).slice(-2), ["x-request-id", "r"]);
  });
});

it("warnings are named with their places, and counted past the cap", () => {
  const warnings = new Warnings();
  assert.equal(warningsHeader(warnings), "none");
  warnings.add({ kind: "dropped", code: "a", at: "messages[2]", detail: "long words" });
  warnings.add({ kind: "ignored", code: "b" });
  assert.equal(warningsHeader(warnings), "a at=messages[2], b");
  for (const at of ["x", "y"]) warnings.add({ kind: "dropped", code: "a", at });
  assert.equal(warningsHeader(warnings), "a at=messages[2] +2, b");
  for (let more = 0; more < 64; more++) warnings.add({ kind: "dropped", code: `c${more}` });
  assert.match(warningsHeader(warnings), /, c59, and 4 more$/);
  const long = new Warnings();
  for (let more = 10; more < 74; more++) long.add({ kind: "dropped", code: `${"c".repeat(97)}${more}` });
  assert.equal(warningsHeader(long).length, 2048);
});

it("the record knows what was waited, a wait that goes on included", () => {
  const record = new CallRecord();
  record.startWaiting(10);
  assert.equal(record.waitedBy(15), 5);
  record.stopWaiting(20);
  record.startWaiting(30);
  record.stopWaiting(31);
  assert.equal(record.waitedBy(99), 11);
});

it("a header that is set stands once", () => {
  const headers = ["a", "1", "b", "2"];
  setHeaders(headers, { b: "3", c: "4", d: undefined });
  assert.deepEqual(headers, ["a", "1", "b", "3", "c", "4"]);
});
