import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, describe, test } from "node:test";
import { type Stack, startStack } from "./stack.ts";

/*
 * #23: where JSON was asked for, callers get JSON: fences are taken off and what is broken is mended, with a warning; what is in
 * order goes on as it came. Callers on OpenAI's wire are relayed to `oai` and translated to `ant`.
 */

/** What the model says next, in pieces, and what it thinks before. */
let pieces: readonly string[] = [];
let thoughts = "";
/** Gives the rest of a stream that has told its thoughts. */
let goOn = (): void => {};
/** Closes its stream without the wire's end marker, and without the blank line behind the last event. */
let unmarked = false;

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
const named = (data: { readonly type: string }): string => `event: ${data.type}\n${event(data)}`;

function chatReply(stream: boolean): string {
  const base = { id: "chatcmpl-1", created: 1, model: "m", x_unknown: 7 };
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  if (!stream) {
    const message = { role: "assistant", content: pieces.join(""), refusal: null };
    return JSON.stringify({ ...base, object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }], usage });
  }
  const chunk = (delta: object, finish: string | null = null): string =>
    event({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] });
  return [
    ...(thoughts === "" ? [] : [chunk({ role: "assistant", reasoning_content: thoughts })]),
    ...pieces.map((content) => chunk({ role: "assistant", content })),
    chunk({}, "stop"),
    event({ ...base, object: "chat.completion.chunk", choices: [], usage }),
    "data: [DONE]\n\n",
  ]
    .slice(0, unmarked ? -1 : undefined)
    .join("")
    .slice(0, unmarked ? -2 : undefined);
}

function messagesReply(stream: boolean): string {
  const message = { id: "msg_1", type: "message", role: "assistant", model: "m", stop_sequence: null };
  const usage = { input_tokens: 1, output_tokens: 2 };
  const content = [{ type: "text", text: pieces.join("") }];
  if (!stream) return JSON.stringify({ ...message, content, stop_reason: "end_turn", usage });
  return [
    named({ type: "message_start", ...{ message: { ...message, content: [], stop_reason: null, usage } } }),
    named({ type: "content_block_start", ...{ index: 0, content_block: { type: "text", text: "" } } }),
    ...pieces.map((text) => named({ type: "content_block_delta", ...{ index: 0, delta: { type: "text_delta", text } } })),
    named({ type: "content_block_stop", ...{ index: 0 } }),
    named({ type: "message_delta", ...{ delta: { stop_reason: "end_turn", stop_sequence: null }, usage } }),
    named({ type: "message_stop" }),
  ].join("");
}

const fenced = ["Here you are:\n", "``", '`json\n{"a"', ": 1}\n`", "``\nAnything else?"];

describe("#23: JSON that was asked for", () => {
  let stack: Stack;
  let upstream: Server;
  before(async () => {
    upstream = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (piece) => {
        body += piece;
      });
      request.on("end", () => {
        const stream = JSON.parse(body).stream === true;
        response.setHeader("content-type", stream ? "text/event-stream" : "application/json");
        const reply = request.url?.endsWith("/messages") ? messagesReply(stream) : chatReply(stream);
        if (thoughts === "" || !stream) {
          response.end(reply);
          return;
        }
        const first = reply.indexOf("\n\n") + 2;
        response.write(reply.slice(0, first));
        goOn = () => response.end(reply.slice(first));
      });
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const address = upstream.address();
    assert.ok(typeof address === "object" && address !== null);
    stack = await startStack({ upstream: `http://127.0.0.1:${address.port}`, keys: false });
  });
  after(async () => {
    await stack.close();
    upstream.close();
  });

  async function ask(provider: string, said: readonly string[], settings: object = {}, headers: Record<string, string> = {}) {
    pieces = said;
    const body = { model: `${provider}/m`, max_tokens: 99, messages: [{ role: "user", content: "hi" }], ...settings };
    const response = await fetch(`${stack.address}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ response_format: { type: "json_object" }, ...body }),
    });
    const raw = await response.text();
    return { status: response.status, raw, warnings: response.headers.get("x-polygate-warnings") ?? "" };
  }

  const contentOf = (raw: string): string => JSON.parse(raw).choices[0].message.content;
  const streamedOf = (raw: string): string =>
    raw
      .split("\n\n")
      .filter((frame) => frame.startsWith("data: {"))
      .map((frame) => JSON.parse(frame.slice(6)).choices?.[0]?.delta?.content ?? "")
      .join("");
  const booked = async (): Promise<string> =>
    JSON.stringify((await stack.ledger()).at(-1), (_, value) => (typeof value === "bigint" ? String(value) : value));

  for (const provider of ["oai", "ant"]) {
    test(`${provider}: a whole answer loses its fence, and what is broken is mended`, async () => {
      const bare = await ask(provider, fenced);
      assert.equal(contentOf(bare.raw), '{"a": 1}');
      assert.match(bare.warnings, /json_fences_stripped/);
      const mended = await ask(provider, ["{'a': [1, 2,"]);
      assert.deepEqual(JSON.parse(contentOf(mended.raw)), { a: [1, 2] });
      assert.match(mended.warnings, /json_repaired/);
      const prose = await ask(provider, ["I cannot."]);
      assert.equal(contentOf(prose.raw), "I cannot.");
      assert.match(prose.warnings, /not_json/);
      const unasked = await ask(provider, fenced, { response_format: { type: "text" } });
      assert.equal(contentOf(unasked.raw), fenced.join(""));
    });

    test(`${provider}: a stream loses its fence on the way`, async () => {
      const { raw } = await ask(provider, fenced, { stream: true });
      assert.equal(streamedOf(raw).trim(), '{"a": 1}');
      assert.match(raw, /"finish_reason":"stop"/);
      assert.equal(raw.match(/\[DONE\]/g)?.length, 1);
      assert.match(await booked(), /json_fences_stripped/);
    });

    test(`${provider}: a strict call's fence is taken off, its broken JSON refused`, async () => {
      const strict = { "x-polygate-strict": "true" };
      const schema = { type: "json_schema", json_schema: { name: "x", schema: { type: "object", additionalProperties: false } } };
      const settings = { response_format: schema };
      assert.equal((await ask(provider, ["```json\n{}\n```"], settings, strict)).status, 200);
      const refused = await ask(provider, ["{'a': 1"], settings, strict);
      assert.equal(refused.status, 422);
      assert.match(refused.raw, /schema_violation/);
      const { raw } = await ask(provider, ['{"a": 1'], { ...settings, stream: true }, strict);
      assert.match(raw, /schema_violation/);
      assert.doesNotMatch(raw, /\[DONE\]/);
    });
  }

  test("what is in order is relayed as it came", async () => {
    const whole = await ask("oai", ['{"a": 1}']);
    assert.match(whole.raw, /"x_unknown":7/);
    assert.equal(whole.warnings, "none");
    const { raw } = await ask("oai", [" ", '{"a"', ": 1}"], { stream: true, stream_options: { include_usage: true } });
    assert.equal(raw, chatReply(true));
  });

  test("a relayed stream that begins with reasoning is not held back for its text's sake; no JSON is reported", async () => {
    thoughts = "Let me see.";
    pieces = fenced;
    try {
      const body = { model: "oai/m", stream: true, messages: [], response_format: { type: "json_object" } };
      for (const [said, reported] of [
        [fenced, true],
        [['{"a": 1}'], false],
      ] as const) {
        pieces = said;
        const response = await fetch(`${stack.address}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...body, stream_options: { include_usage: true } }),
        });
        assert.ok(response.body);
        let raw = "";
        for await (const bytes of response.body) {
          if (raw === "") goOn();
          raw += Buffer.from(bytes).toString();
        }
        assert.equal(raw, chatReply(true));
        assert.equal(/not_json/.test(await booked()), reported);
      }
    } finally {
      thoughts = "";
    }
  });

  test("a stream that was to be relayed and ends without its end marker is closed all the same", async () => {
    unmarked = true;
    try {
      const { raw } = await ask("oai", fenced, { stream: true, stream_options: { include_usage: true } });
      assert.equal(streamedOf(raw).trim(), '{"a": 1}');
      assert.match(raw, /"finish_reason":"stop"/);
      assert.match(raw, /"total_tokens":3/);
      assert.match(raw, /\[DONE\]/);
    } finally {
      unmarked = false;
    }
  });
});
