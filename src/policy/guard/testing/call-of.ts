import { type Call, CallRecord } from "../../../canonical/call.ts";
import type { ChatRequest } from "../../../canonical/chat.ts";
import type { JsonObject } from "../../../canonical/json.ts";
import { Warnings } from "../../../canonical/warnings.ts";

/** A chat call as its wire's JSON has it, and what it was decoded to. */
export const callOf = (json: JsonObject, request: ChatRequest): Call<"chat"> => ({
  id: "call_0001",
  operation: "chat",
  model: "m",
  stream: false,
  strict: false,
  request,
  source: {
    wire: "openai-chat",
    path: "/",
    query: "",
    headers: {},
    body: new TextEncoder().encode(JSON.stringify(json)),
    json,
    members: new Map(),
  },
  caller: { kind: "open", keyId: "open", labels: {} },
  labels: {},
  signal: new AbortController().signal,
  deadline: 1,
  warnings: new Warnings(),
  record: new CallRecord(),
});

/** One whose user says the text. */
export const saying = (text: string): Call<"chat"> =>
  callOf(
    { messages: [{ role: "user", content: text }] },
    { model: "m", messages: [{ role: "user", content: [{ type: "text", text }] }] },
  );

/** One whose model called a tool with these arguments. */
export const calling = (text: string): Call<"chat"> =>
  callOf(
    {
      messages: [{ role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "look", arguments: text } }] }],
    },
    { model: "m", messages: [{ role: "assistant", content: [{ type: "tool-call", id: "c", name: "look", arguments: text }] }] },
  );
