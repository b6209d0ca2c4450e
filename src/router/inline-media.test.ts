import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Call } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Part } from "../canonical/parts.ts";
import { resolveProviders } from "../providers/index.ts";
import type { Fetched, PublicGet } from "../transport/fetch-public.ts";
import { inlineMedia } from "./inline-media.ts";
import { planner } from "./plan.ts";
import { callOf, wires } from "./testing/calls.ts";

const plan = planner(
  resolveProviders(
    ["openai-chat", "anthropic-messages", "gemini", "openai-responses"].map((wire) => ({
      name: wire,
      wire,
      baseUrl: "http://x.test",
      apiKey: "none" as const,
    })),
    { get: () => undefined, source: () => undefined },
  ),
);

const documentAt = (url: string): Part => ({ type: "document", source: { kind: "url", url } });
const imageAt = (url: string): Part => ({ type: "image", source: { kind: "url", url } });
const audioAt = (url: string): Part => ({ type: "audio", source: { kind: "url", url } });
const pdf: Fetched = { ok: true, mediaType: "application/pdf", bytes: Buffer.from("%PDF-1.7") };

interface Outcome {
  readonly call: Call<"chat">;
  readonly parts: readonly Part[];
  readonly asked: readonly PublicGet[];
}

async function inlined(wire: string, parts: readonly Part[], answer: Fetched | readonly Fetched[] = pdf): Promise<Outcome> {
  const asked: PublicGet[] = [];
  const call = callOf(wires["openai"] ?? assert.fail(), `${wire}/m`, {
    source: undefined,
    request: { model: "m", messages: [{ role: "user", content: parts }] },
  });
  const [candidate] = plan(call).candidates;
  assert.ok(candidate);
  const get = async (get: PublicGet): Promise<Fetched> => {
    asked.push(get);
    return "ok" in answer ? answer : (answer[asked.length - 1] ?? assert.fail("asked once too often"));
  };
  const done = await inlineMedia(call, candidate, { get, maxBytes: 100, totalMs: 20_000 }, 5000);
  const request = done.completed ?? done.request;
  return { call: done, parts: request.messages[0]?.content ?? [], asked };
}

const codes = ({ call }: Outcome): readonly string[] => call.warnings.list.map(({ code, at }) => `${code} ${at}`);

describe("media named by URL", () => {
  for (const [wire, part] of [
    ["openai-chat", documentAt("https://a.com/x.pdf")],
    ["anthropic-messages", documentAt("https://a.com/x?y=1")],
    ["gemini", documentAt("https://a.com/x")],
  ] as const) {
    it(`${wire} is sent a document's content`, async () => {
      const done = await inlined(wire, [{ type: "text", text: "see" }, part]);
      assert.deepEqual(done.parts[1], {
        type: "document",
        source: { kind: "base64", mediaType: "application/pdf", data: "JVBERi0xLjc=" },
      });
      assert.deepEqual(codes(done), ["media_fetched messages[0].content[1]"]);
      const [{ signal: _, ...asked } = assert.fail()] = done.asked;
      assert.deepEqual([asked.maxBytes, asked.totalMs, asked.types[0]], [100, 5000, "application/pdf"]);
    });
  }

  it("openai-chat is sent a sound's content, in a tool's result, too", async () => {
    const result: Part = { type: "tool-result", toolCallId: "1", content: [audioAt("https://a.com/x.mp3")] };
    const done = await inlined("openai-chat", [result], { ok: true, mediaType: "audio/mpeg", bytes: Buffer.from("x") });
    const [part] = done.parts;
    assert.ok(part?.type === "tool-result" && part.content[0]?.type === "audio" && part.content[0].source?.kind === "base64");
    assert.deepEqual(codes(done), ["media_fetched messages[0].content[0].content[0]"]);
  });

  it("text is text, and untyped bytes are what they begin like", async () => {
    const said = await inlined("anthropic-messages", [documentAt("https://a.com/x.md")], {
      ok: true,
      mediaType: "text/markdown",
      bytes: Buffer.from("# ä"),
    });
    assert.deepEqual(said.parts[0], { type: "document", source: { kind: "text", text: "# ä", mediaType: "text/markdown" } });
    const untyped = "application/octet-stream";
    const known = await inlined("openai-chat", [documentAt("https://a.com/x")], {
      ok: true,
      mediaType: untyped,
      bytes: Buffer.from("%PDF-1"),
    });
    assert.ok(
      known.parts[0]?.type === "document" &&
        known.parts[0].source.kind === "base64" &&
        known.parts[0].source.mediaType === "application/pdf",
    );
    const unknown = await inlined("openai-chat", [documentAt("https://a.com/x")], {
      ok: true,
      mediaType: untyped,
      bytes: Buffer.from("MZ"),
    });
    assert.deepEqual(codes(unknown), ["media_not_fetched messages[0].content[0]"]);
  });

  for (const [wire, part] of [
    ["openai-chat", imageAt("https://a.com/x.png")],
    ["openai-chat", documentAt("gs://bucket/x.pdf")],
    ["openai-responses", documentAt("https://a.com/x")],
    ["anthropic-messages", imageAt("https://a.com/x")],
    ["anthropic-messages", documentAt("https://a.com/x.pdf")],
    ["gemini", imageAt("https://a.com/x.png")],
    ["gemini", { type: "video", source: { kind: "url", url: "https://www.youtube.com/watch?v=1" } }],
    ["gemini", { type: "image", source: { kind: "url", url: "https://a.com/x", mediaType: "image/png" } }],
  ] as const satisfies readonly (readonly [string, Part])[]) {
    it(`${wire} can be told of ${JSON.stringify(part)}`, async () => {
      const done = await inlined(wire, [part]);
      assert.deepEqual([done.parts, done.asked, done.call.completed], [[part], [], undefined]);
    });
  }

  it("that does not come stays as it was, and the reason is told", async () => {
    const part = documentAt("https://a.com/x.pdf");
    const done = await inlined("openai-chat", [part], { ok: false, refused: false, why: "it answered with HTTP 404" });
    assert.deepEqual(done.parts, [part]);
    assert.deepEqual(
      done.call.warnings.list[0]?.detail,
      "the gateway would have sent its content, but it answered with HTTP 404.",
    );
  });

  it("that leads home refuses the call", async () => {
    const refused: Fetched = { ok: false, refused: true, why: "h:80 is not on the public internet" };
    await assert.rejects(
      inlined("openai-chat", [documentAt("https://a.com/x.pdf")], refused),
      (thrown) =>
        thrown instanceof GatewayError && thrown.code === "invalid_request" && thrown.param === "messages[0].content[0]",
    );
  });

  it("shares one call's bytes and is fetched eight times at most", async () => {
    const many = Array.from({ length: 10 }, (_, index) => documentAt(`https://a.com/${index}.pdf`));
    const done = await inlined("openai-chat", many);
    assert.deepEqual(
      done.asked.map(({ maxBytes }) => maxBytes),
      [100, 92, 84, 76, 68, 60, 52, 44],
    );
    assert.equal(done.call.warnings.list.filter(({ code }) => code === "media_not_fetched").length, 2);
  });

  it("is not looked at where the request is relayed, nor fetched where that is off", () => {
    const call: Call<"chat"> = {
      ...callOf(wires["openai"] ?? assert.fail(), "openai-chat/m"),
      get request() {
        return assert.fail("decoded");
      },
    };
    const [candidate] = plan(call).candidates;
    assert.ok(candidate);
    const get = (): never => assert.fail("fetched");
    assert.equal(inlineMedia(call, candidate, { get, maxBytes: 1, totalMs: 1 }, 1), call);
    assert.equal(inlineMedia(call, candidate, undefined, 1), call);
  });
});
