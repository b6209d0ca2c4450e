import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ask, bodyOf, type CallerWire, callerWires, canaries, pathOf } from "../reliability/ask.ts";
import { startGuardedStack } from "../reliability/guarded-stack.ts";
import { readError } from "../reliability/verdict.ts";
import type { Stack } from "../stack.ts";
import { rawCall, written } from "./raw-call.ts";

/* Requests that are wrong before their body is looked at: method, path, key, content type, Host, headers. */

const versioned = (caller: CallerWire): readonly (readonly [string, string])[] =>
  caller === "anthropic" ? [["anthropic-version", "2023-06-01"]] : [];

describe("bad requests", { timeout: 120_000 }, () => {
  let stack: Stack;
  let open: Stack;
  before(async () => {
    stack = await startGuardedStack();
    open = await startGuardedStack({ keys: false });
  });
  after(async () => {
    const troubles = [...stack.troubles, ...open.troubles];
    await Promise.all([stack.close(), open.close()]);
    assert.deepEqual(troubles, []);
  });

  for (const caller of callerWires) {
    const good = JSON.stringify(bodyOf(caller, "oai/echo", false));
    const path = pathOf(caller);
    /** By hand, without the version header: the path alone says whose wire it is. */
    const byHand = (line: string, headers: readonly (readonly [string, string])[], body = "", address = stack.address) =>
      rawCall(address, { pieces: [written(line, headers, body)] });
    const authorized = ["authorization", `Bearer ${canaries.key}`] as const;
    const json = ["content-type", "application/json"] as const;

    test(`${caller}: wrong methods`, async () => {
      for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"]) {
        const answer = await byHand(`${method} ${path} HTTP/1.1`, [["host", "localhost"], authorized]);
        assert.equal(answer.status, 405, method);
        assert.match(readError(caller, answer), /takes POST/);
        assert.equal(answer.headers["allow"], "POST");
      }
      const models = await byHand("POST /v1/models HTTP/1.1", [["host", "localhost"], authorized, ...versioned(caller)]);
      assert.equal(models.status, 405);
      assert.match(readError(caller, models), /takes GET/);
      assert.equal(models.headers["allow"], "GET, HEAD");
    });

    test(`${caller}: unknown paths`, async () => {
      for (const wrong of [
        "/",
        "/v1",
        "/v1/chat/completion",
        `${path}/`,
        `//${path}`,
        "/v2/messages",
        "/%2e%2e/etc/passwd",
        `/${"p".repeat(4000)}`,
      ]) {
        const answer = await byHand(
          `POST ${wrong} HTTP/1.1`,
          [["host", "localhost"], authorized, json, ["content-length", "2"], ...versioned(caller)],
          "{}",
        );
        assert.equal(answer.status, 404, wrong);
        assert.match(readError(caller, answer), /\/v1\/chat\/completions/);
        assert.ok(answer.text.length < 1000);
      }
    });

    test(`${caller}: no key, a wrong one, one in the wrong place`, async () => {
      const attempts: readonly (readonly (readonly [string, string])[])[] = [
        [],
        [["authorization", "Bearer wrong"]],
        [["authorization", "Bearer"]],
        [["authorization", `Basic ${canaries.key}`]],
        [["authorization", canaries.key]],
        [["authorization", `Bearer ${canaries.key}x`]],
        [["authorization", `Bearer ${canaries.openaiCredential}`]],
        [["x-api-key", "wrong"]],
        [["x-api-key", `${canaries.key.slice(0, -1)}`]],
        [["x-key", canaries.key]],
        [["x-goog-api-key", "wrong"]],
        [["cookie", `key=${canaries.key}`]],
        [["proxy-authorization", `Bearer ${canaries.key}`]],
        // A wrong key is wrong, whatever stands in the other header.
        [
          ["authorization", "Bearer wrong"],
          ["x-api-key", canaries.key],
        ],
      ];
      const messages = new Set<string>();
      for (const headers of attempts) {
        const answer = await byHand(
          `POST ${path} HTTP/1.1`,
          [["host", "localhost"], json, ["content-length", String(good.length)], ...headers],
          good,
        );
        assert.equal(answer.status, 401, JSON.stringify(headers));
        const id = answer.headers["x-polygate-call-id"] ?? "";
        messages.add(readError(caller, answer).replaceAll(id, "ID"));
      }
      assert.equal(messages.size, 1, "the same sentence, whatever was wrong");
      const inQuery = await byHand(
        `POST ${path}?key=${canaries.key}&api_key=${canaries.key} HTTP/1.1`,
        [["host", "localhost"], json, ["content-length", String(good.length)]],
        good,
      );
      assert.equal(inQuery.status, 401);
      for (const header of [authorized, ["x-api-key", canaries.key] as const]) {
        const answer = await byHand(
          `POST ${path} HTTP/1.1`,
          [["host", "localhost"], json, ["content-length", String(good.length)], header],
          good,
        );
        assert.equal(answer.status, 200, answer.text);
      }
    });

    test(`${caller}: wrong content types`, async () => {
      const types = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "image/png",
        "application/xml",
      ];
      for (const type of types) {
        const answer = await ask(stack.address, caller, good, { key: canaries.key, headers: { "content-type": type } });
        assert.equal(answer.status, 415, type);
        assert.match(readError(caller, answer), /application\/json/);
      }
      for (const type of ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"]) {
        const answer = await ask(stack.address, caller, good, { key: canaries.key, headers: { "content-type": type } });
        assert.equal(answer.status, 200, type);
      }
      // What a web page may send without asking first.
      const page = [
        ["host", "localhost"],
        ["origin", "https://evil.example"],
        ["content-length", String(good.length)],
      ] as const;
      const crossSite = await byHand(`POST ${path} HTTP/1.1`, page, good, open.address);
      assert.equal(crossSite.status, 403);
      assert.equal(crossSite.headers["access-control-allow-origin"], undefined);
    });

    test(`${caller}: Host headers that are none`, async () => {
      const hosts = [
        "",
        "a,b",
        "localhost/v1/models",
        "user@localhost",
        "localhost:99999999",
        "local host",
        "localhost#x",
        "[::1",
        "localhost:",
        "http://localhost",
        "-",
        ".",
        "a\tb",
      ];
      for (const host of hosts) {
        const answer = await byHand(`POST ${path} HTTP/1.1`, [["host", host], authorized, json], "");
        assert.ok(answer.status === 421 || answer.status === 400, `${host}: ${answer.status}`);
        readError(caller, answer);
      }
      const twice = await byHand(`POST ${path} HTTP/1.1`, [["host", "localhost"], ["host", "localhost"], authorized, json]);
      assert.equal(twice.status, 400);
      readError(caller, twice);
      for (const line of [
        `POST http://localhost${path} HTTP/1.1`,
        `POST http://evil.example${path} HTTP/1.1`,
        "OPTIONS * HTTP/1.1",
      ]) {
        const answer = await byHand(line, [["host", "localhost"], authorized, json, ...versioned(caller)]);
        assert.equal(answer.status, 400, line);
        assert.match(readError(caller, answer), /plain path/);
      }
      for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "0.0.0.0"]) {
        const answer = await byHand(
          `POST ${path} HTTP/1.1`,
          [["host", host], json, ["content-length", String(good.length)]],
          good,
          open.address,
        );
        assert.equal(answer.status, 421, host);
        assert.match(readError(caller, answer), /localhost/);
      }
      for (const host of ["localhost", "LOCALHOST:4000", "127.0.0.1", "[::1]:80"]) {
        const answer = await byHand(
          `POST ${path} HTTP/1.1`,
          [["host", host], json, ["content-length", String(good.length)]],
          good,
          open.address,
        );
        assert.equal(answer.status, 200, host);
      }
    });
  }

  test("bytes that are no HTTP are refused with a status, and soon", async (t) => {
    const host = ["host", "localhost"] as const;
    const bad: readonly (readonly [string, Buffer, readonly number[]])[] = [
      ["no HTTP", Buffer.from("hello?\r\n\r\n"), [400]],
      ["TLS", Buffer.from("16030100a5010000a10303", "hex"), [400]],
      [
        "length and chunks",
        written("POST /v1/messages HTTP/1.1", [host, ["content-length", "2"], ["transfer-encoding", "chunked"]], "0\r\n\r\n"),
        [400],
      ],
      [
        "two lengths",
        written("POST /v1/messages HTTP/1.1", [host, ["content-length", "2"], ["content-length", "3"]], "{}"),
        [400],
      ],
      ["negative length", written("POST /v1/messages HTTP/1.1", [host, ["content-length", "-2"]], "{}"), [400]],
      [
        "bad chunk",
        written(
          "POST /v1/messages HTTP/1.1",
          [
            host,
            ["authorization", `Bearer ${canaries.key}`],
            ["content-type", "application/json"],
            ["transfer-encoding", "chunked"],
          ],
          "zz\r\n{}\r\n",
        ),
        [400],
      ],
      ["NUL in a header", written("POST /v1/messages HTTP/1.1", [host, ["x-a", "b\0c"]]), [400]],
      ["blank in a header name", written("POST /v1/messages HTTP/1.1", [host, ["x a", "b"]]), [400]],
      ["headers of 20 KB", written("POST /v1/messages HTTP/1.1", [host, ["x-big", "b".repeat(20_000)]]), [431]],
      [
        "2000 headers",
        written("GET /healthz HTTP/1.1", [host, ...Array.from({ length: 2000 }, (_, i) => [`x-${i}`, "1"] as const)]),
        [431],
      ],
    ];
    for (const [name, bytes, statuses] of bad) {
      const answer = await rawCall(stack.address, { pieces: [bytes], withinMs: 2000 });
      assert.ok(statuses.includes(answer.status), `${name}: ${answer.status}`);
      const message = readError("openai", answer);
      assert.ok(message.length > 20, name);
    }
    const fine = await ask(stack.address, "openai", bodyOf("openai", "oai/echo", false), { key: canaries.key });
    assert.equal(fine.status, 200);
    t.diagnostic(`${bad.length} refused`);
  });

  test("expectations", async () => {
    const good = JSON.stringify(bodyOf("openai", "oai/echo", false));
    const base = [
      ["host", "localhost"],
      ["authorization", `Bearer ${canaries.key}`],
      ["content-type", "application/json"],
      ["content-length", String(good.length)],
    ] as const;
    const continued = await rawCall(stack.address, {
      pieces: [written("POST /v1/chat/completions HTTP/1.1", [...base, ["expect", "100-continue"]], good)],
    });
    assert.equal(continued.status, 200);
    const strange = await rawCall(stack.address, {
      pieces: [written("POST /v1/chat/completions HTTP/1.1", [...base, ["expect", "miracles"]], good)],
    });
    assert.equal(strange.status, 417);
  });

  test("HTTP/1.0, HEAD, and probes", async () => {
    const old = await rawCall(stack.address, { pieces: [written("GET /healthz HTTP/1.0", [["host", "localhost"]])] });
    assert.equal(old.status, 200);
    const probe = await ask(stack.address, "openai", "", { method: "HEAD", path: "/healthz" });
    assert.equal(probe.status, 200);
    assert.equal(probe.text, "");
    const ready = await ask(stack.address, "openai", "", { method: "GET", path: "/readyz" });
    assert.equal(ready.status, 200);
  });
});
