import type { JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import type { Face, Meta } from "../face.ts";
import { validateResponsesRequest } from "../validators/openai-responses.ts";
import { errorBody, errorFrame, statusOf } from "./errors.ts";
import { conversation } from "./items.ts";
import { type OutputItem, outputOf, verify } from "./output.ts";
import { readAsk } from "./read.ts";
import type { OwnedResponses } from "./stored.ts";
import { writeFrames } from "./stream.ts";
import { finished, keptItems, responseObject } from "./write.ts";

interface Written {
  readonly answer: Answer;
  readonly output: readonly OutputItem[];
  readonly response: JsonObject;
}

/**
 * OpenAI's Responses API for one credential. `instance` stands in the ids it gives, so that two simulators never give the
 * same.
 */
export function openaiResponsesFace(stored: OwnedResponses, instance: string): Face {
  const write = (ask: Ask, answers: readonly Answer[], meta: Meta): Written => {
    const [answer] = answers;
    if (!answer) throw new Error("the Responses API has one answer");
    const output = outputOf(ask, answer, meta);
    const items = output.map((one) => one.item);
    const response = finished(ask, answer, meta, items);
    if (meta.body["store"] !== false) {
      const shown = keptItems(conversation(meta.body, stored), meta.id);
      stored.keep(meta.id, { response, conversation: shown, output: items });
    }
    return { answer, output, response };
  };
  return {
    wire: "openai-responses",
    ids: { reply: `resp_${instance}`, call: "call_" },
    preambleEvents: 3,
    read: (body, behaviour, cache) => readAsk(body, conversation(body, stored), behaviour, cache),
    whole(ask, answers, meta) {
      const { response } = write(ask, answers, meta);
      if (meta.body["background"] !== true) return JSON.stringify(response);
      return JSON.stringify(responseObject(ask, meta, { status: "queued", output: [], usage: null }));
    },
    frames(ask, answers, meta) {
      const { answer, output, response } = write(ask, answers, meta);
      return writeFrames(ask, answer, meta, output, response);
    },
    check: (body, _headers, signer) =>
      validateResponsesRequest(body, {
        response: (id) => stored.get(id),
        item: (id) => stored.item(id),
        encrypted: (data, id) => verify(data, id, signer),
      }),
    notFound: (model) => `The requested model '${model}' does not exist.`,
    errorBody,
    errorFrame,
    requestIdHeader: "x-request-id",
    statusOf,
  };
}
