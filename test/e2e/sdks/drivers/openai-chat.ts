import type OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import type { Driver, MadeCall, Medium, Said, Step, ToolSpec, Wish } from "../driver.ts";
import { isOpenaiAbort, openaiAt, openaiFault, openaiKinds } from "./openai-faults.ts";

type Message = OpenAI.ChatCompletionMessageParam;
type Completion = OpenAI.ChatCompletion;

/** `openai`, Chat Completions: create, stream, parse; messages are pushed back as they came. */
export const openaiChat: Driver = {
  name: "openai chat",
  wire: "openai-chat",
  finishes: { stop: "stop", length: "length", tools: "tool_calls" },
  kinds: openaiKinds,
  fault: openaiFault,
  isAbort: isOpenaiAbort,

  async ask(place, wish) {
    const { chat } = openaiAt(place);
    const body = bodyOf(wish);
    const options = { signal: wish.signal };
    if (!wish.stream) {
      if (wish.schema === undefined) return said(await chat.completions.create(body, options), 1);
      const response_format = zodResponseFormat(wish.schema, "answer");
      const parsed = await chat.completions.parse({ ...body, response_format }, options);
      return { ...said(parsed, 1), object: parsed.choices[0]?.message.parsed };
    }
    const stream = chat.completions.stream(
      {
        ...body,
        stream_options: { include_usage: true },
        ...(wish.schema && { response_format: zodResponseFormat(wish.schema, "answer") }),
      },
      options,
    );
    let pieces = 0;
    stream.on("content", () => pieces++);
    const whole = await stream.finalChatCompletion();
    return { ...said(whole, pieces), object: wish.schema && whole.choices[0]?.message.parsed };
  },

  async work(place, { model, stream, prompts, tools, thinking, run }) {
    const { chat } = openaiAt(place);
    const messages: Message[] = [];
    const steps: Step[] = [];
    const body = { model, messages, tools: tools.map(offered), ...(thinking && { reasoning_effort: "high" as const }) };
    for (const prompt of prompts) {
      messages.push({ role: "user", content: prompt });
      for (;;) {
        const whole = stream ? await chat.completions.stream(body).finalChatCompletion() : await chat.completions.create(body);
        const [choice] = whole.choices;
        if (choice === undefined) throw new Error("the answer has no choice");
        const { message, finish_reason: finish } = choice;
        const made = (message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call] : []));
        const calls = made.map((call): MadeCall => ({ name: call.function.name, args: JSON.parse(call.function.arguments) }));
        steps.push({ text: message.content ?? "", calls, finish, thought: "reasoning_content" in message });
        messages.push(message);
        if (made.length === 0) break;
        for (const [i, { name, args }] of calls.entries())
          messages.push({ role: "tool", tool_call_id: made[i]?.id ?? "", content: run({ name, args }) });
      }
    }
    return steps;
  },
};

function bodyOf({ model, system, prompt, medium, maxTokens }: Wish) {
  const messages: Message[] = [
    ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
    { role: "user", content: medium === undefined ? prompt : [{ type: "text", text: prompt }, part(medium)] },
  ];
  return { model, messages, ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }) };
}

function part({ type, base64 }: Medium): OpenAI.ChatCompletionContentPart {
  const url = `data:${type};base64,${base64}`;
  if (type === "image/png") return { type: "image_url", image_url: { url } };
  return { type: "file", file: { filename: "paper.pdf", file_data: url } };
}

const offered = ({ name, description, schema }: ToolSpec): OpenAI.ChatCompletionFunctionTool => ({
  type: "function",
  function: { name, description, parameters: z.toJSONSchema(schema) },
});

function said({ choices, usage }: Completion, pieces: number): Said {
  return {
    text: choices[0]?.message.content ?? "",
    pieces,
    finish: choices[0]?.finish_reason,
    usage: usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
  };
}
