import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ChatChunk, ChatRequest, ChatResult } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { ChunkGuard } from "./chunk-guard.ts";
import { InputGuard } from "./input.ts";
import { Lanes } from "./lanes.ts";
import type { GuardOptions } from "./rules.ts";
import { scannersOf } from "./scanner.ts";
import { callOf, saying } from "./testing/call-of.ts";
import { nothing } from "./testing/samples.ts";
import { guardWhole } from "./whole-output.ts";

/* Where a text may stand so that nobody looks at it, or only at halves of it. */

const key = `sk-ant-api03-${"a1b2".repeat(24)}`;
const options = (forbidden: "flag" | "redact" | "refuse", pii: "redact" | "mask" = "redact"): GuardOptions => ({
  ...nothing,
  forbidden: ["forbidword"],
  input: { controlCharacters: "redact", secrets: forbidden, pii, forbidden },
  output: { secrets: "redact", pii: "redact", forbidden: forbidden },
});
const guardOf = (given: GuardOptions): InputGuard => new InputGuard(scannersOf(given).input, given);
const refusing = guardOf(options("refuse"));

const empty: ChatRequest = { model: "m", messages: [] };
const refused = (json: JsonObject): boolean => {
  try {
    refusing.pass(callOf(json, empty));
    return false;
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError, String(thrown));
    assert.equal(thrown.code, "content_policy");
    return true;
  }
};

const part = (value: Json): JsonObject => ({ messages: [{ role: "user", content: [value] }] });
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const hidden = `${key} forbidword ${"x".repeat(100)}`;

describe("what looks like base64", () => {
  const looked: readonly (readonly [string, JsonObject])[] = [
    ["a text that begins so", { messages: [{ role: "user", content: `data:;base64,\n${hidden}` }] }],
    ["one that says it is a picture", { messages: [{ role: "user", content: `data:image/png;base64,${key}` }] }],
    ["one in letters of base64 only", part({ type: "text", text: `data:image/png;base64,${"A".repeat(100)}FORBIDWORD` })],
    ["a document in plain text", part({ type: "document", source: { type: "text", media_type: "text/plain", data: key } })],
    ["a document's text in base64", part({ type: "file", file: { file_data: `data:text/plain;base64,${base64(hidden)}` } })],
    ["of no type", part({ type: "file", file: { file_data: `data:;base64,${base64(hidden)}` } })],
    ["in a source", part({ type: "document", source: { type: "base64", media_type: "text/plain", data: base64(hidden) } })],
    ["in Gemini's words", { contents: [{ parts: [{ inlineData: { mimeType: "text/plain", data: base64(hidden) } }] }] }],
    [
      "a text that says it is a picture",
      part({ type: "image", source: { type: "base64", media_type: "image/png", data: base64(hidden) } }),
    ],
    ["a key that says it is", part({ type: "image", source: { type: "base64", media_type: "image/png", data: key } })],
    ["a tool's argument", { messages: [{ content: [{ type: "tool_use", input: { data: key, value: key, encrypted: key } }] }] }],
    ["a tool's argument with a type", { messages: [{ content: [{ type: "tool_use", input: { data: key, mimeType: "x/y" } }] }] }],
    ["one with a format", { messages: [{ content: [{ type: "tool_use", input: { data: key.repeat(20), format: "wav2" } }] }] }],
    ["bytes of no kind", part({ type: "file", source: { type: "base64", media_type: "application/octet-stream", data: key } })],
    ["a signature that is none", part({ type: "thinking", thinking: "", signature: key })],
    ["a member of any other part", part({ type: "text", text: "x", signature: `${"A".repeat(80)}FORBIDWORD` })],
  ];
  for (const [name, json] of looked) it(`is looked at: ${name}`, () => assert.ok(refused(json)));

  const letters = `${"AKIA".repeat(40)}FORBIDWORD`;
  const png = Buffer.from("\x89PNG\r\n\x1a\n", "latin1").toString("base64").slice(0, 8) + letters;
  const opaque: readonly (readonly [string, JsonObject])[] = [
    ["a picture by its address", part({ type: "image_url", image_url: { url: `data:image/png;base64,${png}` } })],
    ["a picture in a source", part({ type: "image", source: { type: "base64", media_type: "image/png", data: png } })],
    ["one in Gemini's words", { contents: [{ parts: [{ inlineData: { mimeType: "image/png", data: png } }] }] }],
    ["measured sound", part({ type: "input_audio", input_audio: { format: "pcm16", data: letters.repeat(10) } })],
    ["a thought's signature", part({ type: "thinking", thinking: "hm", signature: letters })],
    ["an encrypted thought", { input: [{ type: "reasoning", encrypted_content: letters }] }],
  ];
  for (const [name, json] of opaque) it(`is not where it is: ${name}`, () => assert.ok(!refused(json)));

  it("counts as text where it is none for machines", () => {
    const short = { ...nothing, input: { ...nothing.input, maxCharacters: 5000 } };
    assert.throws(() => guardOf(short).pass(saying(`data:;base64,${"A".repeat(85_000)}`)), /850\d\d characters/);
  });

  it("is changed inside, and is base64 again", () => {
    const source = { kind: "base64", mediaType: "text/plain", data: base64("of jane@example.com") } as const;
    const request: ChatRequest = { model: "m", messages: [{ role: "user", content: [{ type: "document", source }] }] };
    const { call } = guardOf(options("redact")).pass({ ...callOf({}, request), source: undefined });
    const data = base64("of [redacted:email]");
    assert.deepEqual(call.request.messages[0]?.content, [{ type: "document", source: { ...source, data } }]);
  });
});

const texts = (...said: readonly string[]): ChatRequest => ({
  model: "m",
  messages: [{ role: "user", content: said.map((text) => ({ type: "text", text })) }],
});
const asWire = ({ messages }: ChatRequest): JsonObject => ({
  messages: messages.map(({ content }) => ({
    role: "user",
    content: content.map((one) => ({ type: "text", text: "text" in one ? one.text : "" })),
  })),
});
const given = (request: ChatRequest) => callOf(asWire(request), request);
const saidIn = (request: ChatRequest): readonly string[] =>
  request.messages.flatMap(({ content }) => content.map((one) => ("text" in one ? one.text : "")));

describe("neighbouring text parts are one text", () => {
  it("refused by the place of the first", () => {
    assert.throws(() => refusing.pass(given(texts("so", "FORBID", "WORD"))), /`messages\[0\]\.content\[0\]`/);
    assert.doesNotThrow(() => refusing.pass(given(texts("FORBID ", "WORD"))));
    assert.ok(refused({ contents: [{ parts: [{ text: "FORBID" }, { text: "WORD" }] }] }));
    assert.ok(
      refused({
        input: [
          {
            content: [
              { type: "input_text", text: "FOR" },
              { type: "input_text", text: "BIDWORD" },
            ],
          },
        ],
      }),
    );
    // Embeddings' inputs are texts of their own.
    assert.ok(!refused({ input: ["FORBID", "WORD"] }));
  });

  it("told of", () => {
    const call = given(texts("FORBID", "WORD"));
    guardOf(options("flag")).pass(call);
    assert.deepEqual(
      call.warnings.list.map(({ code, at }) => [code, at]),
      [["guard_forbidden", "messages[0].content[0]"]],
    );
  });

  it("changed in all of them", () => {
    const guard = guardOf(options("redact"));
    const said = (...parts: readonly string[]) => saidIn(guard.pass(given(texts(...parts))).call.request);
    assert.deepEqual(said("a FOR", "BID", "WORD b"), ["a [redacted:forbidden]", "", " b"]);
    const far = "x ".repeat(9000);
    assert.deepEqual(said(`${far}FORBID`, `WORD${far}to ja`, "ne@example.com"), [
      `${far}[redacted:forbidden]`,
      `${far}to [redacted:email]`,
      "",
    ]);
    const masking = guardOf(options("redact", "mask")).pass(given(texts("to jane@", "example.com!")));
    assert.deepEqual(saidIn(masking.call.request), ["to <EMAIL_1>", "!"]);
    assert.equal(
      masking.masks?.restored("<EMAIL_1>", () => undefined),
      "jane@example.com",
    );
  });
});

const lanes = (forbidden: "flag" | "redact" | "refuse", notes: string[] = []): Lanes =>
  new Lanes({
    scanner: scannersOf(options(forbidden)).output,
    masks: undefined,
    json: false,
    note: ({ kind }) => notes.push(kind),
  });

describe("parts of an answer are one text, whatever stands between them", () => {
  const answer: ChatResult = {
    choices: [
      {
        index: 0,
        content: [
          { type: "text", text: "a FORBID" },
          { type: "reasoning", text: "h" },
          { type: "text", text: "WORD b" },
        ],
        finish: { reason: "stop", raw: "stop" },
      },
    ],
  };
  const chunks: readonly ChatChunk[] = (answer.choices[0]?.content ?? []).flatMap((content, at): ChatChunk[] => {
    if (content.type !== "text" && content.type !== "reasoning") return [];
    return [
      { type: "part-start", choice: 0, part: at, content: { ...content, text: "" } },
      ...[...content.text].map(
        (text): ChatChunk => ({ type: "part-delta", choice: 0, part: at, delta: { type: content.type, text } }),
      ),
      { type: "part-end", choice: 0, part: at },
    ];
  });
  const streamed = (guard: ChunkGuard<"chat">): string =>
    [...chunks.flatMap((chunk) => guard.pass(chunk)), ...guard.flush()]
      .map((chunk) => {
        if (chunk.type === "part-start" && "text" in chunk.content) return chunk.content.text;
        return chunk.type === "part-delta" && "text" in chunk.delta ? chunk.delta.text : "";
      })
      .join("");

  it("what goes on with a finding is taken out", () => {
    assert.equal(streamed(new ChunkGuard(lanes("redact"), 1000)), "a FORBIDh[redacted:forbidden] b");
    const { result } = guardWhole<"chat">({ stream: false, result: answer }, lanes("redact"), 1000);
    assert.deepEqual(
      result.choices[0]?.content.map((one) => ("text" in one ? one.text : "")),
      ["a FORBID", "h", "[redacted:forbidden] b"],
    );
  });

  it("refused, or told of", () => {
    assert.throws(() => streamed(new ChunkGuard(lanes("refuse"), 1000)), GatewayError);
    assert.throws(() => guardWhole<"chat">({ stream: false, result: answer }, lanes("refuse"), 1000), GatewayError);
    const notes: string[] = [];
    assert.equal(streamed(new ChunkGuard(lanes("flag", notes), 1000)), "a FORBIDhWORD b");
    assert.deepEqual(notes, ["forbidden"]);
  });
});
