/* Two short streams as the services send them, event by event: text, one tool call, finish, usage, end. */

const openaiChunk = (delta: string, finish = "null"): string =>
  `data: {"id":"chatcmpl-R2","object":"chat.completion.chunk","created":1700000000,"model":"gpt-r2","service_tier":"default","choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}],"usage":null}\n\n`;

const anthropicEvent = (type: string, rest: string): string => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;

export interface RecordedLike {
  readonly frames: readonly string[];
  /** So many events hold no content yet. */
  readonly preamble: number;
  /** From so many events on the answer is whole: its finish (Anthropic: its end) has come. */
  readonly whole: number;
  /** From so many events on some usage has been stated. */
  readonly usage: number;
  readonly error: string;
  /** A whole reply without streaming. */
  readonly reply: string;
}

export const openaiStream: RecordedLike = {
  frames: [
    openaiChunk('{"role":"assistant","content":"","refusal":null}'),
    openaiChunk('{"content":"Hel"}'),
    openaiChunk('{"content":"lo, wörld"}'),
    openaiChunk('{"tool_calls":[{"index":0,"id":"call_R2","type":"function","function":{"name":"get_weather","arguments":""}}]}'),
    openaiChunk('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\":"}}]}'),
    openaiChunk('{"tool_calls":[{"index":0,"function":{"arguments":"\\"Oslo\\"}"}}]}'),
    openaiChunk("{}", '"tool_calls"'),
    'data: {"id":"chatcmpl-R2","object":"chat.completion.chunk","created":1700000000,"model":"gpt-r2","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16}}\n\n',
    "data: [DONE]\n\n",
  ],
  preamble: 1,
  whole: 7,
  usage: 8,
  error: 'data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}\n\n',
  reply: JSON.stringify({
    id: "chatcmpl-R2",
    object: "chat.completion",
    created: 1700000000,
    model: "gpt-r2",
    choices: [
      { index: 0, message: { role: "assistant", content: "Hello, wörld", refusal: null }, logprobs: null, finish_reason: "stop" },
    ],
    usage: { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 },
  }),
};

const message = {
  id: "msg_R2",
  type: "message",
  role: "assistant",
  model: "claude-r2",
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 9, output_tokens: 1 },
};

export const anthropicStream: RecordedLike = {
  frames: [
    anthropicEvent("message_start", `,"message":${JSON.stringify(message)}`),
    anthropicEvent("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}'),
    anthropicEvent("ping", ""),
    anthropicEvent("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":"Hel"}'),
    anthropicEvent("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":"lo, wörld"}'),
    anthropicEvent("content_block_stop", ',"index":0'),
    anthropicEvent(
      "content_block_start",
      ',"index":1,"content_block":{"type":"tool_use","id":"toolu_R2","name":"get_weather","input":{}}',
    ),
    anthropicEvent(
      "content_block_delta",
      ',"index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\":\\"Oslo\\"}"}',
    ),
    anthropicEvent("content_block_stop", ',"index":1'),
    anthropicEvent(
      "message_delta",
      ',"delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":7}',
    ),
    anthropicEvent("message_stop", ""),
  ],
  preamble: 3,
  whole: 11,
  usage: 1,
  error: 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
  reply: JSON.stringify({
    ...message,
    content: [{ type: "text", text: "Hello, wörld" }],
    stop_reason: "end_turn",
    usage: { input_tokens: 9, output_tokens: 7 },
  }),
};

/** The stream that a provider of this name in a test's stack speaks. */
export const streamOf = (path: string): RecordedLike => (path.endsWith("/messages") ? anthropicStream : openaiStream);
