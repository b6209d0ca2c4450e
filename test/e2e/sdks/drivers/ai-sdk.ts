import {
  APICallError,
  generateText,
  isStepCount,
  jsonSchema,
  type LanguageModel,
  type ModelMessage,
  Output,
  streamText,
  type TextStreamPart,
  type ToolSet,
  tool,
} from "ai";
import { z } from "zod";
import type { Driver, Fault, Medium, Place, Said, Step, Task, WireName } from "../driver.ts";

type ProviderOptions = NonNullable<Parameters<typeof generateText>[0]["providerOptions"]>;

/** What differs between the providers of the Vercel AI SDK. */
export interface AiProvider {
  readonly name: string;
  readonly wire: WireName;
  model(place: Place, id: string): LanguageModel;
  /** Settings of every call, and those that have it think. */
  readonly always?: ProviderOptions;
  readonly thinking: ProviderOptions;
}

/** `ai`: generateText and streamText with tools that the SDK runs itself, and Output.object. */
export const aiDriver = ({ name, wire, model: modelAt, always, thinking }: AiProvider): Driver => ({
  name,
  wire,
  finishes: { stop: "stop", length: "length", tools: "tool-calls" },
  kinds: {
    "400": "AI_APICallError",
    "401": "AI_APICallError",
    "403": "AI_APICallError",
    "404": "AI_APICallError",
    "429": "AI_APICallError",
    "500": "AI_APICallError",
    "529": "AI_APICallError",
    overflow: "AI_APICallError",
    stream: "error part",
  },

  async ask(place, { model, stream, prompt, system, medium, maxTokens, schema, signal }) {
    const options = {
      model: modelAt(place, model),
      messages: [
        {
          role: "user" as const,
          content: medium === undefined ? prompt : [{ type: "text" as const, text: prompt }, part(medium)],
        },
      ],
      maxRetries: 0,
      ...(system !== undefined && { instructions: system }),
      ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
      ...(signal !== undefined && { abortSignal: signal }),
      ...(always !== undefined && { providerOptions: always }),
      ...(schema !== undefined && { output: Output.object({ schema }) }),
    };
    if (!stream) {
      const { text, finishReason, usage, output } = await generateText(options);
      return { ...said(text, 1, finishReason, usage), object: schema && output };
    }
    const result = streamText({ ...options, onError: () => {} });
    const pieces = await drained(result.stream);
    const [text, finish, usage] = await Promise.all([result.text, result.finishReason, result.usage]);
    return { ...said(text, pieces, finish, usage), object: schema && (await result.output) };
  },

  async work(place, task) {
    const messages: ModelMessage[] = [];
    const steps: Step[] = [];
    for (const prompt of task.prompts) {
      messages.push({ role: "user", content: prompt });
      const options = {
        model: modelAt(place, task.model),
        messages,
        tools: toolsOf(task),
        maxRetries: 0,
        stopWhen: isStepCount(8),
        providerOptions: { ...always, ...(task.thinking && thinking) },
      };
      const result = task.stream ? streamText({ ...options, onError: () => {} }) : await generateText(options);
      if ("stream" in result) await drained(result.stream);
      for (const step of await result.steps) {
        const { text, toolCalls, finishReason, reasoning } = step;
        const calls = toolCalls.map(({ toolName, input }) => ({ name: toolName, args: input }));
        steps.push({ text, calls, finish: finishReason, thought: reasoning.length > 0 });
      }
      messages.push(...(await result.responseMessages));
    }
    return steps;
  },

  fault(thrown): Fault | undefined {
    if (thrown instanceof StreamError) return { kind: "error part", status: undefined, message: thrown.message };
    if (!APICallError.isInstance(thrown)) return undefined;
    const { statusCode: status, message, responseHeaders, name: kind } = thrown;
    return { kind, status, message, retryAfter: responseHeaders?.["retry-after"] };
  },

  isAbort: (thrown) => thrown instanceof Error && thrown.name === "AbortError",
});

/** Reads a stream as its users do who want to know of errors; gives how many pieces of text came. */
async function drained(stream: AsyncIterable<TextStreamPart<ToolSet>>): Promise<number> {
  let pieces = 0;
  for await (const piece of stream) {
    if (piece.type === "error") throw APICallError.isInstance(piece.error) ? piece.error : new StreamError(piece.error);
    if (piece.type === "abort") throw new DOMException("the stream was aborted", "AbortError");
    if (piece.type === "text-delta" && piece.text !== "") pieces++;
  }
  return pieces;
}

/** An `error` part of a stream, which holds what the provider said. */
class StreamError extends Error {
  constructor(said: unknown) {
    super(JSON.stringify(said), { cause: said });
  }
}

const toolsOf = ({ tools, run }: Task): ToolSet =>
  Object.fromEntries(
    tools.map(({ name, description, schema }) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema(z.toJSONSchema(schema)),
        execute: (args: unknown) => run({ name, args }),
      }),
    ]),
  );

const part = ({ type, base64 }: Medium) => ({
  type: "file" as const,
  mediaType: type,
  data: base64,
  ...(type === "application/pdf" && { filename: "paper.pdf" }),
});

const said = (
  text: string,
  pieces: number,
  finish: string,
  { inputTokens, outputTokens }: { readonly inputTokens: number | undefined; readonly outputTokens: number | undefined },
): Said => ({
  text,
  pieces,
  finish,
  usage: inputTokens === undefined || outputTokens === undefined ? undefined : { input: inputTokens, output: outputTokens },
});
