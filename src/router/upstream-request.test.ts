import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../canonical/error.ts";
import { Secret } from "../canonical/secret.ts";
import type { Auth } from "../providers/provider.ts";
import { gemini } from "../wires/gemini/index.ts";
import { openaiResponses } from "../wires/openai-responses/index.ts";
import { upstreamRequest } from "./upstream-request.ts";

const deployment = { provider: "mine", baseUrl: "https://api.mine.com/v1", credential: new Secret("canary-credential") };
const asking = { method: "POST", path: "/chat/completions", headers: { accept: "x" }, body: "{}" } as const;
const asked = (auth: Auth = { kind: "bearer" }, base = deployment.baseUrl) => ({ deployment, auth, base });

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError, String(thrown));
    return thrown.code;
  }
  return "none";
};

describe("a request for a provider", () => {
  it("shows its deployment's credential as the provider wants it, and only where there is one", () => {
    const headers = (auth: Auth) => upstreamRequest(asked(auth), asking).headers;
    assert.deepEqual(headers({ kind: "bearer" }), { accept: "x", authorization: "Bearer canary-credential" });
    assert.deepEqual(headers({ kind: "header", name: "x-api-key" }), { accept: "x", "x-api-key": "canary-credential" });
    assert.deepEqual(headers({ kind: "none" }), { accept: "x" });
    const bare = { ...asked(), deployment: { ...deployment, credential: undefined } };
    assert.deepEqual(upstreamRequest(bare, asking).headers, { accept: "x" });
  });

  it("goes to the origin of its base URL", () => {
    const { origin, path, peer } = upstreamRequest(asked(), asking);
    assert.deepEqual({ origin, path, peer }, { origin: "https://api.mine.com", path: "/v1/chat/completions", peer: "mine" });
  });

  for (const base of [
    "http://api.mine.com/v1",
    "https://api.mine.com:8443/v1",
    "https://evil.com/v1",
    "https://api.mine.com.evil.com/v1",
    "https://api.mine.com@evil.com/v1",
    "https://API.mine.com/v1",
  ]) {
    it(`is not made for ${base}`, () => {
      assert.equal(
        refusal(() => upstreamRequest(asked({ kind: "bearer" }, base), asking)),
        "internal",
      );
    });
  }

  for (const path of [
    "chat",
    "@evil.com/x",
    ".evil.com/x",
    ":8080/x",
    "/a/../b",
    "/a/%2e%2E/b",
    "/a/.%2e",
    "/a/./b",
    "/a/..?x=1",
    "/a b",
    "/a#b",
    "/a\\b",
    "/a\r\nx: 1",
    "/ä",
  ]) {
    it(`does not take the path ${JSON.stringify(path)}`, () => {
      const bare = { ...asked(), deployment: { ...deployment, baseUrl: "https://api.mine.com" }, base: "https://api.mine.com" };
      assert.equal(
        refusal(() => upstreamRequest(bare, { ...asking, path })),
        "invalid_request",
      );
    });
  }
});

/** What callers may call a model or an answer, hoping that it is taken for more than a name. */
const injections = [
  ...["../../x", "a/../../b", "..", "%2e%2e", "%2e%2e%2fb", "a?alt=sse", "a#b", "//host/b", "a@evil.com", "\\\\host\\x"],
  ...["a:generateContent?key=1", "a\r\nHost: evil", "a b", "ä/ö", "a%00b", "http://evil.com/x", ";x=1", "a&b=c", "."],
];

describe("names in paths", () => {
  const target = { provider: "google", stream: false, callId: "c", quirks: {} };
  for (const name of injections) {
    it(`${JSON.stringify(name)} stays within its segment, or is refused`, () => {
      const outcome = refusal(() => {
        const { wireRequest } =
          gemini.codecs.chat?.encodeRequest({ model: name, messages: [] }, { ...target, model: name }) ?? assert.fail();
        const url = new URL(`https://h.com${wireRequest.path}`);
        assert.equal(url.host, "h.com");
        assert.equal(url.pathname, wireRequest.path, "nothing for a parser to put right");
        assert.equal(url.search + url.hash, "");
        const segment = /^\/v1beta\/models\/(.*):generateContent$/.exec(url.pathname)?.[1] ?? assert.fail(url.pathname);
        assert.equal(decodeURIComponent(segment), name);
        upstreamRequest(asked(), { ...asking, path: wireRequest.path });
      });
      assert.ok(outcome === "none" || outcome === "invalid_request");
      if (name.includes("..") && !name.includes("%")) assert.equal(outcome, "invalid_request");
    });

    it(`${JSON.stringify(name)} is no id of a stored answer`, () => {
      const codec = openaiResponses.codecs.stored ?? assert.fail();
      assert.equal(
        refusal(() => codec.encodeRequest({ verb: "get", id: name }, { ...target, model: "m" })),
        "invalid_request",
      );
    });
  }
});
