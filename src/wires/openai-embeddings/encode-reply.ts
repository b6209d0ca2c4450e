import type { EmbedResult, Vector } from "../../canonical/embed.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { base64OfNumbers, numbersOfBase64 } from "../shared/vectors.ts";
import type { ReplyEncoder, ReplyMeta } from "../wire.ts";
import { encodeUsage } from "./usage.ts";

/**
 * Writes embeddings in the encoding the caller asked for. One that named none gets numbers; what is no base64 of floats (some
 * models give bytes by default) it gets as it came.
 */
export class EmbedEncoder implements ReplyEncoder<"embed"> {
  readonly warnings: readonly Warning[] = [];
  readonly keepAlive = { comment: "keep-alive" };
  readonly #meta: ReplyMeta;
  readonly #encoding: "float" | "base64" | undefined;

  constructor(meta: ReplyMeta, encoding: "float" | "base64" | undefined) {
    this.#meta = meta;
    this.#encoding = encoding;
  }

  whole({ vectors, model, usage }: EmbedResult): JsonObject {
    return {
      object: "list",
      data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: writtenAs(vector, this.#encoding) })),
      model: model ?? this.#meta.model,
      usage: encodeUsage(usage),
    };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}

/** Throws `bad_reply` where what should be base64 of floats is none, and floats were asked for. */
export function writtenAs(vector: Vector, encoding: "float" | "base64" | undefined): Json {
  if (encoding === "base64") return "base64" in vector ? vector.base64 : base64OfNumbers(vector);
  if (!("base64" in vector)) return vector;
  const numbers = numbersOfBase64(vector.base64);
  if (numbers !== undefined) return numbers;
  if (encoding === undefined) return vector.base64;
  throw new GatewayError("bad_reply", "The provider sent an embedding that is not the base64 of 32-bit floats.");
}
