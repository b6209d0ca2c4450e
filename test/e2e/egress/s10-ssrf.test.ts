import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { callerKey, canary, guarded, publicAddress, shortAnswer, site, witness } from "./gateway.ts";
import { bodyOf, bodyRoutes, membersWith, partsWith, pathOf } from "./places.ts";
import { suite, towards } from "./targets.ts";

const skip = suite === undefined ? "the suite's targets are not there" : false;
const targets = suite ?? [];
/** A data: URL is what a caller sends instead of an address: nothing is fetched for it. */
const inline = (target: string): boolean => target.startsWith("data:");
/** Routes that stand under one path only; the others are the same under another prefix. */
const plain = bodyRoutes.filter(({ path }) => !/^\/(?:openai|anthropic|gemini)\/|^\/v1(?:beta)?\/\{|^\/v1\/models/.test(path));

describe("S10, #12: addresses that callers name", () => {
  it("URLs in every place of every route's body", { skip }, async (context) => {
    await using home = await witness();
    await using provider = await site("127.0.0.1", shortAnswer);
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
    let refused = 0;
    let passed = 0;
    const wrong: string[] = [];
    for (const [number, route] of bodyRoutes.entries()) {
      const some = plain.includes(route) ? targets : targets.filter((_, index) => index % 9 === number % 9);
      for (const target of some) {
        for (const part of partsWith(route.wire.name, towards(target, home.port))) {
          const before = provider.seen.length;
          const reply = await gateway.post(pathOf(route), bodyOf(route, [part]));
          const text = await reply.text();
          if (inline(target)) {
            passed++;
            continue;
          }
          refused++;
          const good =
            reply.status === 400 && provider.seen.length === before && /\[0\]/.test(text) && /Nothing was sent/.test(text);
          if (!good) wrong.push(`${route.path} ${JSON.stringify(part)}: ${reply.status} ${text.slice(0, 200)}`);
        }
      }
    }
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.equal(home.connections.count, 0);
    const elsewhere = gateway.dialled.filter((address) => address !== `127.0.0.1:${provider.port}`);
    assert.deepEqual(elsewhere, []);
    context.diagnostic(
      `${targets.length} targets, ${bodyRoutes.length} routes: ${refused} requests refused with their JSON path, ${passed} data: URLs left alone, 0 connections to witnesses, 0 dialled elsewhere`,
    );
    assert.ok(refused > 2000 && plain.length >= 8, `${refused} refused, ${plain.length} plain routes`);
  });

  it("URLs outside parts, in the words of each API, and dressed up", { skip }, async (context) => {
    await using provider = await site("127.0.0.1", shortAnswer);
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
    const urls = ["http://169.254.169.254/latest", "\u00a0http://169.254.169.254/", "//169.254.169.254/", "file:///etc/passwd"];
    let refused = 0;
    const wrong: string[] = [];
    for (const route of plain) {
      for (const url of [...urls, "http://[::ffff:127.0.0.1]/x", `http://localhost:${provider.port}/`]) {
        const said = [...membersWith(route.wire.name, url), { webhook_url: url }];
        const bodies = [
          ...said.map((members) => ({ ...bodyOf(route, []), ...members })),
          ...partsWith(route.wire.name, url).map((part) => bodyOf(route, [part])),
        ];
        for (const body of bodies) {
          const before = provider.seen.length;
          const reply = await gateway.post(pathOf(route), body);
          const text = await reply.text();
          refused++;
          if (reply.status === 400 && provider.seen.length === before && /Nothing was sent/.test(text)) continue;
          wrong.push(`${route.path} ${JSON.stringify(body)}: ${reply.status} ${text.slice(0, 200)}`);
        }
      }
    }
    assert.deepEqual(wrong.slice(0, 10), []);
    assert.ok(refused > 200, `${refused}`);
    context.diagnostic(`${refused} requests refused with their JSON path`);
  });

  it("addresses of upstreams, in every body and header where other gateways take one", { skip }, async (context) => {
    await using home = await witness();
    await using provider = await site("127.0.0.1", shortAnswer);
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
    const fields = ["api_base", "base_url", "baseUrl", "api_url", "custom_host", "endpoint", "azure_endpoint", "proxy"];
    const names = [
      ...["x-portkey-custom-host", "x-api-base", "x-base-url", "x-openai-base-url", "x-target-url", "helicone-target-url"],
      ...["x-forwarded-host", "x-original-url", "x-rewrite-url", "forwarded", "x-upstream", "x-litellm-api-base", "referer"],
    ];
    let sent = 0;
    for (const route of bodyRoutes) {
      const some = plain.includes(route) ? targets : targets.slice(0, 5);
      for (const target of some) {
        const url = towards(target, home.port);
        const said: JsonObject = Object.fromEntries(fields.map((field) => [field, url]));
        const nested = { ...said, metadata: said, extra_body: said, litellm_params: said, user_config: { providers: [said] } };
        const latin = Buffer.from(url, "utf8")
          .toString("latin1")
          .replaceAll(/[^\x21-\x7e]/g, "");
        const headers = {
          ...Object.fromEntries(names.map((name) => [name, latin])),
          "x-portkey-config": JSON.stringify({ custom_host: latin }),
        };
        const reply = await gateway.post(pathOf(route), { ...bodyOf(route, []), ...nested }, headers);
        await reply.arrayBuffer();
        sent++;
      }
    }
    assert.equal(home.connections.count, 0);
    assert.deepEqual(
      gateway.dialled.filter((address) => address !== `127.0.0.1:${provider.port}`),
      [],
    );
    assert.ok(provider.seen.length > sent / 2, "most were served all the same, where they belong");
    const odd = provider.seen.flatMap(({ headers }) => Object.keys(headers)).filter((name) => !usual.has(name));
    assert.deepEqual([...new Set(odd)], []);
    context.diagnostic(
      `${sent} requests with ${fields.length} fields (5 places each) and ${names.length + 1} headers: ${provider.seen.length} reached their own provider, 0 went elsewhere, 0 connections to witnesses`,
    );
  });

  it("providers that lead on: no redirect is followed, and no credential goes along", async (context) => {
    await using home = await witness();
    await using other = await site(publicAddress, shortAnswer);
    const seen: number[] = [];
    await using provider = await site("127.0.0.1", ({ url }, reply) => {
      const status = Number(/x-(\d+)-/.exec(url)?.[1] ?? 307);
      const to = url.includes("home") ? `http://127.0.0.1:${home.port}/` : `http://evil.example.com:${other.port}/`;
      seen.push(status);
      reply.writeHead(status, { location: to, "retry-after": "0" }).end("{}");
    });
    let asked = 0;
    for (const status of [301, 302, 303, 307, 308]) {
      for (const goal of ["home", "other"]) {
        await using gateway = await guarded(`http://127.0.0.1:${provider.port}/x-${status}-${goal}`);
        gateway.network.name("evil.example.com", [publicAddress]);
        for (const route of plain) {
          for (const stream of [false, true]) {
            const reply = await gateway.post(pathOf(route), {
              ...bodyOf(route, []),
              ...(stream && route.wire.name !== "gemini" && { stream }),
            });
            const text = await reply.text();
            asked++;
            assert.ok(reply.status === 502 || reply.status === 200, `${route.path}: ${reply.status} ${text}`);
            assert.equal(reply.headers.get("location"), null);
            assert.ok(!text.includes(canary) && !text.includes("evil.example.com"), text);
          }
        }
        const list = await fetch(`${gateway.address}/v1/models`, { headers: { authorization: `Bearer ${callerKey}` } });
        await list.text();
      }
    }
    assert.equal(home.connections.count, 0);
    assert.equal(other.seen.length, 0);
    assert.ok(provider.seen.length > 0 && provider.seen.every(({ headers }) => carriesCanary(headers)));
    context.diagnostic(
      `${asked} calls answered by redirects of 5 kinds (${provider.seen.length} times): 0 followed, 0 credentials elsewhere`,
    );
  });
});

/** Headers that a provider gets: ours, the wire's, the credential's. */
const usual: ReadonlySet<string> = new Set([
  ...["host", "connection", "accept", "accept-encoding", "content-type", "content-length", "user-agent"],
  ...["authorization", "x-api-key", "x-goog-api-key", "anthropic-version", "anthropic-beta"],
]);

const carriesCanary = (headers: { readonly [name: string]: string | string[] | undefined }): boolean =>
  Object.values(headers).some((value) => value === canary || value === `Bearer ${canary}`);
