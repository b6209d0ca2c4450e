import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { guarded, shortAnswer, site } from "./gateway.ts";

const body = { model: "oai/m", messages: [{ role: "user", content: "hi" }] };
const path = "/v1/chat/completions";

describe("R25: another configuration, while calls are under way", () => {
  it("a retry goes where its call's own configuration leads, which is open to no other call", async () => {
    let breaking: (() => void) | undefined;
    const broken = Promise.withResolvers<void>();
    let chats = 0;
    await using old = await site("127.0.0.1", (seen, reply) => {
      if (seen.method !== "POST" || ++chats > 1) return shortAnswer(seen, reply);
      breaking = () => reply.destroy();
      broken.resolve();
    });
    await using next = await site("127.0.0.1", shortAnswer);
    const oldUrl = `http://127.0.0.1:${old.port}`;
    await using gateway = await guarded(oldUrl);

    const underWay = gateway.post(path, body);
    await broken.promise;
    gateway.apply("", `http://127.0.0.1:${next.port}`);
    breaking?.();
    const reply = await underWay;
    assert.equal(reply.status, 200, await reply.text());
    assert.equal(chats, 2, "tried again where it began");
    assert.deepEqual(gateway.troubles, []);

    const later = await gateway.post(path, body);
    assert.equal(later.status, 200, await later.text());
    assert.equal(chats, 2);
    const image = { type: "image_url", image_url: { url: `${oldUrl}/x.png` } };
    const named = await gateway.post(path, { ...body, messages: [{ role: "user", content: [image] }] });
    assert.equal(named.status, 400, await named.text());
  });

  it("what the policy says of a provider has changed: none of the connections made before is used", async () => {
    await using provider = await site("127.0.0.2", shortAnswer);
    const byName = `http://llm.example.com:${provider.port}`;
    const allowed = `egress: { allow: ["llm.example.com:${provider.port}"] }`;
    await using gateway = await guarded(byName, allowed);
    gateway.network.name("llm.example.com", ["127.0.0.2"]);
    const first = await gateway.post(path, body);
    assert.equal(first.status, 200, await first.text());
    gateway.apply(`egress: { allow: ["other.example.com:${provider.port}"] }`);
    const dialled = gateway.dialled.length;
    const second = await gateway.post(path, body);
    assert.equal(second.status, 200, await second.text());
    assert.ok(gateway.dialled.length > dialled, "a connection of its own, judged anew");
  });
});
