import type { JsonObject } from "../../../../src/canonical/json.ts";
import { halves, pieces, type Speech, sse } from "./said.ts";

const usage = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 16,
};
const head = {
  id: "resp_1",
  object: "response",
  created_at: 1700000000,
  model: "m-1",
  error: null,
  parallel_tool_calls: true,
  tools: [],
};

function items({ text, calls }: Speech): readonly JsonObject[] {
  const part = { type: "output_text", text: text ?? "", annotations: [], logprobs: [] };
  return [
    ...(text === undefined ? [] : [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content: [part] }]),
    ...calls.map(({ id, name, args }, at) => ({
      type: "function_call",
      id: `fc_${at}`,
      call_id: id,
      name,
      arguments: JSON.stringify(args),
      status: "completed",
    })),
  ];
}

/** `finish`: "completed", or the reason why it is incomplete. */
function whole(speech: Speech): JsonObject {
  const done = speech.finish === "completed";
  const incomplete_details = done ? null : { reason: speech.finish };
  return { ...head, status: done ? "completed" : "incomplete", incomplete_details, output: items(speech), usage };
}

/** Items are open at the same time where they are interleaved. */
function frames(speech: Speech): readonly string[] {
  const { text, calls, emptyBefore, interleaved = false } = speech;
  const output = items(speech);
  let sequence_number = 0;
  const event = (type: string, rest: JsonObject): string => sse({ type, sequence_number: sequence_number++, ...rest }, type);
  const early = { ...head, status: emptyBefore === true ? "" : "in_progress", incomplete_details: null, output: [], usage: null };
  const out = [event("response.created", { response: early }), event("response.in_progress", { response: early })];
  const open = (at: number, rest: JsonObject): void => {
    out.push(event("response.output_item.added", { output_index: at, item: { ...output[at], status: "in_progress", ...rest } }));
  };
  const close = (at: number): void => {
    out.push(event("response.output_item.done", { output_index: at, item: output[at] ?? {} }));
  };
  if (text !== undefined) {
    const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
    const part = (said: string): JsonObject => ({ type: "output_text", text: said, annotations: [], logprobs: [] });
    open(0, { content: [] });
    out.push(event("response.content_part.added", { ...place, part: part("") }));
    for (const delta of halves(text)) out.push(event("response.output_text.delta", { ...place, delta, logprobs: [] }));
    out.push(event("response.output_text.done", { ...place, text, logprobs: [] }));
    out.push(event("response.content_part.done", { ...place, part: part(text) }));
    close(0);
  }
  const shift = text === undefined ? 0 : 1;
  const place = (at: number): JsonObject => ({ item_id: `fc_${at}`, output_index: at + shift });
  const finish = (at: number): void => {
    const { name = "", args = {} } = calls[at] ?? {};
    out.push(event("response.function_call_arguments.done", { ...place(at), name, arguments: JSON.stringify(args) }));
    close(at + shift);
  };
  if (interleaved) for (const at of calls.keys()) open(at + shift, { arguments: "" });
  let current = -1;
  for (const [at, delta] of pieces(calls, interleaved)) {
    if (!interleaved && at !== current) {
      if (current >= 0) finish(current);
      open(at + shift, { arguments: "" });
      current = at;
    }
    out.push(event("response.function_call_arguments.delta", { ...place(at), delta }));
  }
  if (interleaved) for (const at of calls.keys()) finish(at);
  else if (current >= 0) finish(current);
  const last = whole(speech);
  out.push(event(last["status"] === "completed" ? "response.completed" : "response.incomplete", { response: last }));
  return out;
}

export const responsesSpeech = { whole, frames };
