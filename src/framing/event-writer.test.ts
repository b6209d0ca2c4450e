import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonArrayWriter } from "./event-writer.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a stream as a JSON array is valid JSON whatever it is made of, however it is cut", () => {
  const frames = 'data: {"a":1}\r\n\r\n: nothing\r\n\r\ndata: {"b":"é"}\r\n\r\n';
  for (let cut = 0; cut <= bytes(frames).length; cut++) {
    const writer = new JsonArrayWriter();
    const all = bytes(frames);
    const text = writer.keepAlive() + writer.frames(all.subarray(0, cut)) + writer.keepAlive() + writer.frames(all.subarray(cut));
    assert.deepEqual(JSON.parse(text + writer.events([{ data: '{"error":{}}' }]) + writer.end()), [
      { a: 1 },
      { b: "é" },
      { error: {} },
    ]);
  }
});

test("an array of nothing is an array", () => {
  assert.deepEqual(JSON.parse(new JsonArrayWriter().end()), []);
});

test("a last frame that lacks its blank line is no less an element", () => {
  const writer = new JsonArrayWriter();
  assert.deepEqual(JSON.parse(writer.frames(bytes('data: {"a":1}')) + writer.end()), [{ a: 1 }]);
});

test("an error that is told twice over, for readers of events, is one element", () => {
  const data = '{"error":{"code":503}}';
  const writer = new JsonArrayWriter();
  const text = writer.events([{ data: '{"a":1}' }]) + writer.events([{ data }, { event: "error", data }]) + writer.end();
  assert.deepEqual(JSON.parse(text), [{ a: 1 }, { error: { code: 503 } }]);
});

test("what is no JSON does not spoil the rest", () => {
  const writer = new JsonArrayWriter();
  const text = writer.frames(bytes('data: {"a":1}\n\ndata: {"b":\n\ndata: [DONE]\n\ndata: {"c":3}\n\ndata: {"d"')) + writer.end();
  assert.deepEqual(JSON.parse(text), [{ a: 1 }, { c: 3 }]);
});
