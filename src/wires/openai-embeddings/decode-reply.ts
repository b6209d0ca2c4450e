import type { EmbedResult, Vector } from "../../canonical/embed.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { count, object, text } from "../shared/read.ts";
import type { ReplyDecoder } from "../wire.ts";
import { decodeInnerError } from "./errors.ts";
import { decodeUsage } from "./usage.ts";

/** Reads embeddings. There are no streams of them. */
export class EmbedDecoder implements ReplyDecoder<"embed"> {
  readonly ended = true;
  readonly done = true;
  readonly #provider: string;
  /** How many vectors were asked for; undefined where nobody knows any more. */
  readonly #inputs: number | undefined;

  constructor(provider: string, inputs: number | undefined) {
    this.#provider = provider;
    this.#inputs = inputs;
  }

  whole(body: JsonObject): EmbedResult {
    if (body["error"]) throw decodeInnerError(body["error"], this.#provider);
    const data = body["data"];
    if (!isArray(data)) throw this.#bad("JSON without embeddings");
    const inputs = this.#inputs ?? data.length;
    if (data.length !== inputs) throw this.#bad(`${data.length} embeddings for ${inputs} inputs`);
    const vectors = new Map<number, Vector>();
    for (const [at, item] of data.entries()) vectors.set(place(item, at, inputs), this.#vector(object(item)?.["embedding"]));
    if (vectors.size !== inputs) throw this.#bad("two embeddings for one input");
    const usage = object(body["usage"]);
    return {
      model: text(body["model"]),
      id: text(body["id"]),
      vectors: [...vectors].sort(([a], [b]) => a - b).map(([, vector]) => vector),
      usage: usage && decodeUsage(usage),
    };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }

  #vector(value: Json | undefined): Vector {
    if (typeof value === "string") return { base64: value };
    if (isArray(value)) {
      const numbers = value.filter((item) => typeof item === "number");
      if (numbers.length === value.length) return numbers;
    }
    throw this.#bad(isObject(value) ? "embeddings in a form of its own" : "something that is no embedding");
  }

  #bad(what: string): GatewayError {
    return new GatewayError("bad_reply", `${this.#provider} sent ${what}.`, { upstream: { provider: this.#provider } });
  }
}

/** Which input a vector belongs to: the one it names, else the one in whose place it stands. */
function place(item: Json, at: number, inputs: number): number {
  const index = count(object(item)?.["index"]);
  return index === undefined || index >= inputs ? at : index;
}
