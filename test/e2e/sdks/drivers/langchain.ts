import { ContextOverflowError } from "@langchain/core/errors";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { concat } from "@langchain/core/utils/stream";
import type { Driver, Medium, Place, Said, Step, Wish } from "../driver.ts";

export interface ModelWish {
  readonly model: string;
  readonly maxTokens?: number | undefined;
  readonly thinking?: boolean | undefined;
}

/** What differs between LangChain's models. */
export interface LangchainModel extends Pick<Driver, "name" | "wire" | "finishes" | "kinds" | "fault"> {
  model(place: Place, wish: ModelWish): BaseChatModel;
}

/** LangChain: invoke, stream, bindTools, withStructuredOutput; messages are pushed back as they came. */
export const langchainDriver = ({ name, wire, finishes, kinds, fault, model: modelAt }: LangchainModel): Driver => ({
  name,
  wire,
  finishes,
  kinds,
  fault(thrown) {
    if (!ContextOverflowError.isInstance(thrown)) return fault(thrown);
    const told = fault(thrown.cause);
    return { status: told?.status, kind: "ContextOverflowError", message: thrown.message };
  },

  async ask(place, wish) {
    const model = modelAt(place, wish);
    const messages = messagesOf(wish);
    const options = wish.signal === undefined ? {} : { signal: wish.signal };
    if (wish.schema !== undefined) {
      const structured = model.withStructuredOutput(wish.schema, { name: "answer" });
      if (!wish.stream) return { ...silent, object: await structured.invoke(messages, options) };
      let object: unknown;
      for await (const piece of await structured.stream(messages, options)) object = piece;
      return { ...silent, object };
    }
    if (!wish.stream) return said(await model.invoke(messages, options), 1);
    const { whole, pieces } = await gathered(await model.stream(messages, options));
    return said(whole, pieces);
  },

  async work(place, { model: id, stream, prompts, tools, thinking, run }) {
    const model = modelAt(place, { model: id, thinking });
    if (model.bindTools === undefined) throw new Error(`${name} binds no tools`);
    const bound = model.bindTools([...tools]);
    const messages: BaseMessage[] = [];
    const steps: Step[] = [];
    for (const prompt of prompts) {
      messages.push(new HumanMessage(prompt));
      for (;;) {
        const answer: AIMessage = stream ? (await gathered(await bound.stream(messages))).whole : await bound.invoke(messages);
        const calls = (answer.tool_calls ?? []).map(({ name: called, args }) => ({ name: called, args }));
        const thought = /"type":"(thinking|reasoning)"|"reasoning_content"|"reasoning":/.test(
          JSON.stringify([answer.content, answer.additional_kwargs]),
        );
        steps.push({ text: answer.text, calls, finish: finishOf(answer), thought });
        messages.push(answer);
        if (calls.length === 0) break;
        for (const { id: callId = "", name: called, args } of answer.tool_calls ?? []) {
          messages.push(new ToolMessage({ tool_call_id: callId, name: called, content: run({ name: called, args }) }));
        }
      }
    }
    return steps;
  },

  isAbort: (thrown) => thrown instanceof Error && /abort/i.test(`${thrown.name} ${thrown.message}`),
});

/** withStructuredOutput gives the object alone. */
const silent: Said = { text: "", pieces: 1, finish: undefined, usage: undefined };

function messagesOf({ system, prompt, medium }: Wish): BaseMessage[] {
  const text = { type: "text" as const, text: prompt };
  const asked = medium === undefined ? new HumanMessage(prompt) : new HumanMessage({ contentBlocks: [text, block(medium)] });
  return system === undefined ? [asked] : [new SystemMessage(system), asked];
}

const block = ({ type, base64: data }: Medium) =>
  type === "image/png"
    ? { type: "image" as const, mimeType: type, data }
    : { type: "file" as const, mimeType: type, data, metadata: { filename: "paper.pdf" } };

async function gathered(
  stream: AsyncIterable<AIMessageChunk>,
): Promise<{ readonly whole: AIMessageChunk; readonly pieces: number }> {
  let whole: AIMessageChunk | undefined;
  let pieces = 0;
  for await (const chunk of stream) {
    if (chunk.text !== "") pieces++;
    whole = whole === undefined ? chunk : concat(whole, chunk);
  }
  if (whole === undefined) throw new Error("the stream held no chunk");
  return { whole, pieces };
}

/** Each of its providers has a word of its own for it. */
function finishOf({ response_metadata: told, additional_kwargs: more }: AIMessage): string | undefined {
  const words = [
    member(told["incomplete_details"], "reason"),
    told["finish_reason"],
    told["stop_reason"],
    told["finishReason"],
    member(more, "stop_reason"),
    told["status"],
  ];
  return words.find((word) => typeof word === "string");
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

function said(message: AIMessage, pieces: number): Said {
  const usage: unknown = message.usage_metadata;
  const [input, output] = [member(usage, "input_tokens"), member(usage, "output_tokens")];
  return {
    text: message.text,
    pieces,
    finish: finishOf(message),
    usage: typeof input === "number" && typeof output === "number" ? { input, output } : undefined,
  };
}
