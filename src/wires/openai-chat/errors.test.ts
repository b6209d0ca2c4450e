import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it, test } from "node:test";
import { type ErrorCode, GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { decodeError, decodeInnerError, encodeError, errorObject } from "./errors.ts";

const error = (message: string, rest: JsonObject = {}): JsonObject => ({ error: { message, ...rest } });

const table: readonly (readonly [status: number, body: JsonObject | string, code: ErrorCode])[] = [
  [400, error("This model's maximum context length is 8192 tokens.", { code: "context_length_exceeded" }), "context_overflow"],
  [400, error("prompt too long; exceeded max context length by 9 tokens"), "context_overflow"],
  [
    400,
    error("request (2009 tokens) exceeds the available context size", { type: "exceed_context_size_error" }),
    "context_overflow",
  ],
  [400, error("Invalid 'temperature'", { param: "temperature" }), "invalid_request"],
  [400, { object: "error", message: "Invalid model: x", type: "invalid_model", code: "1500" }, "model_not_found"],
  [400, error("The response was filtered", { code: "content_filter" }), "content_policy"],
  [400, error("Your credit balance is too low"), "provider_quota"],
  [401, { detail: "Invalid API Key" }, "provider_credential"],
  [402, error("Insufficient Balance", { code: "invalid_request_error" }), "provider_quota"],
  [403, error("Forbidden"), "provider_credential"],
  [404, { error: "Specified model not found: x" }, "model_not_found"],
  [404, "<html><body>nginx</body></html>", "provider_error"],
  [408, "", "timeout"],
  [413, error("too big"), "payload_too_large"],
  [422, { detail: [{ loc: ["body"], msg: "field required" }] }, "invalid_request"],
  [429, error("Rate limit reached", { code: "rate_limit_exceeded" }), "rate_limited"],
  [429, error("You exceeded your current quota", { code: "insufficient_quota" }), "provider_quota"],
  [429, { object: "error", message: "Service tier capacity exceeded for this model." }, "overloaded"],
  [500, error("boom"), "provider_error"],
  [502, "<html>Bad gateway</html>", "provider_error"],
  [503, error("The model is overloaded."), "overloaded"],
  [529, "", "overloaded"],
];

describe("decodeError", () => {
  for (const [status, body, code] of table) {
    it(`${status} ${JSON.stringify(body).slice(0, 80)} is ${code}`, () => {
      assert.equal(decodeError(status, {}, body, "p").code, code);
    });
  }

  it("keeps the provider's sentence for the caller's own faults, masked", () => {
    const fault = decodeError(
      400,
      {},
      error("Bad `stop`. Your key sk-abcdefghijklmnop1234 and Bearer abcdef123456 were seen."),
      "p",
    );
    assert.match(fault.message, /^Bad `stop`\./);
    assert.doesNotMatch(fault.message + JSON.stringify(fault.upstream), /abcdefghijklmnop|abcdef123456/);
    assert.equal(decodeError(400, {}, error("x", { param: "stop" }), "p").param, "stop");
    assert.equal(decodeError(422, {}, error("x"), "p").status, 422);
  });

  it("never blames the caller for the operator's credential, nor shows it", () => {
    const fault = decodeError(401, {}, error("Incorrect API key provided: not-a-usual-key."), "p");
    assert.deepEqual([fault.status, fault.fault], [502, "operator"]);
    assert.doesNotMatch(fault.message + JSON.stringify(fault.upstream), /not-a-usual-key/);
  });

  it("says nothing of a page of HTML", () => {
    assert.match(
      decodeError(502, {}, "<!DOCTYPE html><h1>x</h1>", "p").message,
      /^Provider p failed \(HTTP 502\)\. Try again\.$/,
    );
  });

  it("lets a call be tried again that the model, not the caller, got wrong", () => {
    assert.equal(decodeError(400, {}, error("no tool", { code: "tool_use_failed" }), "p").retryable, true);
  });

  it("reads how long to wait from the sentence; headers are read for all wires alike", () => {
    const wait = (message: string) => decodeError(429, { "retry-after": "9" }, error(message), "p").retryAfterMs;
    assert.equal(wait("Please try again in 174ms. Visit"), 174);
    assert.equal(wait("Please try again in 50.597142857s."), 50_598);
    assert.equal(wait("Please try again in 1m2s."), 62_000);
    assert.equal(wait("Please try again."), undefined);
  });
});

describe("decodeInnerError", () => {
  it("takes the status that the error names, else what its type means", () => {
    assert.equal(decodeInnerError({ message: "Overloaded", code: 529 }, "p").code, "overloaded");
    assert.equal(decodeInnerError({ message: "x", type: "rate_limit_error" }, "p").code, "rate_limited");
    assert.equal(decodeInnerError({ code: "server_error", message: "Provider disconnected" }, "p").code, "provider_error");
    assert.equal(decodeInnerError("an error was encountered", "p").code, "provider_error");
    assert.equal(decodeInnerError({ message: "x", type: "overloaded_error" }, "p").code, "overloaded");
  });
});

test("an overflow is told in OpenAI's words, which is how frameworks know it", () => {
  const said = (message: string): unknown => errorObject(new GatewayError("context_overflow", message))["message"];
  assert.equal(said("This model's maximum context length is 9."), "This model's maximum context length is 9.");
  assert.match(String(said("The input token count exceeds …")), /maximum context length.* The input token count exceeds …$/);
});

const quoted = process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open";
const file = `${quoted}/../error_bodies_quoted.json`;

test("errors quoted in public issues", { skip: existsSync(file) ? false : "no recordings here" }, () => {
  const expected: { readonly [status: number]: readonly ErrorCode[] } = {
    402: ["provider_quota"],
    413: ["payload_too_large"],
    429: ["rate_limited", "provider_quota", "overloaded"],
    503: ["overloaded"],
    529: ["overloaded"],
  };
  const all: Json = JSON.parse(readFileSync(file, "utf8"));
  assert.ok(isObject(all) && isArray(all["errors"]));
  let seen = 0;
  for (const one of all["errors"]) {
    assert.ok(isObject(one) && isObject(one["headers"]));
    const { status, body } = one;
    if (typeof status !== "number" || status === 200) continue;
    const headers = Object.fromEntries(Object.entries(one["headers"]).map(([name, value]) => [name, String(value)]));
    const fault = decodeError(status, headers, isObject(body) ? body : "", String(one["provider"]));
    assert.ok(expected[status]?.includes(fault.code), `${status} ${JSON.stringify(body)}: ${fault.code}`);
    seen++;
  }
  assert.ok(seen >= 20);
});

describe("encodeError", () => {
  it("is OpenAI's shape, names the call, and tells SDKs whether to try again", () => {
    const limited = encodeError(new GatewayError("rate_limited", "Slow down.", { retryAfterMs: 1200 }), "call-1");
    assert.equal(limited.status, 429);
    assert.deepEqual(limited.body, {
      error: { message: "Slow down. (call call-1)", type: "rate_limit_error", param: null, code: "rate_limit_exceeded" },
    });
    assert.equal(limited.headers["retry-after"], "2");
    assert.equal(limited.headers["x-should-retry"], undefined);
    const refused = encodeError(new GatewayError("invalid_request", "`n` must be a number.", { param: "n" }), "call-2");
    assert.deepEqual([refused.status, refused.headers["x-should-retry"]], [400, "false"]);
    assert.ok(isObject(refused.body["error"]) && refused.body["error"]["param"] === "n");
  });
});

it("what a provider does not keep is not found, and no fault of its address", () => {
  const body = {
    error: { message: "Response with id 'resp_1' not found.", type: "invalid_request_error", param: null, code: null },
  };
  const error = decodeError(404, {}, body, "p");
  assert.deepEqual([error.code, error.retryable], ["not_found", false]);
  assert.match(error.message, /resp_1/);
});
