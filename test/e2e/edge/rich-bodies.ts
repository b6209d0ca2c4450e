import type { JsonObject } from "../../../src/canonical/json.ts";
import type { Operation } from "../../../src/canonical/operations.ts";
import { anthropicMessages } from "../../../src/wires/anthropic-messages/index.ts";
import { gemini } from "../../../src/wires/gemini/index.ts";
import { openaiChat } from "../../../src/wires/openai-chat/index.ts";
import { openaiEmbeddings } from "../../../src/wires/openai-embeddings/index.ts";
import { openaiResponses } from "../../../src/wires/openai-responses/index.ts";
import type { Wire } from "../../../src/wires/wire.ts";

/** A good request with a bit of everything. */
export interface RichBody {
  readonly wire: Wire;
  readonly operation: Operation;
  readonly path: string;
  readonly body: JsonObject;
}

const schema = {
  type: "object",
  properties: { city: { type: "string", enum: ["a", "b"] }, at: { $ref: "#/$defs/when" } },
  required: ["city", "at"],
  additionalProperties: false,
  $defs: { when: { anyOf: [{ type: "string" }, { type: "null" }] } },
};
const args = '{"city":"a","at":null}';
const picture = "data:image/png;base64,iVBORw0KGgo=";

export const richBodies: readonly RichBody[] = [
  {
    wire: openaiChat,
    operation: "chat",
    path: "/v1/chat/completions",
    body: {
      model: "p/m",
      metadata: { team: "web" },
      messages: [
        { role: "system", content: "Be kind." },
        {
          role: "user",
          name: "ann",
          content: [
            { type: "text", text: "hi" },
            { type: "image_url", image_url: { url: picture, detail: "low" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: args } }],
        },
        { role: "tool", tool_call_id: "call_1", content: "fine" },
      ],
      tools: [{ type: "function", function: { name: "look", description: "Looks.", parameters: schema, strict: true } }],
      tool_choice: { type: "function", function: { name: "look" } },
      response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
      logit_bias: { "50256": -1 },
      stop: ["END"],
    },
  },
  {
    wire: openaiResponses,
    operation: "chat",
    path: "/v1/responses",
    body: {
      model: "p/m",
      instructions: "Be kind.",
      metadata: { team: "web" },
      input: [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_text", text: "hi" },
            { type: "input_image", image_url: picture, detail: "low" },
          ],
        },
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "hm" }] },
        { type: "function_call", call_id: "call_1", name: "look", arguments: args },
        { type: "function_call_output", call_id: "call_1", output: "fine" },
      ],
      tools: [{ type: "function", name: "look", description: "Looks.", parameters: schema, strict: true }],
      tool_choice: { type: "function", name: "look" },
      text: { format: { type: "json_schema", name: "answer", schema, strict: true } },
      reasoning: { effort: "low", summary: "auto" },
    },
  },
  {
    wire: anthropicMessages,
    operation: "chat",
    path: "/v1/messages",
    body: {
      model: "p/m",
      max_tokens: 100,
      metadata: { user_id: "u1" },
      system: [{ type: "text", text: "Be kind.", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "hi" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
          ],
        },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "look", input: { city: "a", at: null } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "fine" }] }] },
      ],
      tools: [{ name: "look", description: "Looks.", input_schema: schema }],
      tool_choice: { type: "tool", name: "look" },
      stop_sequences: ["END"],
    },
  },
  {
    wire: gemini,
    operation: "chat",
    path: "/v1beta/models/p/m:generateContent",
    body: {
      systemInstruction: { parts: [{ text: "Be kind." }] },
      contents: [
        { role: "user", parts: [{ text: "hi" }, { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }] },
        { role: "model", parts: [{ functionCall: { name: "look", args: { city: "a", at: null } } }] },
        { role: "user", parts: [{ functionResponse: { name: "look", response: { result: "fine" } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: "look", description: "Looks.", parametersJsonSchema: schema }] }],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["look"] } },
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
      generationConfig: { stopSequences: ["END"], responseMimeType: "application/json", responseJsonSchema: schema },
    },
  },
  {
    wire: openaiEmbeddings,
    operation: "embed",
    path: "/v1/embeddings",
    body: { model: "p/m", input: ["hi", "there"], encoding_format: "float", user: "u1" },
  },
];
