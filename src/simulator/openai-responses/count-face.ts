import { type Ask, inputTotal } from "../brain/ask.ts";
import type { Face } from "../face.ts";
import { openaiResponsesFace } from "./face.ts";
import type { OwnedResponses } from "./stored.ts";

/** `POST …/responses/input_tokens`: what a request would be billed, and no answer. */
export function inputTokensFace(stored: OwnedResponses, instance: string): Face {
  const responses = openaiResponsesFace(stored, instance);
  return {
    ...responses,
    read: (body, behaviour, cache, target): Ask => ({
      ...responses.read(body, behaviour, cache, target),
      stream: false,
      choices: 0,
    }),
    whole: (ask) => JSON.stringify({ object: "response.input_tokens", input_tokens: inputTotal(ask.input) }),
  };
}
