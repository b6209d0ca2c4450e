import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import type { HttpReply, HttpRequest } from "../../machine/contract.ts";
import { NoAnswer, type Piece, type Question } from "./backend.ts";
import { Remote } from "./remote.ts";

/** A reply whose body comes in these pieces. */
function reply(
  status: number,
  pieces: readonly (string | Uint8Array)[],
  headers: { readonly [name: string]: string } = {},
): HttpReply {
  return {
    status,
    header: (name) => headers[name],
    body: (async function* () {
      for (const piece of pieces) yield Buffer.from(piece);
    })(),
  };
}

function remote(
  answer: (request: HttpRequest) => Promise<HttpReply>,
  url = "http://g/v1/",
): { readonly backend: Remote; readonly sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  const http = (request: HttpRequest): Promise<HttpReply> => {
    sent.push(request);
    return answer(request);
  };
  return { backend: new Remote({ url, key: "k", ports: { http, now: () => 0 } }), sent };
}

const question: Question = {
  model: "a/b",
  messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
  strict: false,
  stream: true,
};
const never = new AbortController().signal;

const event = (delta: object, more: object = {}): string =>
  `data: ${JSON.stringify({ model: "b-1", choices: [{ index: 0, delta, ...more }] })}\n\n`;
const stream = [
  ": keep-alive\n\n",
  event({ role: "assistant", content: "" }),
  event({ reasoning_content: "hm 漢" }),
  event({ content: "Grüße 👩‍👩‍👧" }),
  event({ content: " there" }, { finish_reason: "stop" }),
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } })}\n\n`,
  "data: [DONE]\n\n",
].join("");

test("a stream is read the same however the network cuts it", async () => {
  const bytes = Buffer.from(stream);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), fc.boolean(), async (cuts, crlf) => {
      const whole = crlf ? Buffer.from(stream.replaceAll("\n", "\r\n")) : bytes;
      const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const pieces = places.slice(1).map((at, index) => whole.subarray(places[index], at));
      const { backend } = remote(async () => reply(200, pieces, { "x-polygate-call-id": "call_1", "x-polygate-provider": "a" }));
      const shown: Piece[] = [];
      const answer = await backend.ask(question, never, (piece) => shown.push(piece));
      assert.equal(answer.text, "Grüße 👩‍👩‍👧 there");
      assert.deepEqual(
        shown.filter(({ kind }) => kind === "thought"),
        [{ kind: "thought", text: "hm 漢" }],
      );
      assert.deepEqual(
        [answer.input, answer.output, answer.finish, answer.model, answer.callId],
        [7, 3, "stop", "b-1", "call_1"],
      );
    }),
    { numRuns: 100 },
  );
});

async function failure(pieces: readonly string[], status = 200): Promise<NoAnswer> {
  const { backend } = remote(async () => reply(status, pieces));
  return backend
    .ask(question, never, () => {})
    .then(
      () => assert.fail("an answer"),
      (thrown: unknown) => {
        assert.ok(thrown instanceof NoAnswer);
        return thrown;
      },
    );
}

test("an answer that breaks off is none, whatever was said before; an error in a stream is told", async () => {
  const cut = await failure([event({ content: "half" })]);
  assert.deepEqual([cut.text, cut.message], ["half", "The answer broke off before its end."]);
  const told = await failure([event({ content: "half" }), 'data: {"error":{"message":"too busy"}}\n\n', "data: [DONE]\n\n"]);
  assert.deepEqual([told.text, told.message], ["half", "too busy"]);
  assert.match((await failure(["<html>"], 502)).message, /^What answers at http:\/\/g is no Polygate gateway \(HTTP 502\)/);
  assert.match(
    (await failure(['{"error":{"message":"No key."}}'], 401)).message,
    /^No key\. Give one with --key or POLYGATE_KEY\.$/,
  );
});

test("pictures, files, schemas and limits are said in the gateway's words", async () => {
  const { backend, sent } = remote(async () => reply(200, ['{"choices":[{"message":{"content":"{}"},"finish_reason":"stop"}]}']));
  const content = [
    { type: "text", text: "see" },
    { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AA==" } },
    { type: "image", source: { kind: "url", url: "https://h/x.png" } },
    { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "BB==" }, title: "x.pdf" },
  ] as const;
  const asked = {
    ...question,
    messages: [{ role: "user", content } as const],
    schema: { type: "object" },
    strict: true,
    stream: false,
    maxTokens: 9,
  };
  const answer = await backend.ask(asked, never, () => {});
  assert.equal(answer.text, "{}");
  const [request] = sent;
  assert.deepEqual(
    [request?.url, request?.headers["x-polygate-strict"], request?.headers["authorization"]],
    ["http://g/v1/chat/completions", "true", "Bearer k"],
  );
  assert.deepEqual(JSON.parse(request?.body ?? ""), {
    model: "a/b",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "see" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
          { type: "image_url", image_url: { url: "https://h/x.png" } },
          { type: "file", file: { filename: "x.pdf", file_data: "data:application/pdf;base64,BB==" } },
        ],
      },
    ],
    stream: false,
    max_completion_tokens: 9,
    response_format: { type: "json_schema", json_schema: { name: "answer", schema: { type: "object" } } },
  });
});
