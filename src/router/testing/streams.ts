/* One short answer on each wire, frame by frame: text, a tool call, finish, usage, end. Written for these tests. */

export interface Answer {
  readonly frames: readonly string[];
  /** So many frames hold no content. */
  readonly preamble: number;
  /** From so many frames on the answer is whole. */
  readonly whole: number;
  /** What each frame adds for the reader: text or arguments. */
  readonly says: readonly string[];
  readonly error: string;
}

const chunk = (delta: string, finish = "null"): string =>
  `data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":${delta},"finish_reason":${finish}}],"usage":null}\n\n`;

export const openaiAnswer: Answer = {
  frames: [
    chunk('{"role":"assistant","content":""}'),
    chunk('{"content":"Grü"}'),
    chunk('{"content":"ße, 世界\\n"}'),
    chunk('{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}]}'),
    chunk('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"x\\""}}]}'),
    chunk('{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}'),
    chunk("{}", '"tool_calls"'),
    'data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16}}\n\n',
    "data: [DONE]\n\n",
  ],
  preamble: 1,
  whole: 7,
  says: ["", "Grü", "ße, 世界\n", "", '{"x"', ":1}", "", "", ""],
  error: 'data: {"error":{"message":"gone","type":"server_error"}}\n\n',
};

const event = (type: string, rest = ""): string => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;

export const anthropicAnswer: Answer = {
  frames: [
    event(
      "message_start",
      ',"message":{"id":"msg_1","type":"message","role":"assistant","model":"m-1","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}',
    ),
    event("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}'),
    event("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":"Grü"}'),
    event("content_block_delta", ',"index":0,"delta":{"type":"text_delta","text":"ße, 世界\\n"}'),
    event("content_block_stop", ',"index":0'),
    event("content_block_start", ',"index":1,"content_block":{"type":"tool_use","id":"toolu_a","name":"f","input":{}}'),
    event("content_block_delta", ',"index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"x\\":1}"}'),
    event("content_block_stop", ',"index":1'),
    event(
      "message_delta",
      ',"delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":7}',
    ),
    event("message_stop"),
  ],
  preamble: 2,
  whole: 10,
  says: ["", "", "Grü", "ße, 世界\n", "", "", '{"x":1}', "", "", ""],
  error: 'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"gone"}}\n\n',
};
