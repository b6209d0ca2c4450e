import type { JsonObject } from "../../../../src/canonical/json.ts";
import { halves, type Speech, sse } from "./said.ts";

const usage = { input_tokens: 9, output_tokens: 7 };
const head = { id: "msg_1", type: "message", role: "assistant", model: "m-1" };
const event = (body: JsonObject): string => sse(body, String(body["type"]));

function whole({ text, calls, finish }: Speech): JsonObject {
  const content = [
    ...(text === undefined ? [] : [{ type: "text", text }]),
    ...calls.map(({ id, name, args }) => ({ type: "tool_use", id, name, input: args })),
  ];
  return { ...head, content, stop_reason: finish, stop_sequence: null, usage };
}

/** Blocks come one after the other on this wire. */
function frames({ text, calls, finish, emptyBefore }: Speech): readonly string[] {
  const before = emptyBefore === true ? "" : null;
  const block = (index: number, content_block: JsonObject, deltas: readonly JsonObject[]): readonly string[] => [
    event({ type: "content_block_start", index, content_block }),
    ...deltas.map((delta) => event({ type: "content_block_delta", index, delta })),
    event({ type: "content_block_stop", index }),
  ];
  const shift = text === undefined ? 0 : 1;
  return [
    event({ type: "message_start", message: { ...head, content: [], stop_reason: before, stop_sequence: null, usage } }),
    ...(text === undefined ? [] : block(0, { type: "text", text: "" }, halves(text).map(textDelta))),
    ...calls.flatMap(({ id, name, args }, at) =>
      block(at + shift, { type: "tool_use", id, name, input: {} }, halves(JSON.stringify(args)).map(jsonDelta)),
    ),
    event({ type: "message_delta", delta: { stop_reason: finish, stop_sequence: null }, usage }),
    event({ type: "message_stop" }),
  ];
}

const textDelta = (text: string): JsonObject => ({ type: "text_delta", text });
const jsonDelta = (partial_json: string): JsonObject => ({ type: "input_json_delta", partial_json });

export const anthropicSpeech = { whole, frames };
