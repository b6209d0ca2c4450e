import type OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import type { Driver, MadeCall, Medium, Said, Step, ToolSpec, Wish } from "../driver.ts";
import { isOpenaiAbort, openaiAt, openaiFault, openaiKinds } from "./openai-faults.ts";

type Item = OpenAI.Responses.ResponseInputItem;
type Response = OpenAI.Responses.Response;

const common: Pick<Driver, "wire" | "finishes" | "kinds" | "fault" | "isAbort" | "ask"> = {
  wire: "openai-responses",
  finishes: { stop: "completed", length: "incomplete: max_output_tokens", tools: "completed" },
  kinds: openaiKinds,
  fault: openaiFault,
  isAbort: isOpenaiAbort,

  async ask(place, wish) {
    const { responses } = openaiAt(place);
    const body = { ...bodyOf(wish), ...(wish.schema && { text: { format: zodTextFormat(wish.schema, "answer") } }) };
    const options = { signal: wish.signal };
    if (!wish.stream) {
      if (wish.schema === undefined) return said(await responses.create(body, options), 1);
      const parsed = await responses.parse(body, options);
      return { ...said(parsed, 1), object: parsed.output_parsed };
    }
    const stream = responses.stream(body, options);
    let pieces = 0;
    stream.on("response.output_text.delta", () => pieces++);
    const whole = await stream.finalResponse();
    return { ...said(whole, pieces), object: wish.schema && whole.output_parsed };
  },
};

/** `openai`, Responses, without memory at the provider: its output items are pushed back as they came. */
export const openaiResponses: Driver = {
  ...common,
  name: "openai responses",

  async work(place, { model, stream, prompts, tools, thinking, run }) {
    const { responses } = openaiAt(place);
    const input: Item[] = [];
    const steps: Step[] = [];
    const body = {
      model,
      input,
      store: false,
      tools: tools.map(offered),
      ...(thinking && {
        reasoning: { effort: "high" as const, summary: "auto" as const },
        include: ["reasoning.encrypted_content" as const],
      }),
    };
    for (const prompt of prompts) {
      input.push({ role: "user", content: prompt });
      for (;;) {
        const response = stream ? await responses.stream(body).finalResponse() : await responses.create(body);
        const { step, results } = take(response, run);
        steps.push(step);
        for (const item of response.output) input.push(echo(item));
        if (results.length === 0) break;
        input.push(...results);
      }
    }
    return steps;
  },
};

/** `openai`, Responses, with memory at the provider: only what is new is sent. */
export const openaiResponsesStored: Driver = {
  ...common,
  name: "openai responses, stored",
  sendsOnlyNew: true,

  async work(place, { model, stream, prompts, tools, thinking, run }) {
    const { responses } = openaiAt(place);
    const steps: Step[] = [];
    let previous: string | null = null;
    for (const prompt of prompts) {
      let input: Item[] = [{ role: "user", content: prompt }];
      for (;;) {
        const body = {
          model,
          input,
          previous_response_id: previous,
          tools: tools.map(offered),
          ...(thinking && { reasoning: { effort: "high" as const, summary: "auto" as const } }),
        };
        const response: Response = stream ? await responses.stream(body).finalResponse() : await responses.create(body);
        const { step, results } = take(response, run);
        steps.push(step);
        previous = response.id;
        if (results.length === 0) break;
        input = [...results];
      }
    }
    return steps;
  },
};

/** An output item as input; what the stream helper has parsed stays with its user. */
function echo(item: OpenAI.Responses.ResponseOutputItem): Item {
  switch (item.type) {
    case "message":
    case "reasoning":
      return item;
    case "function_call": {
      if (!("parsed_arguments" in item)) return item;
      const { parsed_arguments: _, ...plain } = item;
      return plain;
    }
    default:
      throw new Error(`nobody asked for a ${item.type}`);
  }
}

function take(response: Response, run: (call: MadeCall) => string): { readonly step: Step; readonly results: readonly Item[] } {
  const made = response.output.filter((item) => item.type === "function_call");
  const calls = made.map(({ name, arguments: text }): MadeCall => ({ name, args: JSON.parse(text) }));
  const thought = response.output.some((item) => item.type === "reasoning");
  return {
    step: { text: response.output_text, calls, finish: finishOf(response), thought },
    results: calls.map((call, i) => ({ type: "function_call_output", call_id: made[i]?.call_id ?? "", output: run(call) })),
  };
}

function bodyOf({ model, system, prompt, medium, maxTokens }: Wish) {
  const input: Item[] = [
    {
      role: "user",
      content: medium === undefined ? prompt : [{ type: "input_text", text: prompt }, part(medium)],
    },
  ];
  return {
    model,
    input,
    ...(system !== undefined && { instructions: system }),
    ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
  };
}

function part({ type, base64 }: Medium): OpenAI.Responses.ResponseInputContent {
  const url = `data:${type};base64,${base64}`;
  if (type === "image/png") return { type: "input_image", image_url: url, detail: "auto" };
  return { type: "input_file", filename: "paper.pdf", file_data: url };
}

const offered = ({ name, description, schema }: ToolSpec): OpenAI.Responses.FunctionTool => ({
  type: "function",
  name,
  description,
  parameters: z.toJSONSchema(schema),
  strict: false,
});

const finishOf = ({ status, incomplete_details }: Response): string =>
  incomplete_details?.reason === undefined ? (status ?? "none") : `${status ?? "none"}: ${incomplete_details.reason}`;

const said = (response: Response, pieces: number): Said => ({
  text: response.output_text,
  pieces,
  finish: finishOf(response),
  usage: response.usage && { input: response.usage.input_tokens, output: response.usage.output_tokens },
});
