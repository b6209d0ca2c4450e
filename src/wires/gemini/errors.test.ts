import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { plain } from "../shared/testing/codec.ts";
import { gemini } from "./index.ts";

const error = (code: number, status: string, message: string, details: readonly JsonObject[] = []): JsonObject => ({
  error: { code, status, message, details },
});
const typed = (name: string, members: JsonObject): JsonObject => ({
  "@type": `type.googleapis.com/google.rpc.${name}`,
  ...members,
});
const quota = (quotaId: string): JsonObject => typed("QuotaFailure", { violations: [{ quotaId }] });
const retry = typed("RetryInfo", { retryDelay: "34.4s" });
const read = (status: number, body: JsonObject | string): GatewayError => gemini.decodeError(status, {}, body, "google");

test("errors by status, reason and what they say", () => {
  const table: [number, JsonObject | string, string][] = [
    [400, error(400, "INVALID_ARGUMENT", "Request contains an invalid argument."), "invalid_request"],
    [400, error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), "provider_credential"],
    [400, error(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."), "provider_credential"],
    [400, error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "provider_credential"],
    [
      400,
      error(400, "INVALID_ARGUMENT", "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576)."),
      "context_overflow",
    ],
    [403, error(403, "PERMISSION_DENIED", "Generative Language API has not been used in project 1."), "provider_credential"],
    [403, error(403, "PERMISSION_DENIED", "CachedContent not found (or permission denied)"), "invalid_request"],
    [404, error(404, "NOT_FOUND", "models/gemini-1.5-flash is not found for API version v1beta."), "model_not_found"],
    [404, "<html>Not Found</html>", "provider_error"],
    [429, error(429, "RESOURCE_EXHAUSTED", "Quota.", [quota("GenerateRequestsPerMinute-FreeTier"), retry]), "rate_limited"],
    [429, error(429, "RESOURCE_EXHAUSTED", "Quota.", [quota("GenerateRequestsPerDay-FreeTier"), retry]), "provider_quota"],
    [429, error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: x, limit: 0, model: y", [retry]), "provider_quota"],
    [429, error(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."), "rate_limited"],
    [500, error(500, "INTERNAL", "An internal error has occurred."), "provider_error"],
    [503, error(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), "overloaded"],
    [504, error(504, "DEADLINE_EXCEEDED", "The request timed out."), "timeout"],
    [503, JSON.stringify([error(503, "UNAVAILABLE", "The model is overloaded.")]), "overloaded"],
    [400, `data: ${JSON.stringify(error(400, "INVALID_ARGUMENT", "API key not valid."))}\r\n\r\n`, "provider_credential"],
    [401, "Unauthorized", "provider_credential"],
    [502, "<html>bad gateway</html>", "provider_error"],
  ];
  for (const [status, body, code] of table) assert.equal(read(status, body).code, code, JSON.stringify(body));
});

test("how long to wait, and which field is at fault", () => {
  assert.equal(read(429, error(429, "RESOURCE_EXHAUSTED", "Quota.", [retry])).retryAfterMs, 34_400);
  const violation = typed("BadRequest", { fieldViolations: [{ field: "contents[0]", description: "x" }] });
  assert.equal(read(400, error(400, "INVALID_ARGUMENT", "Bad.", [violation])).param, "contents[0]");
});

test("#28: a key that an error quotes is masked", () => {
  const key = `AIza${"x".repeat(35)}`;
  const found = read(
    400,
    error(400, "INVALID_ARGUMENT", `Something is wrong with ${key}.`, [typed("DebugInfo", { detail: key })]),
  );
  assert(!JSON.stringify([found.message, found.upstream]).includes(key));
});

test("our errors in Google's shape", () => {
  const limited = new GatewayError("rate_limited", "Too fast.", { retryAfterMs: 1500 });
  const { status, headers, body } = gemini.encodeError(limited, "call_7");
  assert.equal(status, 429);
  assert.equal(headers["retry-after"], "2");
  const details = [
    { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "RATE_LIMITED", domain: "polygate" },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1.5s" },
  ];
  assert.deepEqual(plain(body), {
    error: { code: 429, message: "Too fast. (call call_7)", status: "RESOURCE_EXHAUSTED", details },
  });
  const named = (code: ConstructorParameters<typeof GatewayError>[0]): unknown => {
    const { error: inner } = gemini.encodeError(new GatewayError(code, "x"), "c").body;
    return plain(inner);
  };
  const statuses = ["invalid_request", "unauthenticated", "model_not_found", "overloaded", "timeout", "internal"] as const;
  assert.deepEqual(
    statuses.map((code) => JSON.stringify(named(code)).match(/"status":"(\w+)"/)?.[1]),
    ["INVALID_ARGUMENT", "UNAUTHENTICATED", "NOT_FOUND", "UNAVAILABLE", "DEADLINE_EXCEEDED", "INTERNAL"],
  );
});

test("a status that a provider had of its own is named as Google names it", () => {
  const named = (code: ConstructorParameters<typeof GatewayError>[0], status: number): unknown => {
    const { error: inner } = gemini.encodeError(new GatewayError(code, "x", { status }), "c").body;
    return JSON.stringify(inner).match(/"status":"(\w+)"/)?.[1];
  };
  assert.deepEqual(
    [named("provider_error", 500), named("provider_error", 502), named("overloaded", 529), named("provider_credential", 401)],
    ["INTERNAL", "UNAVAILABLE", "UNAVAILABLE", "UNAUTHENTICATED"],
  );
  assert.equal(named("invalid_request", 400), "INVALID_ARGUMENT");
});
