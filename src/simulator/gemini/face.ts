import type { Face } from "../face.ts";
import { behaviourOf } from "../models.ts";
import { validateGenerateContent } from "../validators/gemini.ts";
import { errorBody, errorElement, errorEvent, notFound, statusOf } from "./errors.ts";
import { readAsk } from "./read.ts";
import { isBypass, isIssued } from "./signatures.ts";
import { writeElements, writeEvents } from "./stream.ts";
import { writeWhole } from "./write.ts";

/** generateContent, and streamGenerateContent with `alt=sse`. */
export const geminiFace: Face = {
  wire: "gemini",
  ids: { reply: "", call: "" },
  preambleEvents: 0,
  read: readAsk,
  whole: writeWhole,
  frames: writeEvents,
  check(body, _, signer, target) {
    const behaviour = behaviourOf(target.model.replace(/^fault:[^@]*(?:@|$)/, ""));
    return validateGenerateContent(body, {
      signed: (signature, part) => (behaviour.takesBypass === true && isBypass(signature)) || isIssued(signer, signature, part),
      wantsSignatures: behaviour.unsigned !== true,
    });
  },
  checkSpec: (body, specs) => specs.gemini.check("GenerateContentRequest")(body),
  notFound,
  errorBody,
  errorFrame: errorEvent,
  statusOf,
  streamType: "text/event-stream",
  retryInBody: true,
};

/** streamGenerateContent without `alt=sse`. */
export const geminiArrayFace: Face = {
  ...geminiFace,
  frames: writeElements,
  errorFrame: errorElement,
  streamType: "application/json; charset=UTF-8",
};
