import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { list, number, object, text } from "../shared/read.ts";

/** A candidate's log probabilities in the canonical form (OpenAI's). Undefined for none. */
export function decodeLogprobs(result: Json | undefined): JsonObject | undefined {
  const chosen = list(object(result)?.["chosenCandidates"]);
  if (chosen === undefined || chosen.length === 0) return undefined;
  const tops = list(object(result)?.["topCandidates"]) ?? [];
  const content = chosen.flatMap((item, index) => {
    const token = decodeToken(item);
    if (token === undefined) return [];
    const top = list(object(tops[index])?.["candidates"]) ?? [];
    return [{ ...token, top_logprobs: top.flatMap<JsonObject>((one) => decodeToken(one) ?? []) }];
  });
  return { content };
}

function decodeToken(value: Json): JsonObject | undefined {
  const token = text(object(value)?.["token"]);
  if (token === undefined) return undefined;
  return { token, logprob: number(object(value)?.["logProbability"]) ?? 0, bytes: null };
}

/** Canonical log probabilities, whole or in pieces, as this API tells them. Undefined for none. */
export function encodeLogprobs(logprobs: Json | undefined): JsonObject | undefined {
  const pieces = isArray(logprobs) ? logprobs : [logprobs];
  const tokens = pieces.flatMap((piece) => list(object(piece)?.["content"]) ?? []).filter(isObject);
  if (tokens.length === 0) return undefined;
  return {
    chosenCandidates: tokens.map(encodeToken),
    topCandidates: tokens.map((token) => ({ candidates: (list(token["top_logprobs"]) ?? []).filter(isObject).map(encodeToken) })),
  };
}

const encodeToken = (token: JsonObject): JsonObject => ({ token: token["token"], logProbability: token["logprob"] });
