import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ChatRequest, Message } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { imageSize } from "./image-size.ts";
import { textTokens } from "./text-tokens.ts";

const ask = (...content: readonly Part[]): ChatRequest => ({ model: "m", messages: [{ role: "user", content }] });
const text = (said: string): Part => ({ type: "text", text: said });
const models = ["claude-sonnet-4-5", "claude-opus-5", "gpt-5", "gemini-3-flash", "gpt-oss-20b", "mistral-large", "something"];

test("texts whose tokens are known come near", () => {
  // As tokenizers of 200,000 words have them.
  for (const [said, tokens] of [
    ["The quick brown fox jumps over the lazy dog.", 10],
    ["What is the capital of France?", 7],
    ['{"location":"San Francisco, CA","unit":"celsius"}', 13],
    ["12345678", 3],
    ["你好，世界", 3],
    ["", 0],
  ] as const) {
    assert.ok(Math.abs(textTokens(said) - tokens) <= 2, `${said}: ${textTokens(said)}`);
  }
});

test("pictures tell their size; those that do not are taken for large ones", () => {
  const png = Buffer.alloc(40);
  png.write("\x89PNG\r\n\x1a\n", "latin1");
  png.writeUInt32BE(300, 16);
  png.writeUInt32BE(200, 20);
  const gif = Buffer.alloc(40);
  gif.write("GIF89a", "latin1");
  gif.writeUInt16LE(300, 6);
  gif.writeUInt16LE(200, 8);
  const jpeg = Buffer.alloc(60);
  jpeg.set([0xff, 0xd8, 0xff, 0xe0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 200, 1, 44]);
  const webp = Buffer.alloc(40);
  webp.write("RIFF....WEBPVP8X", "latin1");
  webp.writeUIntLE(299, 24, 3);
  webp.writeUIntLE(199, 27, 3);
  for (const image of [png, gif, jpeg]) assert.deepEqual(imageSize(image.toString("base64")), { width: 300, height: 200 });
  assert.deepEqual(imageSize(webp.toString("base64")), { width: 300, height: 200 });
  const shown = (data: string, model: string): number =>
    estimateTokens(ask({ type: "image", source: { kind: "base64", mediaType: "image/png", data } }), model);
  assert.equal(shown(png.toString("base64"), "claude-sonnet-4"), Math.round((300 * 200) / 750 + 7));
  assert.equal(shown(png.toString("base64"), "gpt-4o"), 85 + 170 + 7);
  assert.equal(shown(png.toString("base64"), "gemini-3-flash"), 258);
  assert.ok(shown("AAAA", "gpt-4o") > 700);
});

test("no header of a picture makes it fail", () => {
  const marks = fc.constantFrom(
    "\x89PNG",
    "GIF8",
    "RIFF....WEBPVP8 ",
    "RIFF....WEBPVP8L",
    "RIFF....WEBPVP8X",
    "\xff\xd8\xff\xc0",
    "\xff\xd8\xff",
  );
  fc.assert(
    fc.property(marks, fc.uint8Array({ maxLength: 60 }), (mark, rest) => {
      const size = imageSize(Buffer.concat([Buffer.from(mark, "latin1"), rest]).toString("base64"));
      assert.ok(size === undefined || (size.width > 0 && size.height > 0));
    }),
  );
});

test("every part and every setting that a model is told of counts", () => {
  const parts: readonly Part[] = [
    text("some words"),
    { type: "refusal", text: "some words" },
    { type: "image", source: { kind: "url", url: "https://h/x" } },
    { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "AAAA" } },
    { type: "document", source: { kind: "text", text: "some words", mediaType: "text/plain" } },
    { type: "document", source: { kind: "parts", parts: [text("some words")] } },
    { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "A".repeat(100_000) }, format: "wav" },
    { type: "video", source: { kind: "url", url: "https://h/x" } },
    { type: "tool-call", id: "1", name: "look_up", arguments: '{"where":"here"}' },
    { type: "tool-result", toolCallId: "1", content: [text("some words")] },
    { type: "opaque", origin: { wire: "w" }, kind: "k", value: { some: "words" } },
  ];
  const schema = { type: "object", properties: { where: { type: "string" } } };
  for (const model of models) {
    const bare = estimateTokens(ask(text("hello")), model);
    for (const part of parts) assert.ok(estimateTokens(ask(text("hello"), part), model) > bare, `${model}: ${part.type}`);
    const asked = ask(text("hello"));
    const tools = [{ type: "function", name: "f", parameters: schema } as const];
    assert.ok(estimateTokens({ ...asked, tools }, model) > bare + 5, model);
    assert.ok(estimateTokens({ ...asked, responseFormat: { type: "json-schema", schema } }, model) > bare, model);
    const thought: Message = { role: "assistant", content: [{ type: "reasoning", text: "a thought of some words" }] };
    const thinking = estimateTokens({ ...asked, messages: [...asked.messages, thought] }, model);
    const later = estimateTokens({ ...asked, messages: [thought, ...asked.messages] }, model);
    assert.ok(thinking > later, `${model}: thoughts of earlier turns are not read again`);
  }
});

test("what it costs grows with the text, whatever it is made of", () => {
  for (const said of ["word ", "A", "a", "1", '{"', "字", "\n", " ", "é"]) {
    const started = performance.now();
    assert.ok(textTokens(said.repeat(Math.ceil(2_000_000 / said.length))) >= 1);
    assert.ok(performance.now() - started < 3000, JSON.stringify(said));
  }
});
