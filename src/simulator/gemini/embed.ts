import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { asText } from "../brain/ask.ts";
import { nothingAsked } from "../brain/nothing.ts";
import { countTokens } from "../brain/tokens.ts";
import type { Face } from "../face.ts";
import { geminiFace } from "./face.ts";
import { mediaTypeOf, nameOf } from "./media.ts";
import { normal, object, objects, partsOf, whole } from "./normal.ts";

const usualSize = 768;
const largestSize = 3072;

/** A unit vector out of the text: the same text always gives the same one. */
export function vector(text: string, size: number): readonly number[] {
  const values: number[] = [];
  for (let block = 0; values.length < size; block++) {
    const digest = createHash("sha512").update(`${block}\n${text}`).digest();
    for (let i = 0; i < digest.length && values.length < size; i += 4) values.push(digest.readInt32LE(i) / 2 ** 31);
  }
  const length = Math.hypot(...values);
  return values.map((value) => Math.fround(value / length));
}

const textOf = (request: JsonObject): string =>
  partsOf(request["content"])
    .map((part) => (mediaTypeOf(part) === undefined ? asText(part["text"]) : nameOf(part)))
    .join(" ");

const sizeOf = (request: JsonObject): number =>
  whole(request["outputDimensionality"]) ?? whole(object(request["embedContentConfig"])["outputDimensionality"]) ?? usualSize;

const embedding = (request: JsonObject): Json => ({ values: vector(textOf(request), sizeOf(request)) });

const usage = (requests: readonly JsonObject[]): JsonObject => {
  const tokenCount = requests.reduce((sum, request) => sum + countTokens(textOf(request)), 0);
  return { promptTokenCount: tokenCount, promptTokenDetails: [{ modality: "TEXT", tokenCount }] };
};

function findings(request: JsonObject, at: string): readonly string[] {
  const found: string[] = [];
  if (partsOf(request["content"]).length === 0) found.push(`* ${at}.content: content is required`);
  const size = sizeOf(request);
  if (!Number.isInteger(size) || size < 1 || size > largestSize)
    found.push(`* ${at}.output_dimensionality: must be from 1 to ${largestSize}`);
  return found;
}

/** embedContent. */
export const geminiEmbedFace: Face = {
  ...geminiFace,
  read: (body, _behaviour, _cache, target) => ({ ...nothingAsked(target.model), input: billed([normal(body)]) }),
  whole(_ask, _answers, meta) {
    const request = normal(meta.body);
    return JSON.stringify({ embedding: embedding(request), ...(meta.usage !== "none" && { usageMetadata: usage([request]) }) });
  },
  check: (body) => findings(normal(body), "EmbedContentRequest"),
  checkSpec: (body, specs) => specs.gemini.check("EmbedContentRequest")(body),
};

/** batchEmbedContents. */
export const geminiBatchEmbedFace: Face = {
  ...geminiFace,
  read: (body, _behaviour, _cache, target) => ({ ...nothingAsked(target.model), input: billed(requestsOf(body)) }),
  whole(_ask, _answers, meta) {
    const requests = requestsOf(meta.body);
    const embeddings = requests.map(embedding);
    return JSON.stringify({ embeddings, ...(meta.usage !== "none" && { usageMetadata: usage(requests) }) });
  },
  check(body, _headers, _signer, target) {
    const requests = requestsOf(body);
    if (requests.length === 0) return ["* BatchEmbedContentsRequest.requests: requests must not be empty"];
    if (requests.length > 100) return ["* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch"];
    return requests.flatMap((request, i) => {
      const at = `BatchEmbedContentsRequest.requests[${i}]`;
      const found = findings(request, at);
      const model = `models/${target.model}`;
      return request["model"] === model ? found : [...found, `* ${at}.model: must be ${model}, as in the path`];
    });
  },
  checkSpec: (body, specs) => specs.gemini.check("BatchEmbedContentsRequest")(body),
};

const requestsOf = (body: JsonObject): readonly JsonObject[] => objects(normal(body)["requests"]);

const billed = (requests: readonly JsonObject[]): ReturnType<typeof nothingAsked>["input"] => {
  const uncached = requests.reduce((sum, request) => sum + countTokens(textOf(request)), 0);
  return { uncached, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
};
