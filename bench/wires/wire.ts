import { type BodyShape, chatBody, geminiBody, messagesBody, responsesBody } from "../bodies.ts";
import type { Expectation } from "../load/reply-check.ts";

export const wireNames = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;
export type WireName = (typeof wireNames)[number];

/** What the benchmark must know of a wire to call a gateway by it. */
export interface BenchWire {
  readonly short: string;
  path(model: string, stream: boolean): string;
  body(shape: BodyShape): string;
  readonly headers: Readonly<Record<string, string>>;
  /** What a provider's SDK would be given for an upstream at this origin. */
  base(origin: string): string;
  readonly json: Expectation;
  readonly stream: Expectation;
}

export const benchWires: Readonly<Record<WireName, BenchWire>> = {
  "openai-chat": {
    short: "chat",
    path: () => "/v1/chat/completions",
    body: chatBody,
    headers: {},
    base: (origin) => `${origin}/v1`,
    json: "chat-json",
    stream: "chat-stream",
  },
  "openai-responses": {
    short: "responses",
    path: () => "/v1/responses",
    body: responsesBody,
    headers: {},
    base: (origin) => `${origin}/v1`,
    json: "responses-json",
    stream: "responses-stream",
  },
  "anthropic-messages": {
    short: "messages",
    path: () => "/v1/messages",
    body: messagesBody,
    headers: { "anthropic-version": "2023-06-01" },
    base: (origin) => origin,
    json: "messages-json",
    stream: "messages-stream",
  },
  gemini: {
    short: "gemini",
    path: (model, stream) => `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: geminiBody,
    headers: {},
    base: (origin) => origin,
    json: "gemini-json",
    stream: "gemini-stream",
  },
};

/** Every pair of different wires: the caller's, the provider's. */
export const pairs: readonly (readonly [from: WireName, to: WireName])[] = wireNames.flatMap((from) =>
  wireNames.flatMap((to) => (from === to ? [] : [[from, to] as const])),
);
