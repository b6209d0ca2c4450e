import type { Json, JsonObject } from "../../../../src/canonical/json.ts";
import { halves, pieces, type SaidCall, type Speech, sse } from "./said.ts";

const usage = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 };
const head = { id: "chatcmpl-1", created: 1700000000, model: "m-1" };
const functionOf = ({ id, name, args }: SaidCall): JsonObject => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(args) },
});

function whole({ text, calls, finish }: Speech): JsonObject {
  const message = { role: "assistant", content: text ?? null, ...(calls.length > 0 && { tool_calls: calls.map(functionOf) }) };
  return { ...head, object: "chat.completion", choices: [{ index: 0, message, logprobs: null, finish_reason: finish }], usage };
}

function frames({ text, calls, finish, emptyBefore, interleaved = false }: Speech): readonly string[] {
  const before = emptyBefore === true ? "" : null;
  const chunk = (delta: JsonObject, finish_reason: Json = before): string =>
    sse({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
  return [
    chunk({ role: "assistant", content: "" }),
    ...(text === undefined ? [] : halves(text).map((content) => chunk({ content }))),
    ...calls.map(({ id, name }, index) =>
      chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
    ),
    ...pieces(calls, interleaved).map(([index, piece]) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
    chunk({}, finish),
    sse({ ...head, object: "chat.completion.chunk", choices: [], usage }),
    "data: [DONE]\n\n",
  ];
}

export const openaiSpeech = { whole, frames };
