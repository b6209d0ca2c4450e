import assert from "node:assert/strict";
import { test } from "node:test";
import { replyText, streamWords } from "../upstreams/reply.ts";
import { wrongWith } from "./reply-check.ts";

const words = Array.from({ length: streamWords }, (_, i) => ` word${i}`);
const chatJson = JSON.stringify({ choices: [{ message: { content: replyText } }], usage: { completion_tokens: 10 } });
const messagesJson = JSON.stringify({
  type: "message",
  content: [{ type: "text", text: replyText }],
  usage: { output_tokens: 10 },
});
const chatEvents = words.map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
const chatStream = `${chatEvents.join("")}data: [DONE]\n\n`;
const messagesEvents = words.map(
  (text) => `event: content_block_delta\ndata: ${JSON.stringify({ delta: { type: "text_delta", text } })}\n\n`,
);
const messagesStream = `${messagesEvents.join("")}event: message_stop\ndata: {"type":"message_stop"}\n\n`;

test("right replies are right", () => {
  assert.equal(wrongWith("chat-json", 200, chatJson, true), undefined);
  assert.equal(wrongWith("messages-json", 200, messagesJson, true), undefined);
  assert.equal(wrongWith("chat-stream", 200, chatStream, true), undefined);
  assert.equal(wrongWith("messages-stream", 200, messagesStream, true), undefined);
});

test("another status, other text and missing usage are wrong", () => {
  assert.match(wrongWith("chat-json", 500, chatJson, false) ?? "", /status 500/);
  assert.match(wrongWith("chat-json", 200, messagesJson, false) ?? "", /not the upstream's text/);
  assert.match(wrongWith("messages-json", 200, messagesJson.replace("Hello", "Hullo"), false) ?? "", /not the upstream's text/);
  assert.match(wrongWith("messages-json", 200, messagesJson.replace("output_tokens", "tokens"), false) ?? "", /no usage/);
  assert.match(wrongWith("chat-json", 200, chatJson.slice(0, -1), false) ?? "", /not the upstream's text/);
});

test("a stream cut anywhere is wrong", () => {
  for (let cut = 1; cut < 300; cut++) {
    assert.ok(wrongWith("chat-stream", 200, chatStream.slice(0, -cut), false), `${cut} bytes short`);
    assert.ok(wrongWith("messages-stream", 200, messagesStream.slice(0, -cut), false), `${cut} bytes short`);
  }
});

test("a word lost in the middle is seen by those who read thoroughly, the last one by all", () => {
  const middle = chatStream.replace(chatEvents[100] ?? "", "");
  assert.match(wrongWith("chat-stream", 200, middle, true) ?? "", /not the upstream's text/);
  const last = messagesStream.replace(messagesEvents.at(-1) ?? "", "");
  assert.match(wrongWith("messages-stream", 200, last, false) ?? "", /last word/);
});
