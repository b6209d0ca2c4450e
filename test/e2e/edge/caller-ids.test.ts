import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { canaries } from "../reliability/ask.ts";
import { type RawUpstream, startRawUpstream, whole } from "../reliability/raw-upstream.ts";
import { type Stack, startStack } from "../stack.ts";
import { head, open } from "./wire.ts";

/* S16: what callers call things is never a path, a header, a key of the books or a line of anything. */

const hostile = [
  "../../admin",
  "..",
  ".",
  "a/../../b",
  "..%2f..%2fadmin",
  "%2e%2e",
  "a?b=c#d",
  "a\r\nx-injected: 1\r\n\r\nGET /x HTTP/1.1",
  "a\nb",
  "a\u0000b",
  "a b\tc",
  "\\..\\..",
  "größe 世界",
  "'; DROP TABLE entries; --",
  "x".repeat(100_000),
];

interface Asked {
  readonly path: string;
  readonly head: string;
}

describe("S16: names that callers choose", { timeout: 60_000 }, () => {
  let upstream: RawUpstream;
  let stack: Stack;
  const asked: Asked[] = [];
  before(async () => {
    upstream = await startRawUpstream(({ socket, path, head: sent }) => {
      asked.push({ path, head: sent });
      socket.write(whole(404, '{"error":{"message":"no such thing"}}'));
    });
    const gem = `  gem: { wire: gemini, base_url: "${upstream.url}", api_key: none }`;
    const resp = `  resp: { wire: openai-responses, base_url: "${upstream.url}/v1", api_key: none }`;
    stack = await startStack({ upstream: upstream.url, key: canaries.key, yaml: `${gem}\n${resp}` });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });

  const post = (path: string, body: unknown, headers: { readonly [name: string]: string } = {}): Promise<Response> =>
    fetch(`${stack.address}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${canaries.key}`, ...headers },
      body: JSON.stringify(body),
    });
  const get = (path: string, method = "GET"): Promise<Response> =>
    fetch(`${stack.address}${path}`, { method, headers: { authorization: `Bearer ${canaries.key}` } });
  const messages = [{ role: "user", content: "hi" }];

  /** Only the provider's own path, with what the caller named in its place, without a segment of dots. */
  function checkAsked(which: RegExp): void {
    for (const { path, head: sent } of asked.splice(0)) {
      assert.match(path, which);
      assert.doesNotMatch(path, /\/\.{1,2}(?:\/|$|\?)|[\s\\]/, path);
      assert.doesNotMatch(sent, /^x-injected/im);
      assert.equal(sent.match(/ HTTP\/1\.1/g)?.length, 1, sent.slice(0, 300));
    }
  }

  it("models stay in the models' part of a path, or are refused", async (t) => {
    let reached = 0;
    for (const name of hostile) {
      for (const stream of [false, true]) {
        const before = asked.length;
        const answer = await post("/v1/chat/completions", { model: `gem/${name}`, messages, stream });
        assert.ok(answer.status >= 400 && answer.status < 500, `${name.slice(0, 40)}: ${answer.status} ${await answer.text()}`);
        reached += asked.length - before;
      }
      checkAsked(/^\/v1beta\/models\/[^?#]+:(?:generateContent|streamGenerateContent\?alt=sse)$/);
      if (name.length > 9000) continue;
      const answer = await post(`/v1beta/models/${encodeURIComponent(`gem/${name}`)}:generateContent`, {
        contents: [{ role: "user", parts: [{ text: "hi" }] }],
      });
      assert.ok(answer.status >= 400 && answer.status < 500, `${name.slice(0, 40)}: ${answer.status}`);
      checkAsked(/^\/v1beta\/models\/[^?#]+:generateContent$/);
    }
    t.diagnostic(`S16: ${hostile.length} names, ${reached} requests to the provider, none outside its own path`);
  });

  it("ids of answers are one segment of a path, or are refused", async () => {
    for (const name of hostile) {
      if (name.length > 9000) continue;
      const id = encodeURIComponent(name);
      for (const [path, method] of [
        [`/v1/responses/${id}`, "GET"],
        [`/v1/responses/${id}`, "DELETE"],
        [`/v1/responses/${id}/input_items`, "GET"],
      ] as const) {
        const answer = await get(path, method);
        const text = await answer.text();
        // fetch resolves dots itself: what is left of the path then is no route, or one that takes no DELETE.
        assert.ok([400, 404, 405].includes(answer.status) || name.startsWith("."), `${method} ${path}: ${answer.status} ${text}`);
        JSON.parse(text);
      }
      const after = await post("/v1/responses", { model: "resp/x", input: "hi", previous_response_id: name });
      assert.ok(after.status >= 400 && after.status < 500, `${name.slice(0, 40)}: ${after.status}`);
      checkAsked(/^\/v1\/responses(?:\/[^/?#]+(?:\/input_items)?)?$/);
    }
    for (const dots of ["..", ".", "%2e%2e", "%2E.", "..%2f.."]) {
      const connection = open(Number(new URL(stack.address).port));
      connection.socket.write(head(`GET /v1/responses/${dots} HTTP/1.1`, [`Authorization: Bearer ${canaries.key}`]));
      assert.equal(await connection.wait((text) => /^HTTP\/1\.1 40[04] .*\}$/s.test(text)), true, connection.text());
      connection.socket.destroy();
    }
    checkAsked(/^$/);
  });

  it("ids in headers are not ours: the books have their own, and providers are not told", async () => {
    const ids = ["same-id", "same-id", "../../x", "call_0", "x".repeat(2000), "a;b,c", '{"a":1}', "%0d%0ax-injected:%201"];
    const calls = new Set<string>();
    for (const id of ids) {
      const headers = {
        "x-request-id": id,
        "x-client-request-id": id,
        "idempotency-key": id,
        traceparent: id,
        tracestate: id,
        baggage: id,
      };
      const answer = await post("/v1/chat/completions", { model: "oai/x", messages, metadata: { id, "../x": id } }, headers);
      calls.add(answer.headers.get("x-polygate-call-id") ?? "");
      assert.equal(answer.headers.get("x-request-id") === id, false);
    }
    for (const { head: sent } of asked) {
      const names = sent
        .split("\r\n")
        .slice(1)
        .map((line) => line.split(":")[0]?.toLowerCase() ?? "");
      for (const name of ["x-client-request-id", "tracestate", "baggage", "x-injected"]) assert.ok(!names.includes(name), name);
      assert.doesNotMatch(sent, /same-id|x{100}/);
    }
    checkAsked(/^\/v1\/chat\/completions$/);
    assert.equal(calls.size, ids.length, "a call id for each");
    const rows = await stack.ledger();
    const booked = rows.filter(({ call_id }) => calls.has(call_id));
    assert.equal(booked.length, ids.length);
    for (const { call_id } of rows) assert.match(call_id, /^call_[0-9a-f]{32}$/);
  });

  it("an id of 1 MB is refused before anything is done with it", async () => {
    const port = Number(new URL(stack.address).port);
    for (const [line, header] of [
      ["POST /v1/chat/completions HTTP/1.1", `X-Request-Id: ${"x".repeat(1_000_000)}`],
      [`GET /v1/responses/${"x".repeat(1_000_000)} HTTP/1.1`, "X-A: 1"],
    ] as const) {
      const connection = open(port);
      connection.socket.write(head(line, [header]));
      assert.equal(await connection.wait((text) => text.startsWith("HTTP/1.1 431 ")), true);
      connection.socket.destroy();
    }
    assert.equal(asked.length, 0);
  });
});
