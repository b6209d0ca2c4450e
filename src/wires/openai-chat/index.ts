import { object } from "../shared/read.ts";
import type { Wire } from "../wire.ts";
import { decodeRequest, readModel, readOutput, readStream } from "./decode-request.ts";
import { ChatEncoder } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
import { name } from "./name.ts";
import { relay } from "./relay.ts";

/** OpenAI's Chat Completions, and the many that speak it: POST /v1/chat/completions. */
export const openaiChat: Wire = {
  name,
  framing: "sse",
  codecs: {
    chat: {
      encodeRequest,
      decodeRequest(incoming) {
        const { body } = incoming;
        const model = readModel(incoming);
        const stream = readStream(body);
        const legacy = Array.isArray(body["functions"]) && !Array.isArray(body["tools"]);
        const usage = object(body["stream_options"])?.["include_usage"] === true;
        return {
          model,
          stream,
          output: readOutput(body),
          request: () => decodeRequest(body, model),
          encoder: (meta) => new ChatEncoder(meta, { usage, legacy }),
        };
      },
      relay,
    },
  },
  decodeError,
  encodeError,
};
