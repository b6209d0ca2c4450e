import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type JsonObject } from "../../canonical/json.ts";
import { object } from "../shared/read.ts";
import { plain } from "../shared/testing/codec.ts";
import { base64OfNumbers, numbersOfBase64 } from "../shared/vectors.ts";
import { skim } from "./skim.ts";
import { embed, foreign, incoming, round, sourceOf, target } from "./testing/setting.ts";

const refused = (code: string, param?: string) => (thrown: unknown) =>
  thrown instanceof GatewayError && thrown.code === code && thrown.param === param;

test("what a caller sends in the wrong type is refused by its name", () => {
  const ask = (body: JsonObject) => () => embed.decodeRequest(incoming(body)).request();
  assert.throws(ask({ input: "x" }), refused("invalid_request", "model"));
  assert.throws(ask({ model: "", input: "x" }), refused("invalid_request", "model"));
  assert.throws(ask({ model: "m" }), refused("invalid_request", "input"));
  assert.throws(ask({ model: "m", input: [] }), refused("invalid_request", "input"));
  assert.throws(ask({ model: "m", input: [1, "a"] }), refused("invalid_request", "input[1]"));
  assert.throws(ask({ model: "m", input: ["a", [1.5]] }), refused("invalid_request", "input[1][0]"));
  assert.throws(ask({ model: "m", input: ["a", null] }), refused("invalid_request", "input[1].content"));
  assert.throws(ask({ model: "m", input: "x", dimensions: -1 }), refused("invalid_request", "dimensions"));
  assert.throws(ask({ model: "m", input: "x", encoding_format: 7 }), refused("invalid_request", "encoding_format"));
  assert.throws(ask({ model: "m", input: "x", user: {} }), refused("invalid_request", "user"));
});

test("any request encodes back to what was sent", () => {
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  const parts = fc.subarray([{ type: "text", text: "a" }, picture, { type: "image_url", image_url: { url: "https://h/x" } }], {
    minLength: 2,
  });
  const tokens = fc.array(fc.nat(), { minLength: 1, maxLength: 5 });
  const input = fc.oneof(
    fc.string(),
    tokens,
    fc.array(fc.oneof(fc.string(), fc.record({ content: parts })), { minLength: 1, maxLength: 4 }),
    fc.array(tokens, { minLength: 1, maxLength: 4 }),
  );
  const body = fc.record(
    {
      model: fc.constant("m"),
      input,
      encoding_format: fc.constantFrom("float", "base64", "base64_int8", null),
      dimensions: fc.option(fc.nat()),
      user: fc.option(fc.string()),
      input_type: fc.constantFrom("query", "document", "something", null),
      task: fc.constantFrom("retrieval.query", "text-matching", "x"),
      truncation: fc.boolean(),
    },
    { requiredKeys: ["model", "input"] },
  );
  fc.assert(
    fc.property(body, (sent) => {
      const { body, codes } = round(sent);
      assert.deepEqual(body, plain(sent));
      assert.deepEqual(codes, []);
    }),
  );
});

test("what a vector is for is told across wires where the word is known", () => {
  const request = embed.decodeRequest(incoming({ model: "m", input: "x", input_type: "query", extra: 1 })).request();
  assert.equal(request.taskType, "RETRIEVAL_QUERY");
  assert.deepEqual(request.extra, { extra: 1 });
});

test("what of another wire's request has no place is reported", () => {
  const request = foreign({
    inputs: [
      "a",
      [1, 2],
      [
        { type: "text", text: "b" },
        { type: "text", text: "c" },
      ],
    ],
    dimensions: 3,
  });
  const lossy = { ...request, taskType: "CLUSTERING", title: "t", extra: { x: 1 } };
  const { wireRequest, warnings } = embed.encodeRequest(lossy, target());
  assert.deepEqual(plain(wireRequest.body), { model: "text-embedding-3-small", input: ["a", [1, 2], "bc"], dimensions: 3 });
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["task_type_dropped", "title_dropped", "unknown_field_dropped"],
  );
  const audio = foreign({ inputs: [[{ type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "AA" } }]] });
  assert.throws(() => embed.encodeRequest(audio, target()), refused("unsupported", "input[0]"));
});

test("vectors find their inputs by index; missing, repeated and unreadable ones are no answer", () => {
  const decoder = embed.encodeRequest(foreign({ inputs: ["a", "b"] }), target()).decoder;
  const read = (...data: readonly JsonObject[]) => decoder.whole({ data }).vectors;
  assert.deepEqual(read({ index: 1, embedding: [1] }, { index: 0, embedding: [0] }), [[0], [1]]);
  assert.deepEqual(read({ embedding: [0] }, { embedding: [1] }), [[0], [1]]);
  assert.deepEqual(read({ index: 7e9, embedding: [0] }, { embedding: [1] }), [[0], [1]]);
  for (const data of [
    [{ index: 0, embedding: [0] }],
    [
      { index: 0, embedding: [0] },
      { index: 0, embedding: [0] },
    ],
    [
      { index: 0, embedding: ["x"] },
      { index: 1, embedding: [0] },
    ],
    [{ index: 0 }, { index: 1, embedding: [0] }],
  ]) {
    assert.throws(() => read(...data), refused("bad_reply"), JSON.stringify(data));
  }
  assert.throws(() => decoder.whole({ object: "list" }), refused("bad_reply"));
  assert.throws(() => decoder.whole({ error: { message: "no", type: "invalid_request_error" } }), refused("invalid_request"));
});

test("a caller gets the encoding asked for, whichever the provider sends", () => {
  const numbers = [0.5, -1.25, 3];
  const base64 = base64OfNumbers(numbers);
  assert.equal(base64, "AAAAPwAAoL8AAEBA");
  const reply = (embedding: JsonObject[string]) => ({
    object: "list",
    data: [{ object: "embedding", index: 0, embedding, mine: "kept" }],
    model: "served",
    usage: { prompt_tokens: 2, total_tokens: 2 },
  });
  const relayed = (encoding_format: string | undefined, embedding: JsonObject[string]) => {
    const { relay } = embed.relay(sourceOf({ model: "m", input: "x", encoding_format }), target());
    const sent = reply(embedding);
    const skimmed = relay.skim?.(Buffer.from(JSON.stringify(sent)));
    const verdict = relay.whole(sent);
    assert.equal(skimmed === "keep", verdict === "keep");
    assert.equal(relay.observed().usage?.inputUncached, 2);
    return verdict === "keep" ? sent : verdict;
  };
  assert.deepEqual(relayed("float", base64), reply(numbers));
  assert.deepEqual(relayed("base64", numbers), reply(base64));
  assert.deepEqual(relayed("base64", base64), reply(base64));
  assert.deepEqual(relayed("float", numbers), reply(numbers));
  assert.deepEqual(relayed(undefined, base64), reply(base64));
  assert.throws(() => relayed("float", "AAA="), refused("bad_reply"));
  assert.throws(() => relayed("float", base64OfNumbers([Number.NaN])), refused("bad_reply"));
});

test("numbers survive base64 as 32-bit floats", () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })), (numbers) => {
      assert.deepEqual(numbersOfBase64(base64OfNumbers(numbers)), numbers);
    }),
  );
  assert.equal(numbersOfBase64("not base64!"), undefined);
});

test("a skimmed reply is known as a parsed one is, in any order and spacing; what is not as usual is parsed", () => {
  const member = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant({ prompt_tokens: 1, "]}": ['"', "\\"] }));
  const vector = fc.oneof(fc.array(fc.double()), fc.string(), fc.constant("a\\/b"));
  const item = fc.record({ object: fc.string(), index: member, embedding: vector, text: fc.string() }, { requiredKeys: [] });
  const body = fc.record(
    { object: member, data: fc.array(item, { maxLength: 4 }), model: fc.string(), usage: member, id: member },
    { requiredKeys: ["data"] },
  );
  const order = fc.shuffledSubarray(["object", "data", "model", "usage", "id"], { minLength: 5 });
  fc.assert(
    fc.property(body, order, fc.constantFrom(0, 2), (made, names, indent) => {
      const from = new Map(Object.entries(made));
      const sent = Object.fromEntries(names.flatMap((name) => (from.has(name) ? [[name, from.get(name)]] : [])));
      const text = JSON.stringify(sent, undefined, indent);
      const found = skim(Buffer.from(text));
      const { data: _, ...rest } = object(plain(sent)) ?? {};
      const texts = made.data.some(({ embedding }) => typeof embedding === "string");
      const lists = made.data.some(({ embedding }) => Array.isArray(embedding));
      assert.deepEqual(found, { rest, texts, lists });
      const cut = text.slice(0, -1);
      assert.equal(skim(Buffer.from(cut)), undefined);
      assert.equal(skim(Buffer.from(`${text}x`)), undefined);
    }),
    { numRuns: 500 },
  );
  for (const odd of [
    '{"data":{}}',
    '{"data":[{"embedding":[[1]]}]}',
    '{"data":[],"data":[]}',
    '{"d\\u0061ta":[]}',
    "[]",
    "",
    "{}",
  ]) {
    assert.equal(skim(Buffer.from(odd)), undefined, odd);
  }
});

test("a huge reply is skimmed, not parsed", (t) => {
  const vectors = Array.from({ length: 200 }, (_, at) => Array.from({ length: 1536 }, (_, i) => Math.sin(at * 1536 + i)));
  const data = vectors.map((embedding, index) => ({ object: "embedding", index, embedding }));
  const bytes = Buffer.from(JSON.stringify({ object: "list", data, model: "m", usage: { prompt_tokens: 9, total_tokens: 9 } }));
  const timed = (run: () => unknown): number => {
    const from = performance.now();
    for (let round = 0; round < 5; round++) run();
    return performance.now() - from;
  };
  const skimmed = timed(() => skim(bytes));
  const parsed = timed(() => JSON.parse(bytes.toString("utf8")));
  assert(isObject(skim(bytes)?.rest));
  t.diagnostic(
    `embeddings reply of ${bytes.length} bytes: skimmed in ${(skimmed / 5).toFixed(2)} ms, parsed in ${(parsed / 5).toFixed(1)} ms`,
  );
  assert(skimmed < parsed);
});
