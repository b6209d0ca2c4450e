import { GatewayError } from "../../canonical/error.ts";
import type { Origin } from "../../canonical/parts.ts";

/** This wire's name in configs, sources, origins and extras. */
export const name = "gemini";

/** Of parts that only a speaker of this wire can read again. */
export const origin: Origin = { wire: name };

export type Verb = "generateContent" | "streamGenerateContent" | "countTokens" | "embedContent" | "batchEmbedContents";

/** The verb at the end of a path, e.g. `countTokens` of `/v1beta/models/gemini-3-flash:countTokens`. */
export const verbOf = (path: string): string => path.slice(path.lastIndexOf(":") + 1);

/**
 * Where a request goes, below the host. Always v1beta: v1 is a subset of it (thinking, tools, cached content and JSON schemas
 * came there first), so a caller of either version gets what it asked for.
 * Throws `invalid_request` for a name that would leave the models' part of the path.
 */
export function pathFor(model: string, verb: Verb): string {
  const query = verb === "streamGenerateContent" ? "?alt=sse" : "";
  return `/v1beta/${resource(model).split("/").map(segment).join("/")}:${verb}${query}`;
}

/** The model's full resource name. Names of the gateway's own making come without the collection, callers' may have it. */
export const resource = (model: string): string => (/^(?:models|tunedModels)\//.test(model) ? model : `models/${model}`);

function segment(text: string): string {
  if (text === "" || text === "." || text === "..") {
    throw new GatewayError("invalid_request", "The model's name has an empty segment or one of dots alone.", { param: "model" });
  }
  if (!text.isWellFormed()) {
    throw new GatewayError("invalid_request", "The model's name is no Unicode text: it has half a surrogate pair.", {
      param: "model",
    });
  }
  return encodeURIComponent(text);
}
