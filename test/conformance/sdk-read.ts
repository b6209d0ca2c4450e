import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import type { FinishReason } from "../../src/canonical/chat.ts";
import type { Json, JsonObject } from "../../src/canonical/json.ts";
import { anthropicFinish, anthropicWhole } from "./expect-anthropic.ts";
import { read as geminiRead } from "./expect-gemini.ts";
import { openaiFinish, openaiWhole } from "./expect-openai.ts";
import { responsesWhole } from "./expect-responses.ts";
import { num, obj, objects, str, toJson } from "./json.ts";
import type { WireName } from "./loader.ts";
import type { Reading } from "./reading.ts";
import { answering, layReady } from "./sdk-fetch.ts";

/*
 * Reads what we serve with the official SDKs' own accumulators, over a fetch that answers from memory. What the SDK has put
 * together is then read by the small readers.
 */

const openai = new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1/v1", fetch: answering, maxRetries: 0 });
const anthropic = new Anthropic({ apiKey: "none", baseURL: "http://127.0.0.1", fetch: answering, maxRetries: 0 });
const google = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: "http://127.0.0.1", fetch: answering } });

interface SdkReader {
  /** A served stream that lies ready: what the SDK makes of it. Rejects as the SDK does. */
  streamed(): Promise<Reading>;
  /** A served whole reply that lies ready. */
  whole(): Promise<Reading>;
  /** What the SDK puts together of a stream, as plain JSON in the form of a whole reply. */
  message(): Promise<JsonObject>;
}

const readers: { readonly [wire in WireName]: SdkReader } = {
  "openai-chat": {
    streamed: openaiStreamed,
    whole: async () => readOpenai(obj(toJson(await openai.chat.completions.create({ model: "any", messages: [] })))),
    message: async () => obj(toJson(await openai.chat.completions.stream({ model: "any", messages: [] }).finalChatCompletion())),
  },
  "anthropic-messages": {
    streamed: async () => readAnthropic(await anthropicMessage()),
    whole: async () => readAnthropic(obj(toJson(await anthropic.messages.create({ model: "any", max_tokens: 1, messages: [] })))),
    message: anthropicMessage,
  },
  "openai-responses": {
    streamed: async () => readResponses(await responsesMessage()),
    whole: async () => readResponses(obj(toJson(await openai.responses.create({ model: "any", input: "" })))),
    message: responsesMessage,
  },
  gemini: {
    streamed: async () => geminiRead(await geminiEvents()),
    whole: async () => {
      const response = obj(toJson(await google.models.generateContent({ model: "any", contents: "any" })));
      return { ...geminiRead([response]), ended: true };
    },
    message: async () => merged(await geminiEvents()),
  },
};

/** A served stream, as SSE text. Rejects as the SDK does. */
export function sdkStream(wire: WireName, text: string): Promise<Reading> {
  layReady(text, "text/event-stream");
  return readers[wire].streamed();
}

/** A served whole reply. */
export function sdkWhole(wire: WireName, body: Json): Promise<Reading> {
  layReady(JSON.stringify(body), "application/json");
  return readers[wire].whole();
}

/** What the SDK puts together of a stream, as plain JSON: the completion, message, response or answer. */
export function sdkMessage(wire: WireName, text: string): Promise<JsonObject> {
  layReady(text, "text/event-stream");
  return readers[wire].message();
}

/** What we serve must say itself why it stopped: nothing is derived from the content here. */
const stated = (reading: Reading, finishes: readonly (FinishReason | undefined)[]): Reading => ({
  ...reading,
  choices: reading.choices.map((choice, at) => ({ ...choice, finish: finishes[at] })),
});

function readOpenai(completion: JsonObject): Reading {
  const raws = objects(completion["choices"]).map((choice) => str(choice["finish_reason"]) ?? "");
  return stated(
    openaiWhole(completion),
    raws.map((raw) => openaiFinish(raw, raw === "tool_calls")),
  );
}

function readAnthropic(message: JsonObject): Reading {
  const raw = str(message["stop_reason"]) ?? "";
  return stated(anthropicWhole(message), [anthropicFinish(raw, raw === "tool_use")]);
}

/** The SDK gives a failed answer as one whose status says so: its callers look there. */
function readResponses(response: JsonObject): Reading {
  const status = str(response["status"]) ?? "none";
  if (status === "failed" || status === "in_progress") throw new Error(`the response's status is ${status}`);
  return responsesWhole(response);
}

async function openaiStreamed(): Promise<Reading> {
  const stream = openai.chat.completions.stream({ model: "any", messages: [] });
  // The SDK joins the fields it knows; reasoning is read off the chunks as clients do it.
  const reasoning = new Map<number, string>();
  let ended = false;
  for await (const chunk of stream) {
    for (const choice of objects(toJson(chunk.choices))) {
      const index = num(choice["index"]) ?? 0;
      const text = str(obj(choice["delta"])["reasoning_content"]) ?? "";
      reasoning.set(index, (reasoning.get(index) ?? "") + text);
      ended ||= typeof choice["finish_reason"] === "string";
    }
  }
  const completion = obj(toJson(await stream.finalChatCompletion()));
  const choices = objects(completion["choices"]).map((choice) => ({
    ...choice,
    message: { ...obj(choice["message"]), reasoning_content: reasoning.get(num(choice["index"]) ?? 0) ?? "" },
  }));
  return { ...readOpenai({ ...completion, choices }), ended };
}

/** Tool input is a getter on some blocks: read before the message becomes plain JSON. */
async function anthropicMessage(): Promise<JsonObject> {
  const message = await anthropic.messages.stream({ model: "any", max_tokens: 1, messages: [] }).finalMessage();
  const content = message.content.map((block) => ("input" in block ? { ...block, input: block.input } : block));
  return obj(toJson({ ...message, content }));
}

async function responsesMessage(): Promise<JsonObject> {
  return obj(toJson(await openai.responses.stream({ model: "any", input: "" }).finalResponse()));
}

async function geminiEvents(): Promise<readonly JsonObject[]> {
  const events: JsonObject[] = [];
  for await (const event of await google.models.generateContentStream({ model: "any", contents: "any" })) {
    const { candidates, promptFeedback, usageMetadata, modelVersion, responseId } = event;
    events.push(obj(toJson({ candidates, promptFeedback, usageMetadata, modelVersion, responseId })));
  }
  if (events.length === 0) throw new Error("the stream holds no answer");
  const { ended } = geminiRead(events);
  // The SDK does not mind where a stream ends: its callers know an answer's end by its finish reason.
  if (!ended) throw new Error("the stream ends without a finishReason");
  return events;
}

/** The events of one answer as the whole answer they make: texts that follow each other are one. */
function merged(events: readonly JsonObject[]): JsonObject {
  const candidates = new Map<number, { parts: JsonObject[]; rest: JsonObject }>();
  let head: JsonObject = {};
  for (const event of events) {
    head = { ...head, ...event };
    for (const [at, candidate] of objects(event["candidates"]).entries()) {
      const index = num(candidate["index"]) ?? at;
      const open = candidates.get(index) ?? { parts: [], rest: {} };
      candidates.set(index, open);
      const { content, ...rest } = candidate;
      open.rest = { ...open.rest, ...rest };
      for (const part of objects(obj(content)["parts"])) open.parts.push(part);
    }
  }
  const list = [...candidates].map(([index, { parts, rest }]) => ({ ...rest, index, content: { role: "model", parts } }));
  return { ...head, candidates: list };
}
