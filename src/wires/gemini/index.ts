import type { Wire } from "../wire.ts";
import { countTokens } from "./count-tokens.ts";
import { readOutput } from "./decode-config.ts";
import { decodeRequest, readModel } from "./decode-request.ts";
import { embed } from "./embed.ts";
import { CandidateEncoder } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
import { name, verbOf } from "./name.ts";
import { relay } from "./relay.ts";

/** Google's Gemini API: POST /v1beta/models/{model}:generateContent and its siblings. */
export const gemini: Wire = {
  name,
  framing: "sse",
  codecs: {
    chat: {
      encodeRequest,
      decodeRequest(incoming) {
        const { body, path, query } = incoming;
        const model = readModel(incoming);
        const stream = verbOf(path) === "streamGenerateContent";
        const config = body["generationConfig"] ?? body["generation_config"];
        return {
          model,
          stream,
          framing: stream && !asksForEvents(query) ? "json-array" : undefined,
          output: readOutput(config),
          request: () => decodeRequest(body, model),
          encoder: (meta) => new CandidateEncoder(meta),
        };
      },
      relay,
    },
    embed,
    "count-tokens": countTokens,
  },
  decodeError,
  encodeError,
};

/** Without `alt=sse` a stream is one JSON array. Google's clients write the parameter as `$alt`, too, with settings behind it. */
function asksForEvents(query: string): boolean {
  const values = new URLSearchParams(query);
  const alt = values.get("alt") ?? values.get("$alt");
  return alt?.split(";")[0] === "sse";
}
