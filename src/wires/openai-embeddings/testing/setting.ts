import type { Source } from "../../../canonical/call.ts";
import type { EmbedRequest } from "../../../canonical/embed.ts";
import type { JsonObject } from "../../../canonical/json.ts";
import { plain, sourceAt, targets, whole } from "../../shared/testing/codec.ts";
import { type Recorded, recordings } from "../../shared/testing/recorded.ts";
import type { Incoming, Target } from "../../wire.ts";
import { openaiEmbeddings } from "../index.ts";

export const embed = whole(openaiEmbeddings.codecs.embed);

export const target = targets("openai", "text-embedding-3-small");

export const incoming = (body: JsonObject): Incoming => ({ path: "/v1/embeddings", query: "", headers: {}, body });

/** The body decoded and encoded again. */
export function round(body: JsonObject, over: Partial<Target> = {}) {
  const decoded = embed.decodeRequest(incoming(body));
  const { wireRequest, warnings, decoder } = embed.encodeRequest(decoded.request(), target({ model: decoded.model, ...over }));
  return { body: plain(wireRequest.body), codes: warnings.map(({ code }) => code), decoder };
}

/** A request as if it came from Gemini. */
export const foreign = (over: Partial<EmbedRequest> = {}): EmbedRequest => ({
  model: "m",
  inputs: ["hello"],
  extraOrigin: "gemini",
  ...over,
});

export const sourceOf = (json: JsonObject): Source =>
  sourceAt({ wire: openaiEmbeddings.name, path: "/v1/embeddings" }, { ...json, model: json["model"] ?? "m" });

/** Every recorded embedding. */
export const embeddings = (): Iterable<Recorded> => recordings(["embeddings", "openai_compat_embeddings"]);
