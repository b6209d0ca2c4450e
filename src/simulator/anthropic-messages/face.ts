import type { Face } from "../face.ts";
import { validateMessagesRequest } from "../validators/anthropic-messages.ts";
import { errorBody, errorFrame, statusOf } from "./errors.ts";
import { readAsk } from "./read.ts";
import { writeFrames } from "./stream.ts";
import { writeWhole } from "./write.ts";

export const anthropicMessagesFace: Face = {
  wire: "anthropic-messages",
  ids: { reply: "msg_", call: "toolu_" },
  preambleEvents: 3,
  read: readAsk,
  whole: writeWhole,
  frames: writeFrames,
  check: (body, headers, signer) =>
    validateMessagesRequest(body, {
      headers,
      signed: (text, signature) => signer.signed("thinking", text, signature),
      redacted: (data) => signer.redacted(data),
    }),
  errorBody,
  errorFrame,
  requestIdHeader: "request-id",
  statusOf,
};
