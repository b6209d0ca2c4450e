import type { Face } from "../face.ts";
import { validateChatRequest } from "../validators/openai-chat.ts";
import { errorBody, errorFrame, statusOf } from "./errors.ts";
import { readAsk } from "./read.ts";
import { writeFrames } from "./stream.ts";
import { writeWhole } from "./write.ts";

export const openaiChatFace: Face = {
  wire: "openai-chat",
  ids: { reply: "chatcmpl-", call: "call_" },
  preambleEvents: 1,
  read: readAsk,
  whole: writeWhole,
  frames: writeFrames,
  check: (body) => validateChatRequest(body),
  errorBody,
  errorFrame,
  requestIdHeader: "x-request-id",
  statusOf,
};
