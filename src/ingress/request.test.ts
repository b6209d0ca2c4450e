import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { describe, it, test } from "node:test";
import { PathTable } from "./path-table.ts";
import { checkContentType, headerBag, lossPolicy, parseTarget, presentedKey } from "./request.ts";
import { routeTable } from "./routes.ts";
import { arriving } from "./testing/arriving.ts";

describe("parseTarget", () => {
  it("parts path and query, and refuses other forms", () => {
    assert.deepEqual(parseTarget("/v1/models"), { path: "/v1/models", query: "" });
    assert.deepEqual(parseTarget("/v1/models?a=b?c"), { path: "/v1/models", query: "a=b?c" });
    assert.deepEqual(parseTarget("/?"), { path: "/", query: "" });
    for (const url of [undefined, "", "*", "http://evil/v1/models", "v1/models", "localhost:80"])
      assert.throws(() => parseTarget(url), { code: "invalid_request" });
  });
});

describe("presentedKey", () => {
  it("reads Bearer first, then x-api-key", () => {
    assert.equal(presentedKey({ authorization: "Bearer k1" }), "k1");
    assert.equal(presentedKey({ authorization: "bearer   k1  ", "x-api-key": "k2" }), "k1");
    assert.equal(presentedKey({ "x-api-key": "k2" }), "k2");
    assert.equal(presentedKey({ authorization: "Basic abc", "x-api-key": "k2" }), "k2");
    for (const authorization of ["", "Bearer", "Bearer ", "Bearer a b", "k1", "xBearer k1"])
      assert.equal(presentedKey({ authorization }), undefined);
    assert.equal(presentedKey({ "x-api-key": "" }), undefined);
    assert.equal(presentedKey({}), undefined);
    assert.equal(presentedKey({ "x-goog-api-key": "k3" }), "k3");
    assert.equal(presentedKey({ "api-key": "k4", "x-api-key": "" }), "k4");
    assert.equal(presentedKey({}, "alt=sse&key=k%205"), "k 5");
    assert.equal(presentedKey({ "x-goog-api-key": "k3" }, "key=k5"), "k3");
    assert.equal(presentedKey({}, "key="), undefined);
  });
});

describe("checkContentType", () => {
  it("takes JSON, and what no web page can send without asking", () => {
    for (const type of ["application/json", "Application/JSON; charset=utf-8", "application/problem+json", "application/json;x"])
      checkContentType({ "content-type": type, origin: "http://evil" });
    checkContentType({});
    const pages = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "",
      "text/plain;application/json",
      "application/jsonp",
      "xapplication/json",
    ];
    for (const type of pages)
      assert.throws(() => checkContentType({ "content-type": type }), { code: "unsupported_media_type" }, type);
    assert.throws(() => checkContentType({ origin: "null" }), { code: "unsupported_media_type" });
  });
});

it("text is no truth value", () => {
  assert.deepEqual(
    [undefined, "true", "false", "refuse", "warn", "allow"].map((word) => lossPolicy(word, "allow")),
    ["allow", "refuse", "warn", "refuse", "warn", "allow"],
  );
  for (const word of ["", "1", "yes", "TRUE", "true, true"])
    assert.throws(() => lossPolicy(word, "warn"), { code: "invalid_request" });
});

it("headers are taken as Node read them", async () => {
  const { request } = await arriving("x-a: 1\r\nx-a: 2\r\nX-B: c\r\n__proto__: x\r\n");
  assert.ok(request instanceof IncomingMessage);
  const bag = headerBag(request);
  assert.deepEqual([bag["host"], bag["x-a"], bag["x-b"]], ["localhost", "1, 2", "c"]);
  assert.equal(Object.getPrototypeOf(bag), Object.prototype);
});

describe("routes", () => {
  const table = routeTable("admin");
  it("match method and exact path, a HEAD as its GET", () => {
    for (const route of table.routes) {
      const match = table.match(route.method, route.path.replace(/\{\w+\}/, "a%20b"));
      assert.equal(match.route, route);
      if (route.path.includes("{")) assert.deepEqual(match, { route, named: "a b" });
    }
    assert.equal(table.match("HEAD", "/v1/models").route?.kind, "models");
    assert.deepEqual(table.match("HEAD", "/v1/messages"), { route: undefined, methods: ["POST"] });
    assert.deepEqual(table.match("OPTIONS", "/v1/messages"), { route: undefined, methods: ["POST"] });
    for (const path of ["/", "/v1/messages/", "/V1/messages", "//v1/messages", "/v1/%6dessages", "/healthz/..", "/admin"])
      assert.deepEqual(table.match("GET", path), { route: undefined, methods: [] }, path);
  });

  it("all demand a key but the probes, and are what they are for good", () => {
    for (const metrics of ["admin", "public", "off", undefined] as const) {
      const { routes } = routeTable(metrics);
      const open = routes.filter(({ role }) => role === "public").map(({ path }) => path);
      assert.deepEqual(open, ["/healthz", "/readyz", ...(metrics === "public" ? ["/metrics"] : [])]);
      assert.equal(
        routes.filter(({ policy }) => policy === "operator").length,
        { admin: 3, public: 3, off: 2, none: 0 }[metrics ?? "none"],
      );
      assert.equal(new Set(routes.map(({ method, path }) => `${method} ${path}`)).size, routes.length);
      assert.ok(routes.every((route) => Object.isFrozen(route)));
    }
  });
});

test("a path's name is decoded, may hold slashes before a verb, and never eats what is another route's", () => {
  const table = new PathTable([
    { method: "POST", path: "/v1beta/{model}:generateContent" },
    { method: "GET", path: "/v1/responses/{id}" },
    { method: "GET", path: "/v1/responses/{id}/input_items" },
    { method: "POST", path: "/v1/responses/input_tokens" },
  ]);
  const found = (method: string, path: string) => {
    const match = table.match(method, path);
    return match.route === undefined ? match.methods : [match.route.path, match.named];
  };
  const generate = "/v1beta/{model}:generateContent";
  assert.deepEqual(found("POST", "/v1beta/models/openai/gpt%2D5:generateContent"), [generate, "models/openai/gpt-5"]);
  assert.deepEqual(found("POST", "/v1beta/models/ollama/llama3:8b:generateContent"), [generate, "models/ollama/llama3:8b"]);
  assert.deepEqual(found("POST", "/v1beta/:generateContent"), []);
  assert.deepEqual(found("POST", "/v1beta/%zz:generateContent"), []);
  assert.deepEqual(found("GET", "/v1/responses/resp_1"), ["/v1/responses/{id}", "resp_1"]);
  assert.deepEqual(found("GET", "/v1/responses/resp_1/input_items"), ["/v1/responses/{id}/input_items", "resp_1"]);
  assert.deepEqual(found("GET", "/v1/responses/a/b/input_items"), []);
  assert.deepEqual(found("POST", "/v1/responses/resp_1"), ["GET", "HEAD"]);
  assert.deepEqual(found("POST", "/v1/responses/input_tokens"), ["/v1/responses/input_tokens", undefined]);
});
