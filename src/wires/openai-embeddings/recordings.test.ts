import assert from "node:assert/strict";
import { test } from "node:test";
import { isArray, isObject } from "../../canonical/json.ts";
import { inputTokens } from "../../canonical/usage.ts";
import { plain } from "../shared/testing/codec.ts";
import { skip } from "../shared/testing/recorded.ts";
import { openaiEmbeddings } from "./index.ts";
import { skim } from "./skim.ts";
import { embed, embeddings, incoming, round, sourceOf, target } from "./testing/setting.ts";

test("every recorded request that was answered encodes back to what was sent", { skip }, () => {
  let read = 0;
  for (const { file, request, status } of embeddings()) {
    if (!isObject(request) || status >= 400) continue;
    const { body, codes } = round(request);
    assert.deepEqual(body, plain(request), file);
    assert.deepEqual(codes, [], file);
    read++;
  }
  assert(read > 60, String(read));
});

test("every recorded reply decodes: a vector for each input, usage that adds up; skimmed and written again it says the same", {
  skip,
}, () => {
  let read = 0;
  for (const { file, reply, status, provider, request } of embeddings()) {
    if (status !== 200) continue;
    assert(isObject(reply) && isArray(reply["data"]), file);
    const body = isObject(request) ? request : { model: "m", input: reply["data"].map(() => "?") };
    const { decoder } = round(body, { provider });
    const result = decoder.whole(reply);
    const sent = reply["data"].map((item) => (isObject(item) ? item["embedding"] : undefined));
    const read_ = result.vectors.map((vector) => ("base64" in vector ? vector.base64 : vector));
    assert.deepEqual(read_, sent, file);
    assert.equal(result.usage?.anomaly, undefined, file);
    assert(result.usage && isObject(result.usage.raw), file);
    assert.equal(inputTokens(result.usage), result.usage.raw["prompt_tokens"] ?? result.usage.raw["total_tokens"], file);

    const bytes = Buffer.from(JSON.stringify(reply, undefined, read % 3));
    const { data: _, ...rest } = reply;
    const texts = typeof sent[0] === "string";
    assert.deepEqual(skim(bytes), { rest, texts, lists: !texts }, file);
    const { relay } = embed.relay(sourceOf(body), target({ provider }));
    const format = body["encoding_format"];
    const followed = format === undefined || format === null || (format === "base64") === texts;
    assert.equal(relay.skim?.(bytes), followed ? "keep" : undefined, file);
    assert.equal(relay.whole(reply) === "keep", followed, file);
    const { usage, model, id, done } = relay.observed();
    assert.deepEqual({ usage, model, id, done }, { usage: result.usage, model: result.model, id: result.id, done: true }, file);

    // Perplexity's own default is bytes, not floats: what was not asked for as base64 is not ours to read.
    if (texts && format !== "base64") continue;
    for (const encoding_format of ["float", "base64"]) {
      const meta = { id: "", createdAt: 0, model: "m" };
      const encoder = embed.decodeRequest(incoming({ ...body, encoding_format })).encoder(meta);
      const again = encoder.whole(result);
      const twice = embed.decodeRequest(incoming({ ...body, encoding_format: texts ? "base64" : "float" })).encoder(meta);
      const back = round(body).decoder.whole(plainObject(twice.whole(round(body).decoder.whole(plainObject(again)))));
      if (texts) assert.deepEqual(back.vectors, result.vectors, file);
      else if (encoding_format === "base64") {
        const floats = result.vectors.map((vector) => ("base64" in vector ? vector : vector.map(Math.fround)));
        assert.deepEqual(back.vectors, floats, file);
      }
    }
    read++;
  }
  assert(read > 60, String(read));
});

function plainObject(value: unknown) {
  const object = plain(value);
  assert(isObject(object));
  return object;
}

test("every recorded error is one", { skip }, () => {
  for (const { file, reply, status, provider } of embeddings()) {
    if (status < 400 || reply === undefined) continue;
    const error = openaiEmbeddings.decodeError(status, {}, isObject(reply) ? reply : String(reply), provider);
    assert(
      ["invalid_request", "model_not_found", "provider_credential", "provider_error", "context_overflow"].includes(error.code),
      `${file}: ${error.code}`,
    );
  }
});
