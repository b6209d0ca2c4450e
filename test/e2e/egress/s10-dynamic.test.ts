import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { callerKey, canary, type Guarded, guarded, publicAddress, shortAnswer, site, witness } from "./gateway.ts";
import { bodyOf, bodyRoutes, partsWith, pathOf } from "./places.ts";

/** A caller of Anthropic's wire at a provider of OpenAI's: its document's content must be sent, so the gateway fetches it. */
const withDocument = (gateway: Guarded, url: string, headers: { readonly [name: string]: string } = {}): Promise<Response> =>
  gateway.post(
    "/v1/messages",
    {
      model: "oai/m",
      max_tokens: 9,
      messages: [
        {
          role: "user",
          content: [
            { type: "document", source: { type: "url", url } },
            { type: "text", text: "?" },
          ],
        },
      ],
    },
    headers,
  );

const warned = (reply: Response): string => reply.headers.get("x-polygate-warnings") ?? "";

describe("S10, dynamic: what addresses turn out to be", () => {
  it("dns-rebind: a name that is public when it is judged and this machine when it is connected to", async () => {
    await using provider = await site("127.0.0.1", shortAnswer);
    await using home = await witness();
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
    gateway.network
      .name("rebind.example.com", [publicAddress], ["127.0.0.1"])
      .name("both.example.com", ["127.0.0.1", publicAddress]);
    const rebound = await withDocument(gateway, `http://rebind.example.com:${home.port}/a.pdf`);
    assert.equal(rebound.status, 400);
    assert.match(await rebound.text(), /messages\[0\]\.content\[0\].*rebind\.example\.com:\d+ is not on the public internet/);
    const mixed = await withDocument(gateway, `http://both.example.com:${home.port}/a.pdf`);
    assert.equal(mixed.status, 400);
    assert.deepEqual([home.connections.count, provider.seen.length, gateway.dialled.length], [0, 0, 0]);
    assert.deepEqual(gateway.network.asked, ["rebind.example.com", "rebind.example.com", "both.example.com"]);
  });

  it("dns-rebind of a built-in provider: its default address must be public, and the operator reads the way out", async () => {
    await using home = await witness();
    await using gateway = await guarded("http://127.0.0.1:1", `  openai: { api_key: ${canary} }`);
    gateway.network.name("api.openai.com", ["127.0.0.1"]);
    const reply = await gateway.post("/v1/chat/completions", {
      model: "openai/gpt-5",
      messages: [{ role: "user", content: "x" }],
    });
    assert.equal(reply.status, 502);
    assert.match(
      await reply.text(),
      /The address of openai is not allowed; the operator finds in the gateway's log what to do about it\./,
    );
    assert.match(
      gateway.troubles.join("\n"),
      /api\.openai\.com:443 resolves to 127\.0\.0\.1.*egress: \{ allow: \["api\.openai\.com:443"\] \}/,
    );
    assert.deepEqual([gateway.dialled, home.connections.count], [[], 0]);
  });

  for (const [name, ...hops] of [
    ["redirect-302-to-metadata", "302 http://169.254.169.254/latest/meta-data/"],
    ["redirect-chain", "301 /1", "307 /2", "308 http://127.0.0.1:PORT/"],
    ["redirect-chain by name", "301 /1", "307 http://home.example.com:PORT/"],
  ] as const) {
    it(name, async () => {
      await using home = await witness();
      await using provider = await site("127.0.0.1", shortAnswer);
      await using files = await site(publicAddress, ({ url }, reply) => {
        const [status, location = ""] = (hops[Number(url.slice(1)) || 0] ?? "404 ").split(" ");
        reply.writeHead(Number(status), { location: location.replace("PORT", String(home.port)) }).end();
      });
      await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
      gateway.network.name("files.example.com", [publicAddress]).name("home.example.com", ["127.0.0.1"]);
      const reply = await withDocument(gateway, `http://files.example.com:${files.port}/0`);
      assert.equal(reply.status, 400, await reply.clone().text());
      assert.equal(files.seen.length, hops.length);
      assert.deepEqual([home.connections.count, provider.seen.length], [0, 0]);
      assert.deepEqual(new Set(gateway.dialled), new Set([`${publicAddress}:${files.port}`]));
    });
  }

  it("cross-host-redirect-key: nobody but its provider sees a credential, nor a caller's key", async () => {
    await using other = await site(publicAddress, (_, reply) =>
      reply.setHeader("content-type", "application/pdf").end("%PDF-1.7"),
    );
    await using files = await site(publicAddress, (_, reply) =>
      reply.writeHead(302, { location: `http://other.example.com:${other.port}/` }).end(),
    );
    await using provider = await site("127.0.0.1", shortAnswer);
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
    gateway.network.name("files.example.com", [publicAddress]).name("other.example.com", [publicAddress]);
    const reply = await withDocument(gateway, `http://files.example.com:${files.port}/`, {
      cookie: "session=canary-cookie",
      "x-api-key": callerKey,
    });
    assert.equal(reply.status, 200, await reply.clone().text());
    assert.match(warned(reply), /media_fetched/);
    assert.match(provider.seen[0]?.body ?? "", /data:application\/pdf;base64,JVBERi0xLjc=/);
    for (const { headers } of [...files.seen, ...other.seen]) {
      assert.deepEqual(Object.keys(headers).sort(), ["accept", "accept-encoding", "connection", "host", "user-agent"]);
    }
    assert.deepEqual([files.seen.length, other.seen.length], [1, 1]);
    const { authorization } = provider.seen[0]?.headers ?? {};
    assert.equal(authorization, `Bearer ${canary}`);
    assert.ok(!JSON.stringify(provider.seen).includes(callerKey) && !JSON.stringify(provider.seen).includes("canary-cookie"));
  });

  it("alias-name: names that lead home are refused on every route, whoever would have connected", async (context) => {
    await using provider = await site("127.0.0.1", shortAnswer);
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
    gateway.network.name("internal.example.com", ["10.0.0.5"]).name("127.0.0.1.nip.io", ["127.0.0.1"]);
    let refused = 0;
    for (const route of bodyRoutes) {
      for (const host of ["internal.example.com", "127.0.0.1.nip.io"]) {
        for (const part of partsWith(route.wire.name, `https://${host}/x.png`)) {
          const reply = await gateway.post(pathOf(route), bodyOf(route, [part]));
          assert.equal(reply.status, 400, `${route.path} ${await reply.clone().text()}`);
          await reply.arrayBuffer();
          refused++;
        }
      }
    }
    assert.deepEqual([provider.seen.length, gateway.dialled.length], [0, 0]);
    assert.ok(gateway.network.asked.length <= 4, "an answer is kept for a while");
    context.diagnostic(
      `${refused} requests over ${bodyRoutes.length} routes refused, ${gateway.network.asked.length} names resolved`,
    );
  });

  it("buckets and ids that are more than names stay one segment of the provider's own path", async (context) => {
    await using home = await witness();
    await using provider = await site("127.0.0.1", shortAnswer);
    const base = `http://127.0.0.1:${provider.port}`;
    await using gateway = await guarded(base);
    const bucket = `127.0.0.1:${home.port}#`;
    const names = [
      "../../x",
      "..",
      "a/../../b",
      "x?key=1",
      "x#y",
      "%2e%2e%2fx",
      "//127.0.0.1/x",
      `@127.0.0.1:${home.port}`,
      bucket,
      "x\\..\\y",
      "x%00",
      "x\r\nHost: y",
    ];
    let sent = 0;
    for (const name of names) {
      const model = encodeURIComponent(`gem/${name}`);
      for (const verb of ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"]) {
        const reply = await gateway.post(`/v1beta/models/${model}:${verb}`, {
          contents: [{ role: "user", parts: [{ text: "x" }] }],
        });
        await reply.arrayBuffer();
        sent++;
      }
      for (const [path, method] of [
        ["", "GET"],
        ["", "DELETE"],
        ["/cancel", "POST"],
        ["/input_items", "GET"],
      ] as const) {
        const reply = await fetch(`${gateway.address}/v1/responses/${encodeURIComponent(name)}${path}`, {
          method,
          headers: { authorization: `Bearer ${callerKey}` },
        });
        await reply.arrayBuffer();
        sent++;
      }
    }
    const paths = provider.seen.map(({ url }) => url);
    assert.ok(paths.length > 0);
    for (const path of paths) assert.match(path, /^\/v1beta\/models\/[^?#]+:\w+(?:\?alt=sse)?$/);
    for (const path of paths)
      assert.equal(new URL(path, base).pathname + new URL(path, base).search, path, "nothing for a parser to put right");
    const native = await gateway.post("/v1beta/models/gem%2Fm:generateContent", {
      contents: [{ parts: [{ fileData: { mimeType: "image/png", fileUri: `s3://${bucket}/x` } }] }],
    });
    assert.equal(native.status, 200);
    assert.deepEqual(new Set(gateway.dialled), new Set([`127.0.0.1:${provider.port}`]));
    assert.equal(home.connections.count, 0);
    context.diagnostic(
      `${names.length} names, ${sent} requests: ${paths.length} reached the provider under its own path, 0 connections elsewhere`,
    );
  });
});

describe("egress.allow", () => {
  it("opens exactly what it names, to callers' URLs, too", async () => {
    await using home = await site("127.0.0.1", (_, reply) => reply.setHeader("content-type", "application/pdf").end("%PDF-1.7"));
    await using provider = await site("127.0.0.1", shortAnswer);
    const upstream = `http://127.0.0.1:${provider.port}`;
    await using gateway = await guarded(upstream, `egress: { allow: ["files.lan:${home.port}"] }`);
    gateway.network.name("files.lan", ["127.0.0.1"]);
    const open = await withDocument(gateway, `http://files.lan:${home.port}/x.pdf`);
    assert.equal(open.status, 200, await open.clone().text());
    assert.equal(home.seen.length, 1);
    for (const url of [`http://files.lan:${provider.port}/x.pdf`, `http://127.0.0.1:${home.port}/x.pdf`, `${upstream}/x.pdf`]) {
      const shut = await withDocument(gateway, url);
      assert.equal(shut.status, 400, `${url}: a provider's own address is no address for callers`);
      await shut.arrayBuffer();
    }
    assert.deepEqual([home.seen.length, provider.seen.length], [1, 1]);
    gateway.apply("");
    const gone = await withDocument(gateway, `http://files.lan:${home.port}/x.pdf`);
    assert.equal(gone.status, 400, "another configuration is in force");
    await gone.arrayBuffer();
    assert.equal(home.seen.length, 1);
  });

  it("is checked with the configuration", () => {
    const load = (entry: string) => () =>
      loadConfig({
        argvPath: "/x/polygate.yaml",
        env: {},
        cwd: "/x",
        readFile: (path) => (path.endsWith("yaml") ? `egress: { allow: [${JSON.stringify(entry)}] }` : undefined),
        known: { providers: [], wires: [] },
      });
    for (const entry of ["10.0.0.5", "http://10.0.0.5:80", "*:80", "gpu:0", "gpu:99999"]) {
      assert.throws(load(entry), /polygate\.yaml:1:\d+: egress\.allow\[0\]?.*must be host:port|host:port/, entry);
    }
    for (const entry of ["10.0.0.5:80", "gpu.lan:8000", "[fd00::5]:80", "*.corp.example:443"])
      assert.deepEqual(load(entry)().egress.allow, [entry]);
  });
});

describe("media.fetch", () => {
  it("never: what a provider cannot be told by URL is left out, as the warning says", async () => {
    await using files = await site(publicAddress, (_, reply) =>
      reply.setHeader("content-type", "application/pdf").end("%PDF-1.7"),
    );
    await using provider = await site("127.0.0.1", shortAnswer);
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`, "media: { fetch: never }");
    gateway.network.name("files.example.com", [publicAddress]);
    const url = `http://files.example.com:${files.port}/x.pdf`;
    const reply = await withDocument(gateway, url);
    assert.equal(reply.status, 200);
    assert.match(warned(reply), /document_(?:url_)?dropped/);
    assert.equal(files.seen.length, 0);
    const strict = await withDocument(gateway, url, { "x-polygate-strict": "refuse" });
    assert.equal(strict.status, 400);
    await strict.arrayBuffer();
  });

  it("when-needed: also of strict calls, and what does not come is lost by name", async () => {
    await using files = await site(publicAddress, ({ url }, reply) => {
      if (url === "/404") reply.writeHead(404).end();
      else reply.setHeader("content-type", "text/plain").end("words");
    });
    await using provider = await site("127.0.0.1", shortAnswer);
    await using gateway = await guarded(`http://127.0.0.1:${provider.port}`);
    gateway.network.name("files.example.com", [publicAddress]);
    const at = (path: string): string => `http://files.example.com:${files.port}/${path}`;
    const fetched = await withDocument(gateway, at("x"));
    assert.equal(fetched.status, 200, await fetched.clone().text());
    assert.match(provider.seen[0]?.body ?? "", /<document>\\nwords\\n<\/document>/);
    const gone = await withDocument(gateway, at("404"));
    assert.equal(gone.status, 200);
    assert.match(warned(gone), /media_not_fetched/);
    assert.match(warned(gone), /document_(?:url_)?dropped/);
    const strict = await withDocument(gateway, at("404"), { "x-polygate-strict": "refuse" });
    assert.equal(strict.status, 400);
    await strict.arrayBuffer();
  });
});
