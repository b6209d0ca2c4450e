import { ApiError, type GenerateContentConfig, type GenerateContentResponse, GoogleGenAI, type Part } from "@google/genai";
import { z } from "zod";
import type { Driver, Fault, MadeCall, Place, Said, Step, Wish } from "../driver.ts";

const at = ({ origin, key }: Place): GoogleGenAI => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: origin } });

/** `@google/genai`: models.generateContent, its stream, and chats, which keep the history themselves. */
export const googleGenai: Driver = {
  name: "@google/genai",
  wire: "gemini",
  finishes: { stop: "STOP", length: "MAX_TOKENS", tools: "STOP" },
  kinds: {
    "400": "ApiError INVALID_ARGUMENT",
    "401": "ApiError UNAUTHENTICATED",
    "403": "ApiError PERMISSION_DENIED",
    "404": "ApiError NOT_FOUND",
    "429": "ApiError RESOURCE_EXHAUSTED",
    "500": "ApiError INTERNAL",
    "529": "ApiError UNAVAILABLE",
    overflow: "ApiError INVALID_ARGUMENT",
    stream: "ApiError UNAVAILABLE",
  },

  async ask(place, wish) {
    const { models } = at(place);
    const { model, prompt, medium, schema } = wish;
    const contents: Part[] = [
      { text: prompt },
      ...(medium === undefined ? [] : [{ inlineData: { mimeType: medium.type, data: medium.base64 } }]),
    ];
    const params = { model, contents, config: configOf(wish) };
    const told = wish.stream
      ? await gathered(await models.generateContentStream(params))
      : [await models.generateContent(params)];
    const result = said(told);
    return schema === undefined ? result : { ...result, object: schema.parse(JSON.parse(result.text)) };
  },

  async work(place, { model, stream, prompts, tools, thinking, run }) {
    const config: GenerateContentConfig = {
      tools: [
        {
          functionDeclarations: tools.map(({ name, description, schema }) => ({
            name,
            description,
            parametersJsonSchema: z.toJSONSchema(schema),
          })),
        },
      ],
      ...(thinking && { thinkingConfig: { includeThoughts: true } }),
    };
    const chat = at(place).chats.create({ model, config });
    const steps: Step[] = [];
    for (const prompt of prompts) {
      let message: Part[] = [{ text: prompt }];
      for (;;) {
        const told = stream ? await gathered(await chat.sendMessageStream({ message })) : [await chat.sendMessage({ message })];
        const made = told.flatMap(partsOf).flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall]));
        const calls = made.map(({ name = "", args }): MadeCall => ({ name, args }));
        const thought = told.flatMap(partsOf).some((part) => part.thought === true);
        steps.push({ text: textOf(told), calls, finish: finishOf(told), thought });
        if (made.length === 0) break;
        message = calls.map((call, i) => ({
          functionResponse: { ...idOf(made[i]?.id), name: call.name, response: { output: run(call) } },
        }));
      }
    }
    return steps;
  },

  fault(thrown): Fault | undefined {
    if (!(thrown instanceof ApiError)) return undefined;
    const { status, message } = thrown;
    const retryAfter = /"retryDelay":\s*"([\d.]+)s"/.exec(message)?.[1];
    return { kind: `ApiError ${/"status":\s*"([A-Z_]+)"/.exec(message)?.[1] ?? ""}`.trim(), status, message, retryAfter };
  },

  isAbort: (thrown) => thrown instanceof Error && thrown.name === "AbortError",
};

const idOf = (id: string | undefined): { readonly id?: string } => (id === undefined ? {} : { id });

const configOf = ({ system, maxTokens, schema, signal }: Wish): GenerateContentConfig => ({
  ...(system !== undefined && { systemInstruction: system }),
  ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
  ...(schema !== undefined && { responseMimeType: "application/json", responseJsonSchema: z.toJSONSchema(schema) }),
  ...(signal !== undefined && { abortSignal: signal }),
});

const partsOf = (reply: GenerateContentResponse): readonly Part[] => reply.candidates?.[0]?.content?.parts ?? [];

async function gathered(stream: AsyncGenerator<GenerateContentResponse>): Promise<readonly GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textsOf = (told: readonly GenerateContentResponse[]): readonly string[] =>
  told.flatMap(partsOf).flatMap(({ text, thought }) => (text === undefined || text === "" || thought === true ? [] : [text]));

const textOf = (told: readonly GenerateContentResponse[]): string => textsOf(told).join("");

const finishOf = (told: readonly GenerateContentResponse[]): string | undefined =>
  told.findLast((one) => one.candidates?.[0]?.finishReason !== undefined)?.candidates?.[0]?.finishReason;

function said(told: readonly GenerateContentResponse[]): Said {
  const usage = told.at(-1)?.usageMetadata;
  return {
    text: textOf(told),
    pieces: textsOf(told).length,
    finish: finishOf(told),
    usage: usage && {
      input: usage.promptTokenCount ?? 0,
      output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
    },
  };
}
