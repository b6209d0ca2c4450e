import type { JsonObject } from "../../../../src/canonical/json.ts";
import { whole, wholeStream } from "../../reliability/raw-upstream.ts";
import type { WireName } from "./four-wires.ts";
import type { Speech } from "./said.ts";
import { anthropicSpeech } from "./speech-anthropic.ts";
import { geminiSpeech } from "./speech-gemini.ts";
import { openaiSpeech } from "./speech-openai.ts";
import { responsesSpeech } from "./speech-responses.ts";

interface Speaker {
  whole(speech: Speech): JsonObject;
  frames(speech: Speech): readonly string[];
}

const speakers: { readonly [wire in WireName]: Speaker } = {
  "openai-chat": openaiSpeech,
  "openai-responses": responsesSpeech,
  "anthropic-messages": anthropicSpeech,
  gemini: geminiSpeech,
};

/** The frames of a stream as the provider sends them. */
export const framesOf = (wire: WireName, speech: Speech): readonly string[] => speakers[wire].frames(speech);

/** The HTTP reply, streamed or whole. */
export const replyOf = (wire: WireName, speech: Speech, stream: boolean): Buffer | string =>
  stream ? wholeStream(framesOf(wire, speech)) : whole(200, JSON.stringify(speakers[wire].whole(speech)));

/** The wire that a request's path belongs to, and the model and the mode that it names. */
export function requestOf(path: string, body: JsonObject): { wire: WireName; model: string; stream: boolean } {
  const google = /\/models\/(.+):(stream)?generateContent/i.exec(path);
  if (google) return { wire: "gemini", model: decodeURIComponent(google[1] ?? ""), stream: google[2] !== undefined };
  const wire = path.endsWith("/messages")
    ? "anthropic-messages"
    : path.endsWith("/responses")
      ? "openai-responses"
      : "openai-chat";
  const { model } = body;
  return { wire, model: typeof model === "string" ? model : "", stream: body["stream"] === true };
}
