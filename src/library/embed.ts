import type { EmbedRequest as CanonicalRequest, EmbedResult as CanonicalResult, Vector } from "../canonical/embed.ts";
import { GatewayError } from "../canonical/error.ts";
import { numbersOfBase64 } from "../wires/shared/vectors.ts";
import type { EmbedRequest } from "./request.ts";
import { embedShape } from "./request-shapes.ts";
import type { CallFacts, EmbedResult } from "./result.ts";

/** Throws GatewayError `invalid_request`. */
export function embedRequest(request: EmbedRequest): CanonicalRequest {
  embedShape(request, "");
  const { model, input, dimensions } = request;
  return { model, inputs: typeof input === "string" ? [input] : input, dimensions };
}

export const embedResult = ({ vectors }: CanonicalResult, facts: CallFacts): EmbedResult => ({
  ...facts,
  vectors: vectors.map(numbers),
});

function numbers(vector: Vector): readonly number[] {
  if (!("base64" in vector)) return vector;
  const read = numbersOfBase64(vector.base64);
  if (read === undefined) throw new GatewayError("bad_reply", "The provider sent a vector that cannot be read.");
  return read;
}
