import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import type { Driver, MadeCall, Medium, Place, Said, Step, ToolSpec, Wish } from "../driver.ts";

const at = ({ origin, key }: Place): Anthropic => new Anthropic({ baseURL: origin, apiKey: key, maxRetries: 0 });

/** `@anthropic-ai/sdk`: create, stream, parse; content is pushed back as it came. */
export const anthropic: Driver = {
  name: "@anthropic-ai/sdk",
  wire: "anthropic-messages",
  finishes: { stop: "end_turn", length: "max_tokens", tools: "tool_use" },
  kinds: {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "429": "RateLimitError",
    "500": "InternalServerError",
    "529": "OverloadedError",
    overflow: "BadRequestError",
    stream: "APIError",
  },

  async ask(place, wish) {
    const { messages } = at(place);
    const body = { ...bodyOf(wish), ...(wish.schema && { output_config: { format: zodOutputFormat(wish.schema) } }) };
    const options = { signal: wish.signal };
    if (!wish.stream) {
      if (wish.schema === undefined) return said(await messages.create(body, options), 1);
      const parsed = await messages.parse(body, options);
      return { ...said(parsed, 1), object: parsed.parsed_output };
    }
    const stream = messages.stream(body, options);
    let pieces = 0;
    stream.on("text", () => pieces++);
    const whole = await stream.finalMessage();
    return { ...said(whole, pieces), object: wish.schema && whole.parsed_output };
  },

  async work(place, { model, stream, prompts, tools, thinking, run }) {
    const client = at(place);
    const messages: Anthropic.MessageParam[] = [];
    const steps: Step[] = [];
    const body: Anthropic.MessageCreateParamsNonStreaming = {
      model,
      max_tokens: 4000,
      messages,
      tools: tools.map(offered),
      ...(thinking && { thinking: { type: "enabled", budget_tokens: 2000 } }),
    };
    for (const prompt of prompts) {
      messages.push({ role: "user", content: prompt });
      for (;;) {
        const message = stream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
        const made = message.content.filter((block) => block.type === "tool_use");
        const calls = made.map(({ name, input }): MadeCall => ({ name, args: input }));
        const thought = message.content.some((block) => block.type === "thinking" || block.type === "redacted_thinking");
        steps.push({ text: textOf(message), calls, finish: message.stop_reason ?? undefined, thought });
        messages.push({ role: "assistant", content: message.content });
        if (made.length === 0) break;
        const results = calls.map(
          (call, i): Anthropic.ToolResultBlockParam => ({
            type: "tool_result",
            tool_use_id: made[i]?.id ?? "",
            content: run(call),
          }),
        );
        messages.push({ role: "user", content: results });
      }
    }
    return steps;
  },

  fault(thrown) {
    if (!(thrown instanceof Anthropic.APIError)) return undefined;
    const { status, message, headers } = thrown;
    return { kind: thrown.constructor.name, status, message, retryAfter: headers?.get("retry-after") ?? undefined };
  },

  isAbort: (thrown) => thrown instanceof Anthropic.APIUserAbortError,
};

function bodyOf({ model, system, prompt, medium, maxTokens }: Wish): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model,
    max_tokens: maxTokens ?? 1000,
    ...(system !== undefined && { system }),
    messages: [{ role: "user", content: medium === undefined ? prompt : [{ type: "text", text: prompt }, block(medium)] }],
  };
}

const block = ({ type, base64: data }: Medium): Anthropic.ContentBlockParam =>
  type === "image/png"
    ? { type: "image", source: { type: "base64", media_type: type, data } }
    : { type: "document", source: { type: "base64", media_type: type, data } };

const offered = ({ name, description, schema }: ToolSpec): Anthropic.Tool => ({
  name,
  description,
  input_schema: { ...z.toJSONSchema(schema), type: "object" },
});

const textOf = ({ content }: Anthropic.Message): string =>
  content.map((block) => (block.type === "text" ? block.text : "")).join("");

function said(message: Anthropic.Message, pieces: number): Said {
  const { usage, stop_reason } = message;
  return {
    text: textOf(message),
    pieces,
    finish: stop_reason ?? undefined,
    usage: {
      input: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
    },
  };
}
