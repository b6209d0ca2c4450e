import type { Wire } from "../wire.ts";
import { countTokens } from "./count-tokens.ts";
import { decodeRequest, readContinues, readModel, readOutput, readStream } from "./decode-request.ts";
import { ResponseEncoder } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
import { name } from "./name.ts";
import { relay } from "./relay.ts";
import { echoOf } from "./response-object.ts";
import { stored } from "./stored.ts";

/** OpenAI's Responses, and those that speak it: POST /v1/responses, its input_tokens, and what is done with stored responses. */
export const openaiResponses: Wire = {
  name,
  framing: "sse",
  codecs: {
    chat: {
      encodeRequest,
      decodeRequest({ body }) {
        const model = readModel(body);
        const echo = echoOf(body);
        return {
          model,
          stream: readStream(body),
          continues: readContinues(body),
          output: readOutput(body),
          request: () => decodeRequest(body, model),
          encoder: (meta) => new ResponseEncoder(meta, echo),
        };
      },
      relay,
    },
    "count-tokens": countTokens,
    stored,
  },
  decodeError,
  encodeError,
};
