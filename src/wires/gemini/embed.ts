import type { EmbedInput, EmbedRequest, EmbedResult, Vector } from "../../canonical/embed.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Usage } from "../../canonical/usage.ts";
import { isEmpty } from "../shared/losses.ts";
import { count, list, number, object, optional, others, refuse, text, wantList, wantObject } from "../shared/read.ts";
import { numbersOfBase64 } from "../shared/vectors.ts";
import type { Codec, DecodedRequest, EncodedRequest, Incoming, ReplyDecoder, ReplyEncoder, Target } from "../wire.ts";
import { CallIds } from "./call-ids.ts";
import { decodePart } from "./decode-parts.ts";
import { readModel } from "./decode-request.ts";
import { encodePart } from "./encode-parts.ts";
import { decodeInnerError, errorIn } from "./errors.ts";
import { name, pathFor, resource, verbOf } from "./name.ts";
import { relayBody } from "./relay.ts";
import { WholeRelay } from "./relay-whole.ts";
import { place, type Scope, scopeFor } from "./scope.ts";
import { camel, camelObject, type Draft, defined, put, respell, words } from "./spelling.ts";

/*
 * Embeddings: `batchEmbedContents`, a list of requests with one vector each, and `embedContent`, one. What the requests of a
 * batch say besides their contents is the same in nearly all batches; one that differs between them is refused.
 */

const single = "embedContent";
/** What the vectors are to be, in the request itself or (newer) in an object of its own. */
const wishes = ["taskType", "title", "outputDimensionality"];
const config = "embedContentConfig";

export const embed: Codec<"embed"> = {
  encodeRequest,
  decodeRequest,
  relay(source, target) {
    const one = verbOf(source.path) === single;
    return {
      ...relayBody(source, target, one ? single : "batchEmbedContents"),
      relay: new WholeRelay(target.provider, (body) => decodeUsage(body)),
      decoder: () => new VectorDecoder(target),
    };
  },
};

function decodeRequest(incoming: Incoming): DecodedRequest<"embed"> {
  const model = readModel(incoming);
  const one = verbOf(incoming.path) === single;
  return {
    model,
    stream: false,
    request: () => readRequest(incoming.body, model, one),
    encoder: () => new VectorEncoder(one),
  };
}

function readRequest(body: JsonObject, model: string, one: boolean): EmbedRequest {
  const snakes = new Set<string>();
  const spelling: Record<string, string> = {};
  const requests = one ? [body] : wantList(body["requests"], "requests");
  if (requests.length === 0) refuse("requests", "a list of at least one request");
  const inputs: EmbedInput[] = [];
  const forms: string[] = [];
  let first: JsonObject | undefined;
  for (const [index, item] of requests.entries()) {
    const at = one ? "" : `requests[${index}].`;
    const request = camel(wantObject(item, one ? "body" : `requests[${index}]`), snakes);
    const { content, model: named, ...rest } = request;
    first ??= rest;
    if (JSON.stringify(rest) !== JSON.stringify(first)) {
      refuse(at.slice(0, -1), "like the others but for its content; send requests that differ in calls of their own");
    }
    const { input, form } = readInput(content, `${at}content`);
    inputs.push(input);
    forms.push(`${form}${named === undefined ? "" : " named"}`);
  }
  const rest = first ?? {};
  const own = camelObject(rest[config], snakes);
  if (one) spelling["verb"] = single;
  if (own !== undefined) spelling["wishes"] = config;
  if (snakes.size > 0) spelling["snake"] = [...snakes].join(",");
  if (forms.some((form) => form !== " named")) spelling["forms"] = forms.join(";");
  if (!one && body["model"] !== undefined) spelling["model"] = "batch";
  const asked = { ...rest, ...own };
  const unread = others(rest, new Set([...wishes, ...(own ? [config] : [])]));
  const extra: JsonObject = {
    ...unread,
    ...prefixed(config, own && others(own, new Set(wishes))),
    ...(one ? {} : prefixed("batch", others(body, new Set(["requests", "model"])))),
  };
  return {
    model,
    inputs,
    dimensions: optional(asked["outputDimensionality"], "outputDimensionality", number, "a number"),
    taskType: optional(asked["taskType"], "taskType", text, "a string"),
    title: optional(asked["title"], "title", text, "a string"),
    spelling,
    ...(Object.keys(extra).length > 0 && { extra }),
    extraOrigin: name,
  };
}

const prefixed = (at: string, members: JsonObject | undefined): JsonObject =>
  Object.fromEntries(Object.entries(members ?? {}).map(([field, value]) => [`${at}.${field}`, value]));

/** A content: a text alone, else its parts. `form`: its role, and `single` where its one part stood outside a list. */
function readInput(value: Json | undefined, at: string): { readonly input: EmbedInput; readonly form: string } {
  const content = wantObject(value, at);
  const alone = isObject(content["parts"]);
  const list = alone ? [content["parts"] ?? null] : wantList(content["parts"], `${at}.parts`);
  const ids = new CallIds();
  const parts = list.map((part, index) => decodePart(part, `${at}.parts[${index}]`, ids));
  const role = text(content["role"]);
  const form = words([role && `role=${role}`, alone ? "single" : undefined], new Set()) ?? "";
  const [only, ...more] = parts;
  const bare = only?.type === "text" && more.length === 0 && only.as === undefined && only.extra === undefined;
  return { input: bare && only.seal === undefined ? only.text : parts, form };
}

function encodeRequest(request: EmbedRequest, target: Target): EncodedRequest<"embed"> {
  const scope = scopeFor(request.extraOrigin === name, target);
  const { native, losses } = scope;
  const one = native && request.spelling?.["verb"] === single;
  const forms = native ? request.spelling?.["forms"]?.split(";") : undefined;
  const snakes = new Set(native ? request.spelling?.["snake"]?.split(",") : []);
  const extra = native ? Object.entries(request.extra ?? {}) : [];
  const requests = request.inputs.map((input, index) => {
    const form = (forms?.[index] ?? " named").split(" ");
    const made: Draft = {};
    if (!native || form.includes("named")) made["model"] = resource(target.model);
    made["content"] = content(input, index, form, scope);
    const asked: Draft = native && request.spelling?.["wishes"] === config ? {} : made;
    put(asked, "taskType", request.taskType);
    put(asked, "title", request.title);
    put(asked, "outputDimensionality", request.dimensions);
    if (asked !== made) made[config] = asked;
    for (const [field, value] of extra) if (!field.startsWith("batch.")) place(made, field, value ?? null);
    return defined(respell(made, snakes, [config]));
  });
  if (!native) {
    if (request.endUser !== undefined) losses.ignore("user_ignored", "user", "this API has no such setting.");
    for (const [field, value] of Object.entries(request.extra ?? {})) {
      if (!isEmpty(value)) losses.drop("unknown_field_dropped", field, "the field is none of the Gemini API's.");
    }
  }
  const batch: Draft = { requests };
  if (native && request.spelling?.["model"] === "batch") batch["model"] = resource(target.model);
  for (const [field, value] of extra) if (field.startsWith("batch.")) put(batch, field.slice(6), value);
  const body: JsonObject = one ? (requests[0] ?? {}) : batch;
  return {
    wireRequest: {
      path: pathFor(target.model, one ? single : "batchEmbedContents"),
      headers: { "content-type": "application/json" },
      body,
    },
    warnings: losses.warnings,
    decoder: new VectorDecoder(target),
  };
}

function content(input: EmbedInput, index: number, form: readonly string[], scope: Scope): JsonObject {
  const parts = typeof input === "string" ? [{ text: input }] : partsOf(input, `input[${index}]`, scope);
  const role = form.find((token) => token.startsWith("role="))?.slice(5);
  return { ...(role !== undefined && { role }), parts: form.includes("single") ? (parts[0] ?? {}) : parts };
}

function partsOf(input: Exclude<EmbedInput, string>, at: string, scope: Scope): readonly JsonObject[] {
  return input.flatMap((part, index) => {
    if (typeof part !== "number") return encodePart(part, `${at}[${index}]`, scope);
    throw new GatewayError("unsupported", "The Gemini API takes texts to embed, no token numbers. Send the text itself.", {
      param: at,
    });
  });
}

function decodeUsage(body: JsonObject): Usage | undefined {
  const raw = object(body["usageMetadata"]);
  const tokens = count(raw?.["promptTokenCount"]) ?? count(raw?.["totalTokenCount"]);
  if (raw === undefined || tokens === undefined) return undefined;
  const none = { cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, outputVisible: 0, outputReasoning: 0 };
  return { inputUncached: tokens, ...none, reportedTotal: count(raw["totalTokenCount"]), raw };
}

class VectorDecoder implements ReplyDecoder<"embed"> {
  readonly ended = false;
  readonly done = false;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  whole(body: JsonObject): EmbedResult {
    const { provider, model } = this.#target;
    const error = errorIn(body);
    if (error !== undefined) throw decodeInnerError(error, provider);
    const found = list(body["embeddings"]) ?? (isObject(body["embedding"]) ? [body["embedding"]] : undefined);
    if (found === undefined) {
      throw new GatewayError("bad_reply", `Provider ${provider} answered without embeddings. Try again, or another model.`, {
        upstream: { provider, body },
      });
    }
    const vectors = found.map((one) => (list(object(one)?.["values"]) ?? []).filter((value) => typeof value === "number"));
    const usage = decodeUsage(body);
    const more = found.map((one) => (isObject(one) ? (others(one, new Set(["values"])) ?? null) : null));
    return { model, vectors, ...(usage && { usage }), ...(more.some((one) => one !== null) && { extra: more }) };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}

class VectorEncoder implements ReplyEncoder<"embed"> {
  readonly warnings = [];
  readonly keepAlive = { comment: "keep-alive" } as const;
  readonly #one: boolean;

  constructor(one: boolean) {
    this.#one = one;
  }

  whole(result: EmbedResult): JsonObject {
    const embeddings = result.vectors.map((vector) => ({ values: numbers(vector) }));
    const tokens = result.usage?.inputUncached;
    const usage = tokens === undefined ? {} : { usageMetadata: { promptTokenCount: tokens } };
    return this.#one ? { embedding: embeddings[0] ?? { values: [] }, ...usage } : { embeddings, ...usage };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}

/** A vector's numbers, whichever way they came. Throws `bad_reply` where what should be base64 of floats is none. */
function numbers(vector: Vector): readonly number[] {
  if (!("base64" in vector)) return vector;
  const read = numbersOfBase64(vector.base64);
  if (read !== undefined) return read;
  throw new GatewayError("bad_reply", "The provider sent an embedding that is not the base64 of 32-bit floats.");
}
