import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Layout, placeIn } from "../shared/places.ts";
import { list, object } from "../shared/read.ts";

/** Where in a caller's body stands what encoders name canonically. */
export const placeOf = (body: JsonObject, at: string): string => placeIn(layout, body, at);

const thinking = ({ thinking: asked }: JsonObject): string => (isObject(asked) ? "thinking" : "output_config.effort");

const layout: Layout = {
  message: (body, index) => {
    const { system } = body;
    const before = system === undefined || system === null ? 0 : 1;
    if (index < before) return { at: "system", part: (part) => (typeof system === "string" ? "system" : `system[${part}]`) };
    const at = `messages[${index - before}]`;
    const content = object(list(body["messages"])?.[index - before])?.["content"];
    return { at, part: (part, inner) => contentPlace(content, `${at}.content`, part, inner) };
  },
  tool: (_, index) => ({ at: `tools[${index}]`, schema: `tools[${index}].input_schema` }),
  fields: {
    max_output_tokens: "max_tokens",
    stop: "stop_sequences",
    user: "metadata.user_id",
    parallel_tool_calls: "tool_choice.disable_parallel_tool_use",
    task_budget: "output_config.task_budget",
    reasoning: thinking,
    reasoning_effort: thinking,
    response_format: ({ output_format }) => (output_format ? "output_format" : "output_config.format"),
  },
};

/** A part's place; of a part of a tool's result that of the block within. */
function contentPlace(content: Json | undefined, at: string, part: number, inner: number | undefined): string {
  if (!Array.isArray(content)) return at;
  const place = `${at}[${part}]`;
  return inner === undefined ? place : contentPlace(object(content[part])?.["content"], `${place}.content`, inner, undefined);
}
