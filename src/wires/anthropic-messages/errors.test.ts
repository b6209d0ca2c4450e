import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type ErrorCode, GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { decodeError, decodeStreamError, encodeError } from "./errors.ts";

const body = (type: string, message: string): JsonObject => ({ type: "error", error: { type, message }, request_id: "req_1" });

const table: readonly [number, JsonObject | string, ErrorCode][] = [
  [400, body("invalid_request_error", "max_tokens: Field required"), "invalid_request"],
  [400, body("invalid_request_error", "prompt is too long: 3333404 tokens > 200000 maximum"), "context_overflow"],
  [
    400,
    body("invalid_request_error", "input length and `max_tokens` exceed context limit: 199000 + 9000 > 200000"),
    "context_overflow",
  ],
  [400, body("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), "provider_quota"],
  [400, body("invalid_request_error", "You have reached your specified API usage limits."), "provider_quota"],
  [400, body("invalid_request_error", "Output blocked by content filtering policy"), "content_policy"],
  [400, body("invalid_request_error", "This organization has been disabled."), "provider_credential"],
  [401, body("authentication_error", "invalid x-api-key"), "provider_credential"],
  [402, body("billing_error", "Payment required"), "provider_quota"],
  [403, body("permission_error", "Not allowed"), "provider_credential"],
  [404, body("not_found_error", "model: claude-4-5-haiku"), "model_not_found"],
  [413, body("request_too_large", "Request exceeds the maximum size"), "payload_too_large"],
  [429, body("rate_limit_error", "This request would exceed your account's rate limit."), "rate_limited"],
  [500, body("api_error", "Internal server error"), "provider_error"],
  [504, body("timeout_error", "Request timed out"), "timeout"],
  [529, body("overloaded_error", "Overloaded"), "overloaded"],
  [503, { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } }, "overloaded"],
  [502, "<html><title>502 Bad Gateway</title></html>", "provider_error"],
  [522, "<html>cloudflare</html>", "provider_error"],
  [404, "<html>not here</html>", "provider_error"],
  [429, "slow down", "rate_limited"],
  [401, "", "provider_credential"],
];

test("an error's kind follows from its status and what it says", () => {
  for (const [status, given, code] of table) {
    const error = decodeError(status, { "request-id": "req_h" }, given, "anthropic");
    assert.equal(error.code, code, `${status} ${JSON.stringify(given)}`);
    assert.equal(error.upstream?.status, status);
    assert.equal(error.upstream?.requestId, "req_h");
    assert(!/[<>]/.test(error.message.replace("> 200000", "")), error.message);
  }
  assert.equal(decodeError(529, {}, body("overloaded_error", "Overloaded"), "anthropic").status, 529);
  assert.equal(decodeError(401, {}, body("authentication_error", "x"), "anthropic").status, 502);
  assert.equal(decodeError(404, {}, "<html>", "anthropic").retryable, false);
});

test("the caller reads the provider's sentence about its own fault, without secrets", () => {
  const fault = decodeError(400, {}, body("invalid_request_error", "max_tokens: Field required"), "anthropic");
  assert.equal(fault.message, "max_tokens: Field required");
  const secret = "sk-ant-api03-aBcDeFgHiJkLmNoP";
  const said = decodeError(
    400,
    {},
    body("invalid_request_error", `bad header x-api-key: ${secret}, Bearer abcdefgh12345`),
    "anthropic",
  );
  assert.equal(said.message, "bad header x-api-key: [secret], [secret]");
  assert(!JSON.stringify(said.upstream).includes("aBcDeFg"));
  const html = decodeError(500, {}, `<html>${secret}</html>`, "anthropic");
  assert(!JSON.stringify([html.message, html.upstream]).includes("aBcDeFg"));
  assert(!decodeStreamError(body("api_error", secret), "anthropic").message.includes("aBcDeFg"));
});

test("an error inside a stream is known by its type", () => {
  const code = (type: string) => decodeStreamError(body(type, "x"), "anthropic").code;
  assert.deepEqual(
    ["overloaded_error", "rate_limit_error", "api_error", "invalid_request_error", "timeout_error", "odd"].map(code),
    ["overloaded", "rate_limited", "provider_error", "invalid_request", "timeout", "provider_error"],
  );
});

const quoted = `${process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open"}/../error_bodies_quoted.json`;

test("Anthropic's errors quoted in public issues", { skip: existsSync(quoted) ? false : "no recordings here" }, () => {
  const found: Json = JSON.parse(readFileSync(quoted, "utf8"));
  assert(isObject(found) && isArray(found["errors"]));
  const seen = found["errors"].flatMap((entry) => {
    if (!isObject(entry) || entry["provider"] !== "anthropic") return [];
    const given = isObject(entry["body"]) ? entry["body"] : "";
    const headers = isObject(entry["headers"]) ? entry["headers"] : {};
    const bag = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const error = decodeError(Number(entry["status"]), bag, given, "anthropic");
    return [error.code];
  });
  assert.deepEqual(seen, ["overloaded", "overloaded", "rate_limited", "rate_limited", "rate_limited", "payload_too_large"]);
});

test("callers get Anthropic's shape, its type names, and the call's id", () => {
  const shape = (code: ErrorCode, details = {}) => encodeError(new GatewayError(code, "What to do.", details), "call_7");
  assert.deepEqual(shape("invalid_request"), {
    status: 400,
    headers: { "request-id": "call_7", "x-should-retry": "false" },
    body: { type: "error", error: { type: "invalid_request_error", message: "What to do. (call call_7)" }, request_id: "call_7" },
  });
  const type = (code: ErrorCode, details = {}) => {
    const { error } = shape(code, details).body;
    return isObject(error) ? error["type"] : undefined;
  };
  assert.equal(type("unauthenticated"), "authentication_error");
  assert.equal(type("permission_denied"), "permission_error");
  assert.equal(type("model_not_found"), "not_found_error");
  assert.equal(type("payload_too_large"), "request_too_large");
  assert.equal(type("rate_limited"), "rate_limit_error");
  assert.equal(type("overloaded", { status: 529 }), "overloaded_error");
  assert.equal(type("gateway_overloaded"), "overloaded_error");
  assert.equal(type("timeout"), "timeout_error");
  assert.equal(type("provider_credential"), "api_error");
  assert.deepEqual(shape("rate_limited", { retryAfterMs: 1200 }).headers, { "request-id": "call_7", "retry-after": "2" });
});

test("an overflow is told in Anthropic's words, which is how frameworks know it", () => {
  const said = (message: string): unknown => encodeError(new GatewayError("context_overflow", message), "c").body["error"];
  const type = "invalid_request_error";
  assert.deepEqual(said("prompt is too long: 9 tokens"), { type, message: "prompt is too long: 9 tokens (call c)" });
  assert.deepEqual(said("Too many tokens."), { type, message: "prompt is too long: Too many tokens. (call c)" });
});
