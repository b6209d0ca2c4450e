import { isObject, type JsonObject } from "../../../src/canonical/json.ts";
import { type RawUpstream, startRawUpstream, whole, wholeStream } from "../reliability/raw-upstream.ts";

/** What a thinking model says before it calls a tool; the third block is legal, and signed all the same. */
export const blocksOf = (number: number): readonly JsonObject[] => [
  { type: "thinking", thinking: "Oslo lies in the north.", signature: "c2lnMQ+/==" },
  { type: "redacted_thinking", data: "cmVkYWN0ZWQ+/==" },
  { type: "thinking", thinking: "", signature: "c2lnMg+/==" },
  { type: "tool_use", id: `toolu_01Oslo${number}`, name: "get_weather", input: { city: "Oslo" } },
];

export const details: readonly JsonObject[] = [
  { type: "reasoning.text", text: "Oslo lies in the north.", signature: "c2lnMQ+/==", format: "anthropic-claude-v1", index: 0 },
  { type: "reasoning.encrypted", data: "ZW5jcnlwdGVk+/==", id: "rs_1", format: "openai-responses-v1", index: 1 },
];

const call = { type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } };

/** What models on OpenAI's wire say beside their calls. */
export const extras: { readonly [model: string]: { readonly message: JsonObject; readonly call: JsonObject } } = {
  details: { message: { reasoning: "Oslo lies in the north.", reasoning_details: details }, call },
  google: {
    message: { content: "A moment." },
    call: { ...call, extra_content: { google: { thought_signature: "Z29vZ2xl+/==" } } },
  },
  thinker: { message: { reasoning_content: "Oslo lies in the north." }, call },
  plain: { message: {}, call },
};

export interface Maker extends RawUpstream {
  /** The bodies it was sent, oldest first. */
  readonly asked: JsonObject[];
}

/** A provider on both wires whose models call a tool first and then, given the result, say "Cold." */
export async function startMaker(): Promise<Maker> {
  const asked: JsonObject[] = [];
  const upstream = await startRawUpstream(({ path, body, model, socket }) => {
    asked.push(body);
    const messages = body["messages"] ?? body["contents"];
    const first = Array.isArray(messages) && messages.length === 1;
    if (body["contents"] !== undefined) {
      const reply = JSON.stringify(gemini(first));
      socket.write(path.includes("stream") ? wholeStream([`data: ${reply}\n\n`]) : whole(200, reply));
      return;
    }
    const frames = path.endsWith("/messages") ? anthropic(first, asked.length) : openai(model, first, asked.length);
    socket.write(body["stream"] === true ? wholeStream(frames.stream) : whole(200, JSON.stringify(frames.whole)));
  });
  return { ...upstream, asked };
}

interface Answer {
  readonly whole: JsonObject;
  readonly stream: readonly string[];
}

function anthropic(first: boolean, number: number): Answer {
  const content = first ? blocksOf(number) : [{ type: "text", text: "Cold." }];
  const usage = { input_tokens: 3, output_tokens: 5 };
  const head = { id: "msg_1", type: "message", role: "assistant", model: "claude-x" };
  const reason = first ? "tool_use" : "end_turn";
  const event = (body: JsonObject): string => `event: ${String(body["type"])}\ndata: ${JSON.stringify(body)}\n\n`;
  const told = content.flatMap((block, index) => {
    const delta = (delta: JsonObject): string => event({ type: "content_block_delta", index, delta });
    const [empty, ...deltas] = started(block);
    return [
      event({ type: "content_block_start", index, content_block: empty }),
      ...deltas.map(delta),
      event({ type: "content_block_stop", index }),
    ];
  });
  return {
    whole: { ...head, content, stop_reason: reason, stop_sequence: null, usage },
    stream: [
      event({ type: "message_start", message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage } }),
      ...told,
      event({ type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage }),
      event({ type: "message_stop" }),
    ],
  };
}

/** A block as it starts, and the deltas that fill it. */
function started(block: JsonObject): readonly [JsonObject, ...JsonObject[]] {
  const { type, thinking, signature, input, text } = block;
  switch (type) {
    case "thinking": {
      const said = thinking === "" ? [] : [{ type: "thinking_delta", thinking }];
      return [{ type, thinking: "", signature: "" }, ...said, { type: "signature_delta", signature }];
    }
    case "tool_use":
      return [
        { ...block, input: {} },
        { type: "input_json_delta", partial_json: JSON.stringify(input) },
      ];
    case "text":
      return [
        { type, text: "" },
        { type: "text_delta", text },
      ];
    default:
      return [block];
  }
}

/** What a Gemini model says before its tools are run: of parallel calls the first alone bears the signature. */
export const geminiParts: readonly JsonObject[] = [
  { text: "Oslo and Rome lie far apart.", thought: true },
  { functionCall: { name: "get_weather", args: { city: "Oslo" } }, thoughtSignature: "Z2VtaW5p+/==" },
  { functionCall: { name: "get_weather", args: { city: "Rome" } } },
];

const gemini = (first: boolean): JsonObject => ({
  candidates: [{ index: 0, content: { role: "model", parts: first ? geminiParts : [{ text: "Cold." }] }, finishReason: "STOP" }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
  modelVersion: "gemini-3-x",
  responseId: "r1",
});

function openai(model: string, first: boolean, number: number): Answer {
  const { message, call: named } = extras[model] ?? { message: {}, call };
  const made = { id: `call_oslo_${number}`, ...named };
  const said: JsonObject = first ? { content: null, ...message, tool_calls: [made] } : { content: "Cold." };
  const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
  const finish = first ? "tool_calls" : "stop";
  const chunk = (delta: JsonObject, finish_reason: string | null = null): string =>
    `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const { tool_calls: _, ...spoken } = said;
  const pieces = first ? [chunk({ tool_calls: [{ index: 0, ...made }] })] : [];
  return {
    whole: {
      id: "c1",
      object: "chat.completion",
      created: 1,
      model,
      choices: [{ index: 0, message: { role: "assistant", ...said }, finish_reason: finish }],
      usage,
    },
    stream: [
      chunk({ role: "assistant", content: "" }),
      ...deltas(spoken).map((delta) => chunk(delta)),
      ...pieces,
      chunk({}, finish),
      `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model, choices: [], usage })}\n\n`,
      "data: [DONE]\n\n",
    ],
  };
}

/** What was said as deltas: details one by one, their text beside the first, as OpenRouter tells them. */
function deltas({ reasoning_details, ...said }: JsonObject): readonly JsonObject[] {
  const told = Object.entries(said).filter(([, value]) => value !== null);
  const [first, ...more] = Array.isArray(reasoning_details) ? reasoning_details : [];
  if (first === undefined) return told.map(([field, value]) => ({ [field]: value }));
  return [{ ...Object.fromEntries(told), reasoning_details: [first] }, ...more.map((item) => ({ reasoning_details: [item] }))];
}

/** The assistant's message of a body. */
export function assistantOf(body: JsonObject | undefined): JsonObject {
  const messages = body?.["messages"];
  const found = Array.isArray(messages) ? messages.find((message) => message.role === "assistant") : undefined;
  return isObject(found) ? found : {};
}
