import { isArray, type JsonObject } from "../../canonical/json.ts";
import { type Layout, placeIn } from "../shared/places.ts";
import { object } from "../shared/read.ts";

/** Where in a caller's body stands what encoders name canonically. */
export const placeOf = (body: JsonObject, at: string): string => placeIn(layout, body, at);

const layout: Layout = {
  message: (body, index) => {
    const { instructions, input } = body;
    const before = instructions === undefined || instructions === null ? 0 : 1;
    if (index < before) return { at: "instructions", part: () => "instructions" };
    if (!isArray(input)) return { at: "input", part: () => "input" };
    const at = `input[${index - before}]`;
    const { type = "message", content, output } = object(input[index - before]) ?? {};
    return {
      at,
      part: (part, inner) => {
        if (inner !== undefined) return isArray(output) ? `${at}.output[${inner}]` : `${at}.output`;
        if (type !== "message" || content === undefined) return at;
        return isArray(content) ? `${at}.content[${part}]` : `${at}.content`;
      },
    };
  },
  tool: (_, index) => ({ at: `tools[${index}]`, schema: `tools[${index}].parameters` }),
  fields: {
    messages: "input",
    response_format: "text.format",
    verbosity: "text.verbosity",
    logprobs: "include",
    reasoning_effort: "reasoning.effort",
    thinking: "reasoning",
  },
};
