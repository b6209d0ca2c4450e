import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import type { Part } from "../../../src/canonical/parts.ts";
import { num, obj, objects } from "../json.ts";
import { mapChoices, onDecoder, onEncoder, onOutgoing, onParts, type Planted, withData } from "./wrap.ts";

/* Mistakes on Gemini's wire. */

const gemini = ["gemini"] as const;

/** The same mistake in each candidate, streamed and whole. */
const candidates = (id: string, change: (candidate: JsonObject) => JsonObject): Planted => {
  const all = (body: JsonObject): JsonObject =>
    isArray(body["candidates"]) ? { ...body, candidates: objects(body["candidates"]).map(change) } : body;
  return {
    id: `gemini: ${id}`,
    mutation: onEncoder({ events: (event, body) => [withData(event, all(body))], whole: all }, gemini),
  };
};

const parts = (id: string, change: (parts: readonly JsonObject[]) => readonly JsonObject[]): Planted =>
  candidates(id, (candidate) =>
    isObject(candidate["content"])
      ? { ...candidate, content: { ...candidate["content"], parts: change(objects(candidate["content"]["parts"])) } }
      : candidate,
  );

const usage = (id: string, change: (usage: JsonObject) => JsonObject): Planted => {
  const all = (body: JsonObject): JsonObject =>
    isObject(body["usageMetadata"]) ? { ...body, usageMetadata: change(body["usageMetadata"]) } : body;
  return {
    id: `gemini: ${id}`,
    mutation: onEncoder({ events: (event, body) => [withData(event, all(body))], whole: all }, gemini),
  };
};

const contents = (id: string, change: (contents: readonly JsonObject[]) => readonly Json[]): Planted => ({
  id: `gemini: ${id}`,
  mutation: onOutgoing((body) => ({ ...body, contents: change(objects(body["contents"])) }), gemini),
});

const without = (key: string): ((value: JsonObject) => JsonObject) => {
  return (value) => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
};

const call = (change: (call: JsonObject) => JsonObject): ((part: JsonObject) => JsonObject) => {
  return (part) => (isObject(part["functionCall"]) ? { ...part, functionCall: change(part["functionCall"]) } : part);
};

/** Every seal one part further. */
function moved(list: readonly Part[]): readonly Part[] {
  return list.map((part, at) => ({ ...part, seal: list.at(at - 1)?.seal }));
}

const mistakes: readonly Planted[] = [
  parts("arguments as a string", (list) => list.map(call((one) => ({ ...one, args: JSON.stringify(one["args"]) })))),
  parts("arguments lost", (list) => list.map(call((one) => ({ ...one, args: {} })))),
  parts("thoughts as text", (list) => list.map(without("thought"))),
  parts("signature not served", (list) => list.map(without("thoughtSignature"))),
  parts("only the first call served", (list) => list.slice(0, 1)),
  parts("signature served on another part", (list) =>
    list.map((part, at) => ({ ...without("thoughtSignature")(part), thoughtSignature: list.at(at - 1)?.["thoughtSignature"] })),
  ),
  candidates("finishReason lost", without("finishReason")),
  candidates("finishReason STOP for MAX_TOKENS", (one) =>
    one["finishReason"] === "MAX_TOKENS" ? { ...one, finishReason: "STOP" } : one,
  ),
  candidates("finishReason in OpenAI's words", (one) =>
    one["finishReason"] === "STOP" ? { ...one, finishReason: "stop" } : one,
  ),
  candidates("all candidates are 0", (one) => ({ ...one, index: 0 })),
  candidates("role assistant", (one) => ({ ...one, content: { ...obj(one["content"]), role: "assistant" } })),
  usage("thoughts counted twice", (one) => ({
    ...one,
    candidatesTokenCount: (num(one["candidatesTokenCount"]) ?? 0) + (num(one["thoughtsTokenCount"]) ?? 0),
  })),
  usage("cached tokens taken off the prompt", (one) => ({
    ...one,
    promptTokenCount: (num(one["promptTokenCount"]) ?? 0) - (num(one["cachedContentTokenCount"]) ?? 0),
  })),
  {
    id: "gemini: errors under an event name, which the SDK does not read",
    mutation: onEncoder({ end: (events) => events.map((event) => ({ ...event, event: "error" })) }, gemini),
  },
  {
    id: "gemini: answer without responseId",
    mutation: onEncoder({ events: (event, body) => [withData(event, without("responseId")(body))] }, gemini),
  },
  {
    id: "gemini: signature read onto another part",
    mutation: onDecoder(
      { result: (result) => mapChoices(result, (choice) => ({ ...choice, content: moved(choice.content) })) },
      gemini,
    ),
  },
  {
    id: "gemini: signature cut",
    mutation: onParts(
      (part) => (part.seal ? { ...part, seal: { ...part.seal, value: part.seal.value.slice(0, -1) } } : part),
      gemini,
    ),
  },
  { id: "gemini: signature not read", mutation: onParts((part) => ({ ...part, seal: undefined }), gemini) },
  contents("results sent in another order than their calls", (list) =>
    list.map((content) => ({ ...content, parts: resultsTurned(objects(content["parts"])) })),
  ),
  contents("signatures of earlier calls not sent", (list) =>
    list.map((content) => ({ ...content, parts: objects(content["parts"]).map(without("thoughtSignature")) })),
  ),
  contents("results under another name than their call", (list) =>
    list.map((content) => ({
      ...content,
      parts: objects(content["parts"]).map((part) =>
        isObject(part["functionResponse"])
          ? { ...part, functionResponse: { ...part["functionResponse"], name: "call_1" } }
          : part,
      ),
    })),
  ),
  contents("results in a turn of the model", (list) => list.map((content) => ({ ...content, role: "model" }))),
  {
    id: "gemini: only the first system text",
    mutation: onOutgoing((body) => {
      const system = obj(body["systemInstruction"]);
      return isArray(system["parts"]) ? { ...body, systemInstruction: { ...system, parts: system["parts"].slice(0, 1) } } : body;
    }, gemini),
  },
  {
    id: "gemini: function calling mode lost",
    mutation: onOutgoing(without("toolConfig"), gemini),
  },
  {
    id: "gemini: JSON Schema where Google's Schema belongs",
    bySpecification: true,
    mutation: onOutgoing((body) => ({ ...body, tools: objects(body["tools"]).map(asJsonSchema) }), gemini),
  },
];

function resultsTurned(list: readonly JsonObject[]): readonly JsonObject[] {
  const results = list.filter((part) => part["functionResponse"] !== undefined).toReversed();
  return list.map((part) => (part["functionResponse"] === undefined ? part : (results.shift() ?? part)));
}

const asJsonSchema = (tool: JsonObject): JsonObject => ({
  ...tool,
  functionDeclarations: objects(tool["functionDeclarations"]).map((one) => ({
    ...one,
    parameters: { ...obj(one["parameters"]), additionalProperties: false },
  })),
});

export const geminiMistakes: readonly Planted[] = mistakes.map((one) => ({ ...one, wire: "gemini" }));
