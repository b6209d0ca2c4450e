import type { Source } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Warning } from "../canonical/warnings.ts";
import { placeOf as inMessages } from "../wires/anthropic-messages/places.ts";
import { placeOf as inContents } from "../wires/gemini/places.ts";
import { placeOf as inChat } from "../wires/openai-chat/places.ts";
import { placeOf as inResponse } from "../wires/openai-responses/places.ts";

type PlaceOf = (body: JsonObject, at: string) => string;

const places = new Map<string, PlaceOf>([
  ["openai-chat", inChat],
  ["openai-responses", inResponse],
  ["anthropic-messages", inMessages],
  ["gemini", inContents],
]);

/** What was found in translating a request, its places those of the body its caller sent. */
export function inCallersWords(warnings: readonly Warning[], source: Source | undefined): readonly Warning[] {
  if (source === undefined || warnings.length === 0) return warnings;
  const placeOf = places.get(source.wire);
  if (placeOf === undefined) return warnings;
  return warnings.map((warning) => (warning.at === undefined ? warning : { ...warning, at: placeOf(source.json, warning.at) }));
}

/** The same of an encoder's refusal. */
export function refusedInCallersWords(thrown: unknown, source: Source | undefined): unknown {
  if (source === undefined || !(thrown instanceof GatewayError) || thrown.param === undefined) return thrown;
  const param = places.get(source.wire)?.(source.json, thrown.param);
  if (param === undefined || param === thrown.param) return thrown;
  const { code, upstream, retryable, cause, status, retryAfterMs } = thrown;
  const message = thrown.message.replaceAll(thrown.param, param);
  return new GatewayError(code, message, { param, upstream, retryable, cause, status, retryAfterMs });
}
