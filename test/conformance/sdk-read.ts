import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { FinishReason } from "../../src/canonical/chat.ts";
import type { Json, JsonObject } from "../../src/canonical/json.ts";
import { anthropicFinish, anthropicWhole } from "./expect-anthropic.ts";
import { openaiFinish, openaiWhole } from "./expect-openai.ts";
import { num, obj, objects, str, toJson } from "./json.ts";
import type { WireName } from "./loader.ts";
import type { Reading } from "./reading.ts";

/*
 * Reads what we serve with the official SDKs' own accumulators, over a fetch that answers from memory. What the SDK has put
 * together is then read by the small readers.
 */

let answer: Response | undefined;
const fetch = (): Promise<Response> => (answer ? Promise.resolve(answer) : Promise.reject(new Error("no answer was laid ready")));
const openai = new OpenAI({ apiKey: "none", baseURL: "http://127.0.0.1/v1", fetch, maxRetries: 0 });
const anthropic = new Anthropic({ apiKey: "none", baseURL: "http://127.0.0.1", fetch, maxRetries: 0 });

const reply = (body: string, type: string): void => {
  answer = new Response(body, { status: 200, headers: { "content-type": type } });
};

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

/** A served stream, as SSE text. Rejects as the SDK does. */
export async function sdkStream(wire: WireName, text: string): Promise<Reading> {
  reply(text, "text/event-stream");
  return wire === "openai-chat" ? openaiStreamed() : anthropicStreamed();
}

/** A served whole reply. */
export async function sdkWhole(wire: WireName, body: Json): Promise<Reading> {
  reply(JSON.stringify(body), "application/json");
  if (wire === "openai-chat") {
    return readOpenai(obj(toJson(await openai.chat.completions.create({ model: "any", messages: [] }))));
  }
  return readAnthropic(obj(toJson(await anthropic.messages.create({ model: "any", max_tokens: 1, messages: [] }))));
}

/** What the SDK puts together of a stream, as plain JSON: the completion or the message. */
export async function sdkMessage(wire: WireName, text: string): Promise<JsonObject> {
  reply(text, "text/event-stream");
  if (wire === "openai-chat") {
    return obj(toJson(await openai.chat.completions.stream({ model: "any", messages: [] }).finalChatCompletion()));
  }
  return finalMessage(await anthropic.messages.stream({ model: "any", max_tokens: 1, messages: [] }).finalMessage());
}

/** Tool input is a getter on some blocks: read before the message becomes plain JSON. */
function finalMessage(message: Anthropic.Message): JsonObject {
  const content = message.content.map((block) => ("input" in block ? { ...block, input: block.input } : block));
  return obj(toJson({ ...message, content }));
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

async function anthropicStreamed(): Promise<Reading> {
  const stream = anthropic.messages.stream({ model: "any", max_tokens: 1, messages: [] });
  return readAnthropic(finalMessage(await stream.finalMessage()));
}
