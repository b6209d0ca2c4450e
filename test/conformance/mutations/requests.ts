import type { JsonObject } from "../../../src/canonical/json.ts";
import type { Part } from "../../../src/canonical/parts.ts";
import { arr, objects } from "../json.ts";
import { type Mutation, onOutgoing, onRequest, type Planted } from "./wrap.ts";

/* Requests misread or miswritten. */

const openai = ["openai-chat"] as const;

const unmarked = (part: Part): Part => (part.cache ? { ...part, cache: undefined } : part);

function contents(change: (part: Part) => Part | undefined): Mutation {
  return onRequest((request) => ({
    ...request,
    messages: request.messages.map((message) => ({ ...message, content: message.content.flatMap((part) => change(part) ?? []) })),
  }));
}

export const requests: readonly Planted[] = [
  {
    id: "request: second system message lost",
    mutation: onRequest((request) => ({
      ...request,
      messages: request.messages.filter((one, at) => !(one.role === "system" && at > 0)),
    })),
  },
  {
    id: "request: system text after the first lost",
    mutation: onRequest((request) => ({
      ...request,
      messages: request.messages.map((one) => (one.role === "system" ? { ...one, content: one.content.slice(0, 1) } : one)),
    })),
  },
  { id: "request: cache marks lost", mutation: contents(unmarked) },
  {
    id: "request: cache marks of tools lost",
    mutation: onRequest((request) => ({
      ...request,
      tools: request.tools?.map((tool) => (tool.type === "function" ? { ...tool, cache: undefined } : tool)),
    })),
  },
  { id: "request: cache ttl lost", mutation: contents((part) => (part.cache ? { ...part, cache: {} } : part)) },
  { id: "request: images lost", mutation: contents((part) => (part.type === "image" ? undefined : part)) },
  { id: "request: documents lost", mutation: contents((part) => (part.type === "document" ? undefined : part)) },
  {
    id: "request: images in tool results lost",
    mutation: contents((part) =>
      part.type === "tool-result" ? { ...part, content: part.content.filter((one) => one.type !== "image") } : part,
    ),
  },
  { id: "request: earlier reasoning lost", mutation: contents((part) => (part.type === "reasoning" ? undefined : part)) },
  {
    id: "request: only the first stop sequence",
    mutation: onRequest((request) => ({ ...request, stop: request.stop?.slice(0, 1) })),
  },
  {
    id: "request: a known field hidden in extra",
    mutation: onRequest(({ temperature, ...request }) =>
      temperature === undefined ? request : { ...request, extra: { ...request.extra, temperature }, extraOrigin: "openai-chat" },
    ),
  },
  {
    id: "request: strict flag of tools lost",
    mutation: onRequest((request) => ({
      ...request,
      tools: request.tools?.map((tool) => (tool.type === "function" ? { ...tool, strict: undefined } : tool)),
    })),
  },
  { id: "request: tool choice lost", mutation: onRequest((request) => ({ ...request, toolChoice: undefined })) },
  { id: "request: response format lost", mutation: onRequest((request) => ({ ...request, responseFormat: undefined })) },
  {
    id: "request: spelling of content lost",
    mutation: onRequest((request) => ({ ...request, messages: request.messages.map(({ as: _as, ...one }) => one) })),
  },
  { id: "request: output limit lost", mutation: onOutgoing(({ max_tokens: _a, max_completion_tokens: _b, ...body }) => body) },
  { id: "request: usage not asked for upstream", mutation: onOutgoing(({ stream_options: _options, ...body }) => body, openai) },
  { id: "request: an unheard-of field sent", mutation: onOutgoing((body) => ({ ...body, polygate: true })) },
  { id: "request: tools lost", mutation: onOutgoing(({ tools: _tools, ...body }) => body) },
  {
    id: "request: last message lost",
    mutation: onOutgoing((body) => ({ ...body, messages: arr(body["messages"]).slice(0, -1) })),
  },
  {
    id: "request: tool result ids swapped",
    mutation: onOutgoing((body) => ({ ...body, messages: objects(body["messages"]).map(swapped) })),
  },
];

function swapped(message: JsonObject): JsonObject {
  if (message["tool_call_id"] === undefined && !objects(message["content"]).some((part) => part["type"] === "tool_result"))
    return message;
  if (message["tool_call_id"] !== undefined) return { ...message, tool_call_id: "call_swapped" };
  return {
    ...message,
    content: objects(message["content"]).map((part) =>
      "tool_use_id" in part ? { ...part, tool_use_id: "toolu_swapped" } : part,
    ),
  };
}
