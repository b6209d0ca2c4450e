import type { Source } from "../../canonical/call.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { Losses } from "../shared/losses.ts";
import { object, text } from "../shared/read.ts";
import { splice } from "../shared/splice.ts";
import type { Observed, Relay, Relayed, Target } from "../wire.ts";
import { EmbedDecoder } from "./decode-reply.ts";
import { encodingOf } from "./decode-request.ts";
import { writtenAs } from "./encode-reply.ts";
import { decodeInnerError } from "./errors.ts";
import { path } from "./name.ts";
import { skim } from "./skim.ts";
import { decodeUsage } from "./usage.ts";

/** Passes a call on in the caller's own bytes, with the provider's name for the model and without what it refuses. */
export function relay(source: Source, target: Target): Relayed<"embed"> {
  const { json } = source;
  const losses = new Losses();
  const remove = losses.refused(json, target);
  const set = json["model"] === target.model ? {} : { model: target.model };
  const { provider } = target;
  const wanted = encodingOf(json["encoding_format"]);
  return {
    wireRequest: { path, headers: {}, body: splice(source, { set, remove }) },
    warnings: losses.warnings,
    relay: new EmbedRelay(provider, wanted),
    decoder: () => new EmbedDecoder(provider, undefined),
  };
}

/**
 * Passes embeddings on unread, for they are large; only what stands beside them is looked at. A provider that does not follow
 * the encoding asked for (many know none but numbers) has its vectors written in it here.
 */
class EmbedRelay implements Relay {
  readonly interesting = /(?!)/;
  readonly #provider: string;
  readonly #wanted: "float" | "base64" | undefined;
  #facts: Pick<Observed, "id" | "model" | "usage" | "error"> = {};
  #whole = false;

  constructor(provider: string, wanted: "float" | "base64" | undefined) {
    this.#provider = provider;
    this.#wanted = wanted;
  }

  push(): "keep" {
    return "keep";
  }

  skim(bytes: Uint8Array): "keep" | undefined {
    const skimmed = skim(bytes);
    if (skimmed === undefined || (this.#wanted === "float" ? skimmed.texts : this.#wanted === "base64" && skimmed.lists)) {
      return undefined;
    }
    this.#read(skimmed.rest);
    this.#whole = true;
    return "keep";
  }

  whole(body: JsonObject): "keep" | JsonObject {
    this.#read(body);
    const { data } = body;
    this.#whole = isArray(data);
    const other = this.#wanted === "base64" ? isArray : isText;
    if (this.#wanted === undefined || !isArray(data) || !data.some((item) => other(object(item)?.["embedding"]))) return "keep";
    const wanted = this.#wanted;
    return { ...body, data: data.map((item) => (isObject(item) ? this.#rewritten(item, wanted) : item)) };
  }

  cut(): readonly never[] {
    return [];
  }

  observed(): Observed {
    return { ...this.#facts, content: this.#whole, ended: this.#whole, done: this.#whole };
  }

  #read(body: JsonObject): void {
    const usage = object(body["usage"]);
    this.#facts = {
      id: text(body["id"]),
      model: text(body["model"]),
      usage: usage && decodeUsage(usage),
      error: body["error"] ? decodeInnerError(body["error"], this.#provider) : undefined,
    };
  }

  #rewritten(item: JsonObject, wanted: "float" | "base64"): JsonObject {
    const { embedding } = item;
    if (typeof embedding === "string") return { ...item, embedding: writtenAs({ base64: embedding }, wanted) };
    if (!isArray(embedding)) return item;
    const numbers = embedding.filter((value) => typeof value === "number");
    if (numbers.length === embedding.length) return { ...item, embedding: writtenAs(numbers, wanted) };
    throw new GatewayError("bad_reply", `${this.#provider} sent an embedding that holds more than numbers.`);
  }
}

const isText = (value: Json | undefined): boolean => typeof value === "string";
