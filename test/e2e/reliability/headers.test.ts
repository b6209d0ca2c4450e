import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rawCall, written } from "../bad-input/raw-call.ts";
import { asked, type FourWires, pairs, providerOf, startFourWires } from "../pains/kit/four-wires.ts";
import { replyOf, requestOf } from "../pains/kit/speech.ts";
import { ask, bodyOf } from "./ask.ts";
import { type RawUpstream, startRawUpstream } from "./raw-upstream.ts";

/* S6: callers' headers are read by name, bounded, and stay here. */

const finishes = { "openai-chat": "stop", "anthropic-messages": "end_turn", "openai-responses": "completed", gemini: "STOP" };

/** What other gateways and their frameworks pass on, or act on. */
const names = [
  ...["cookie", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via", "x-original-url"],
  ...["x-rewrite-url", "x-http-method-override", "proxy-authorization", "proxy-connection", "te", "keep-alive"],
  ...[
    "upgrade-insecure-requests",
    "user-agent",
    "referer",
    "accept-language",
    "range",
    "if-none-match",
    "cache-control",
    "pragma",
  ],
  ...["x-request-id", "traceparent", "tracestate", "baggage", "idempotency-key", "x-stainless-lang", "x-litellm-api-base"],
  ...["x-portkey-custom-host", "x-portkey-config", "helicone-auth", "x-base-url", "api-key", "x_api_key", "x_goog_api_key"],
  ...["openai-organization", "openai-project", "openai-beta", "x-goog-user-project", "x-goog-request-params", "x-amz-date"],
  ...["anthropic-beta", "anthropic-dangerous-direct-browser-access", "x-canary", "constructor", "__proto__", "tostring"],
];
/** Of these the wires choose: betas of a request's own API mean the request. */
const chosen = new Set(["anthropic-beta", "openai-beta"]);

describe("S6: headers", { timeout: 60_000 }, () => {
  let upstream: RawUpstream;
  let stack: FourWires;
  let heads: string[] = [];
  before(async () => {
    upstream = await startRawUpstream(({ path, body, head, socket }) => {
      heads.push(head);
      const { wire, stream } = requestOf(path, body);
      socket.write(replyOf(wire, { text: "Hello.", calls: [], finish: finishes[wire] }, stream));
    });
    stack = await startFourWires({ upstream: upstream.url });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });
  const linesOf = (head = ""): readonly (readonly [name: string, value: string])[] =>
    head
      .split("\r\n")
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);

  for (const { caller, upstream: provider } of pairs) {
    test(`S6: none that the wire did not choose reaches a provider: ${provider} → ${caller}`, async () => {
      for (const stream of [false, true]) {
        heads = [];
        const model = `${providerOf[provider]}/m`;
        const plain = await stack.post(caller, model, asked[caller], { stream });
        const headers = Object.fromEntries(names.map((name) => [name, name === "te" ? "trailers" : `canary-${name}`]));
        const heavy = await stack.post(caller, model, asked[caller], { stream, headers });
        assert.deepEqual([plain.status, heavy.status], [200, 200], heavy.text);
        const [first, second] = heads.map(linesOf);
        assert.ok(first !== undefined && second !== undefined);
        const known = new Set(first.map(([name]) => name));
        for (const [name, value] of second) {
          assert.ok(known.has(name) || chosen.has(name), `${name}: ${value}`);
          assert.ok(!value.includes("canary") || chosen.has(name), `${name}: ${value}`);
          assert.ok(!value.includes(stack.key), name);
        }
        assert.equal(new Set(second.map(([name]) => name)).size, second.length, "one of each");
      }
    });
  }

  test("S6: an underscore is no hyphen: x_api_key opens nothing, neither alone nor beside x-api-key", async () => {
    const body = bodyOf("openai", "oai/m", false);
    for (const headers of [
      { x_api_key: stack.key },
      { X_Api_Key: stack.key, "x-api-key": "pg-wrong" },
      { x_goog_api_key: stack.key },
      { authorization_: `Bearer ${stack.key}` },
    ]) {
      assert.equal((await ask(stack.address, "openai", body, { headers })).status, 401);
    }
    assert.equal(
      (await ask(stack.address, "openai", body, { headers: { "x-api-key": stack.key, x_api_key: "pg-wrong" } })).status,
      200,
    );
  });

  test("S6: too much, folded, with NULs: 400 or 431, nothing is sent on, and the next call is served", async (t) => {
    heads = [];
    const body = JSON.stringify(bodyOf("openai", "oai/m", false));
    const good = [
      ["host", "localhost"],
      ["authorization", `Bearer ${stack.key}`],
      ["content-type", "application/json"],
      ["content-length", String(body.length)],
    ] as const;
    const line = "POST /v1/chat/completions HTTP/1.1";
    const many = (count: number) => Array.from({ length: count }, (_, at) => [`x-${at}`, "1"] as const);
    const cases: readonly (readonly [what: string, bytes: Buffer, statuses: readonly number[]])[] = [
      ["a value of 16 KB", written(line, [...good, ["x-big", "b".repeat(16_384)]], body), [431]],
      ["a name of 16 KB", written(line, [...good, ["b".repeat(16_384), "1"]], body), [431]],
      [
        "16 KB of small ones",
        written(line, [...good, ...many(99).map(([name]) => [name, "v".repeat(170)] as const)], body),
        [431],
      ],
      ["101 headers", written(line, [...good, ...many(97)], body), [431]],
      ["2000 headers", written(line, [...good, ...many(2000)], body), [431]],
      ["a target of 17 KB", written(`POST /v1/chat/completions?${"q".repeat(17_000)} HTTP/1.1`, good, body), [414, 431]],
      ["a folded one", written(line, [...good, ["x-a", "b\r\n c"]], body), [400]],
      ["a folded key", written(line, [["host", "localhost"], ["authorization", "Bearer\r\n x"], ...good.slice(2)], body), [400]],
      ["a NUL in a value", written(line, [...good, ["x-a", "b\0c"]], body), [400]],
      ["a NUL in a name", written(line, [...good, ["x\0a", "b"]], body), [400]],
      ["a lone CR", written(line, [...good, ["x-a", "b\rc"]], body), [400]],
      ["a lone LF", written(line, [...good, ["x-a", "b\nx-b: c"]], body), [400]],
      ["no name", written(line, [...good, ["", "b"]], body), [400]],
    ];
    for (const [what, bytes, statuses] of cases) {
      const { status } = await rawCall(stack.address, { pieces: [bytes], withinMs: 3000 });
      assert.ok(statuses.includes(status), `${what}: ${status}`);
    }
    assert.equal(heads.length, 0);
    assert.equal((await rawCall(stack.address, { pieces: [written(line, [...good, ...many(95)], body)] })).status, 200);
    t.diagnostic(
      `S6: ${cases.length} heads refused, ${names.length - chosen.size} names kept from providers in ${pairs.length} pairs`,
    );
  });
});
