import type { WireName } from "../wires/wire.ts";
import { replyText, streamWords } from "./reply.ts";

/* One fixed answer on each wire, whole and as a stream of as many words, as its provider would write it. */

export interface FixedReply {
  readonly json: string;
  /** The frames of the stream. */
  readonly frames: readonly string[];
}

const words = Array.from({ length: streamWords }, (_, i) => ` word${i}`);
const created = 1741569952;
const data = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;
const named = (event: { readonly type: string; readonly [field: string]: unknown }): string =>
  `event: ${event.type}\n${data(event)}`;

function chat(): FixedReply {
  const head = { id: "chatcmpl-abc123", created, model: "gpt-4o-mini-2024-07-18", system_fingerprint: "fp_44709d6fcb" };
  const usage = (completion: number): object => ({
    prompt_tokens: 19,
    completion_tokens: completion,
    total_tokens: 19 + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  });
  const message = { role: "assistant", content: replyText, refusal: null, annotations: [] };
  const chunk = (rest: object): string => data({ ...head, object: "chat.completion.chunk", ...rest });
  const delta = (content: object, finish: string | null): string =>
    chunk({ choices: [{ index: 0, delta: content, logprobs: null, finish_reason: finish }] });
  return {
    json: JSON.stringify({
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
      usage: usage(10),
    }),
    frames: [
      delta({ role: "assistant", content: "", refusal: null }, null),
      ...words.map((content) => delta({ content }, null)),
      delta({}, "stop"),
      chunk({ choices: [], usage: usage(streamWords) }),
      "data: [DONE]\n\n",
    ],
  };
}

function responses(): FixedReply {
  const usage = (output: number): object => ({
    input_tokens: 19,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 19 + output,
  });
  const item = (text: string): object => ({
    id: "msg_abc123",
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
  });
  const response = (rest: object): object => ({
    id: "resp_abc123",
    object: "response",
    created_at: created,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: 256,
    model: "gpt-4o-mini-2024-07-18",
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 0.7,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    metadata: {},
    ...rest,
  });
  const text = words.join("");
  const place = { output_index: 0, item_id: "msg_abc123", content_index: 0 };
  const empty = { type: "output_text", text: "", annotations: [], logprobs: [] };
  const begun = response({ status: "in_progress", output: [], usage: null });
  const events = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    { type: "response.output_item.added", output_index: 0, item: { ...item(""), status: "in_progress", content: [] } },
    { type: "response.content_part.added", ...place, part: empty },
    ...words.map((delta) => ({ type: "response.output_text.delta", ...place, delta, logprobs: [], obfuscation: "a1B2c3D4" })),
    { type: "response.output_text.done", ...place, text, logprobs: [] },
    { type: "response.content_part.done", ...place, part: { ...empty, text } },
    { type: "response.output_item.done", output_index: 0, item: item(text) },
    { type: "response.completed", response: response({ status: "completed", output: [item(text)], usage: usage(streamWords) }) },
  ];
  return {
    json: JSON.stringify(response({ status: "completed", output: [item(replyText)], usage: usage(10) })),
    frames: events.map((event, at) => named({ ...event, sequence_number: at })),
  };
}

function messages(): FixedReply {
  const head = { id: "msg_abc123", type: "message", role: "assistant", model: "claude-sonnet-4-5-20250929" };
  const input = { input_tokens: 19, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, service_tier: "standard" };
  const stop = { stop_reason: "end_turn", stop_sequence: null };
  const open = { ...head, content: [], stop_reason: null, stop_sequence: null, usage: { ...input, output_tokens: 1 } };
  return {
    json: JSON.stringify({
      ...head,
      content: [{ type: "text", text: replyText }],
      ...stop,
      usage: { ...input, output_tokens: 10 },
    }),
    frames: [
      { type: "message_start", message: open },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "ping" },
      ...words.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: stop, usage: { output_tokens: streamWords } },
      { type: "message_stop" },
    ].map(named),
  };
}

function gemini(): FixedReply {
  const reply = (text: string, tokens: number, finishReason?: "STOP"): object => ({
    candidates: [{ content: { parts: [{ text }], role: "model" }, ...(finishReason && { finishReason }), index: 0 }],
    usageMetadata: {
      promptTokenCount: 19,
      candidatesTokenCount: tokens,
      totalTokenCount: 19 + tokens,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 19 }],
    },
    modelVersion: "gemini-3-flash",
    responseId: "M4Ffar2zOP2o1MkPl92DmA4",
  });
  const last = words.length - 1;
  return {
    json: JSON.stringify(reply(replyText, 10, "STOP")),
    frames: words.map((word, at) => data(reply(word, at + 1, at === last ? "STOP" : undefined)).replace("\n\n", "\r\n\r\n")),
  };
}

export const fixedReplies: Readonly<Record<WireName, FixedReply>> = {
  "openai-chat": chat(),
  "openai-responses": responses(),
  "anthropic-messages": messages(),
  gemini: gemini(),
};
