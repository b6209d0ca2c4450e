import type { ChatChunk, Finish } from "../../../src/canonical/chat.ts";
import { GatewayError } from "../../../src/canonical/error.ts";
import type { WireEvent } from "../../../src/canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import type { Part } from "../../../src/canonical/parts.ts";
import { finished } from "../../../src/canonical/terminal.ts";
import type { Usage } from "../../../src/canonical/usage.ts";
import { arr, obj, objects } from "../json.ts";
import {
  type Mutation,
  mapChoices,
  onDecoder,
  onEncoder,
  onError,
  onOutgoing,
  onParts,
  onRelay,
  onRequest,
  withData,
} from "./wrap.ts";

/** A mistake that codecs are known to make. The suite must see every one. */
export interface Planted {
  readonly id: string;
  readonly mutation: Mutation;
}

const openai = ["openai-chat"] as const;
const anthropic = ["anthropic-messages"] as const;

function finishes(change: (finish: Finish) => Finish): Mutation {
  return onDecoder({
    chunk: (chunk) => [chunk.type === "finish" ? { ...chunk, finish: change(chunk.finish) } : chunk],
    result: (result) => mapChoices(result, (choice) => ({ ...choice, finish: change(choice.finish) })),
  });
}

function usages(change: (usage: Usage) => Usage): Mutation {
  return onDecoder({
    chunk: (chunk) => [chunk.type === "usage" ? { ...chunk, usage: change(chunk.usage) } : chunk],
    result: (result) => (result.usage ? { ...result, usage: change(result.usage) } : result),
  });
}

/** Drops or changes deltas of a stream. */
const deltas = (change: (chunk: ChatChunk & { type: "part-delta" }) => readonly ChatChunk[]): Mutation =>
  onDecoder({ chunk: (chunk) => (chunk.type === "part-delta" ? change(chunk) : [chunk]) });

const every = (nth: number): (() => boolean) => {
  let count = 0;
  return () => ++count % nth === 0;
};

const unmarked = (part: Part): Part => (part.cache ? { ...part, cache: undefined } : part);

function contents(change: (part: Part) => Part | undefined): Mutation {
  return onRequest((request) => ({
    ...request,
    messages: request.messages.map((message) => ({ ...message, content: message.content.flatMap((part) => change(part) ?? []) })),
  }));
}

const endsWith = (events: readonly WireEvent[], data: string): boolean => events.at(-1)?.data.includes(data) === true;

const decoding: readonly Planted[] = [
  {
    id: "finish: stop read as length",
    mutation: finishes((finish) => (finish.reason === "stop" ? { ...finish, reason: "length" } : finish)),
  },
  {
    id: "finish: length read as stop",
    mutation: finishes((finish) => (finish.reason === "length" ? { ...finish, reason: "stop" } : finish)),
  },
  {
    id: "finish: tool calls read as stop",
    mutation: finishes((finish) => (finish.reason === "tool-calls" ? { ...finish, reason: "stop" } : finish)),
  },
  { id: "finish: a choice never finishes", mutation: onDecoder({ chunk: (chunk) => (chunk.type === "finish" ? [] : [chunk]) }) },
  {
    id: "stream: every third text delta dropped",
    mutation: (subject) => {
      const third = every(3);
      return deltas((chunk) => (chunk.delta.type === "text" && third() ? [] : [chunk]))(subject);
    },
  },
  {
    id: "stream: text deltas trimmed",
    mutation: deltas((chunk) => [
      chunk.delta.type === "text" ? { ...chunk, delta: { ...chunk.delta, text: chunk.delta.text.trimEnd() } } : chunk,
    ]),
  },
  { id: "stream: a part is never closed", mutation: onDecoder({ chunk: (chunk) => (chunk.type === "part-end" ? [] : [chunk]) }) },
  {
    id: "stream: all tool calls in one part",
    mutation: onDecoder({
      chunk: (chunk) => [chunk.type === "part-delta" && chunk.delta.type === "arguments" ? { ...chunk, part: 0 } : chunk],
    }),
  },
  { id: "stream: start dropped", mutation: onDecoder({ chunk: (chunk) => (chunk.type === "start" ? [] : [chunk]) }) },
  {
    id: "stream: an error inside it swallowed",
    mutation: onDecoder({ chunk: (chunk) => (chunk.type === "error" ? [] : [chunk]) }),
  },
  { id: "stream: a truncated one counts as ended", mutation: onDecoder({ ended: () => true }) },
  { id: "stream: none is ever ended", mutation: onDecoder({ ended: () => false }) },
  { id: "text trimmed", mutation: onParts((part) => (part.type === "text" ? { ...part, text: part.text.trim() } : part)) },
  {
    id: "signature: last character cut, whole",
    mutation: onParts((part) =>
      part.type === "reasoning" && part.signature ? { ...part, signature: part.signature.slice(0, -1) } : part,
    ),
  },
  {
    id: "signature: last character cut, streamed",
    mutation: deltas((chunk) => [
      chunk.delta.type === "signature"
        ? { ...chunk, delta: { ...chunk.delta, signature: chunk.delta.signature.slice(0, -1) } }
        : chunk,
    ]),
  },
  {
    id: "redacted reasoning lost",
    mutation: onParts((part) => (part.type === "reasoning" && part.redacted ? { ...part, redacted: undefined } : part)),
  },
  {
    id: "signed reasoning without text lost",
    mutation: onDecoder({
      result: (result) =>
        mapChoices(result, (choice) => ({
          ...choice,
          content: choice.content.filter((part) => part.type !== "reasoning" || part.text !== "" || !part.signature),
        })),
    }),
  },
  {
    id: "reasoning read as text",
    mutation: onParts((part) => (part.type === "reasoning" && !part.redacted ? { type: "text", text: part.text } : part)),
  },
  { id: "reasoning deltas lost", mutation: deltas((chunk) => (chunk.delta.type === "reasoning" ? [] : [chunk])) },
  { id: "tool call id lost", mutation: onParts((part) => (part.type === "tool-call" ? { ...part, id: "call_0" } : part)) },
  {
    id: "tool name lower-cased with dashes",
    mutation: onParts((part) => (part.type === "tool-call" ? { ...part, name: part.name.replaceAll("_", "-") } : part)),
  },
  {
    id: "tool arguments cut",
    mutation: onParts((part) => (part.type === "tool-call" && part.arguments !== "" ? { ...part, arguments: "{}" } : part)),
  },
  { id: "refusal lost", mutation: deltas((chunk) => (chunk.delta.type === "refusal" ? [] : [chunk])) },
  {
    id: "second choice lost",
    mutation: onDecoder({ chunk: (chunk) => ("choice" in chunk && chunk.choice > 0 ? [] : [chunk]) }),
  },
  { id: "usage: output doubled", mutation: usages((usage) => ({ ...usage, outputVisible: usage.outputVisible * 2 })) },
  {
    id: "usage: cached tokens not subtracted",
    mutation: usages((usage) => ({ ...usage, inputUncached: usage.inputUncached + usage.cacheRead })),
  },
  {
    id: "usage: reasoning counted twice",
    mutation: usages((usage) => ({ ...usage, outputVisible: usage.outputVisible + usage.outputReasoning })),
  },
  {
    id: "usage: one-hour cache writes booked as five-minute",
    mutation: usages((usage) => ({ ...usage, cacheWrite5m: usage.cacheWrite5m + usage.cacheWrite1h, cacheWrite1h: 0 })),
  },
  { id: "usage: missing in streams", mutation: onDecoder({ chunk: (chunk) => (chunk.type === "usage" ? [] : [chunk]) }) },
  { id: "id and model lost", mutation: onDecoder({ result: ({ id: _id, model: _model, ...rest }) => rest }) },
  {
    id: "error: a provider's 401 shown as the caller's",
    mutation: onError((error) =>
      error.code === "provider_credential" ? new GatewayError("unauthenticated", error.message) : error,
    ),
  },
  { id: "error: everything is internal", mutation: onError((error) => new GatewayError("internal", error.message)) },
  { id: "error: retry-after lost", mutation: onError((error) => new GatewayError(error.code, error.message)) },
  {
    id: "error: the provider's key quoted",
    mutation: onError((error) => new GatewayError(error.code, `${error.message} sk-abcdefgh12345678`)),
  },
];

const encoding: readonly Planted[] = [
  { id: "served: end marker after truncation", mutation: onEncoder({ end: (_events, encoder) => encoder.end(finished) }) },
  { id: "served: no end marker", mutation: onEncoder({ end: () => [] }) },
  {
    id: "served: usage chunk missing",
    mutation: onEncoder(
      {
        events: (event, body) => (isObject(body["usage"]) && isArray(body["choices"]) ? [] : [event]),
        end: (events) => events.filter((event) => !event.data.includes('"usage":{')),
      },
      openai,
    ),
  },
  {
    id: "served: usage chunk twice",
    mutation: onEncoder({ end: (events) => (endsWith(events, "[DONE]") ? [...events.slice(0, -1), ...events] : events) }, openai),
  },
  { id: "served: role missing", mutation: onEncoder({ events: (event, body) => [withoutRole(event, body)] }, openai) },
  {
    id: "served: tool call indices all 0",
    mutation: onEncoder(
      {
        events: (event) => [{ ...event, data: event.data.replace(/"tool_calls":\[\{"index":\d+/g, '"tool_calls":[{"index":0') }],
      },
      openai,
    ),
  },
  {
    id: "served: text delta empty",
    mutation: onEncoder({ events: (event) => [{ ...event, data: event.data.replace(/"(content|text)":"[^"\\]+"/, '"$1":""') }] }),
  },
  {
    id: "served: finish_reason stop for length",
    mutation: onEncoder(
      {
        events: (event) => [{ ...event, data: event.data.replace('"finish_reason":"length"', '"finish_reason":"stop"') }],
        whole: (body) => retyped(body, "finish_reason", "length", "stop"),
      },
      openai,
    ),
  },
  {
    id: "served: content_block_stop missing",
    mutation: onEncoder({ events: (event) => (event.event === "content_block_stop" ? [] : [event]) }, anthropic),
  },
  {
    id: "served: signature as text",
    mutation: onEncoder({ events: (event) => (event.data.includes("signature_delta") ? [] : [event]) }, anthropic),
  },
  {
    id: "served: block indices all 0",
    mutation: onEncoder({ events: (event) => [{ ...event, data: event.data.replace(/"index":\d+/, '"index":0') }] }, anthropic),
  },
  { id: "served: event names missing", mutation: onEncoder({ events: (event) => [{ data: event.data }] }, anthropic) },
  {
    id: "served: stop_reason end_turn for tool_use",
    mutation: onEncoder({ whole: (body) => retyped(body, "stop_reason", "tool_use", "end_turn") }, anthropic),
  },
  {
    id: "served: input tokens missing at the end",
    mutation: onEncoder({ whole: (body) => ({ ...body, usage: { ...obj(body["usage"]), input_tokens: 0 } }) }, anthropic),
  },
  { id: "served: a field the specification forbids to miss", mutation: onEncoder({ whole: ({ id: _id, ...body }) => body }) },
];

const requests: readonly Planted[] = [
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

const relaying: readonly Planted[] = [
  { id: "relay: nothing is interesting", mutation: onRelay((relay) => ({ ...relay, interesting: /(?!)/ })) },
  {
    id: "relay: usage chunk shown to a caller who did not ask",
    mutation: onRelay((relay) => ({ ...relay, push: (event) => (relay.push(event) === "keep" ? "keep" : "keep") }), openai),
  },
  {
    id: "relay: frames rewritten",
    mutation: onRelay((relay) => ({
      ...relay,
      push: (event) => (relay.push(event) === "keep" ? { ...event, data: `${event.data} ` } : "drop"),
    })),
  },
  {
    id: "relay: usage not observed",
    mutation: onRelay((relay) => ({ ...relay, observed: () => ({ ...relay.observed(), usage: undefined }) })),
  },
  {
    id: "relay: errors not observed",
    mutation: onRelay((relay) => ({ ...relay, observed: () => ({ ...relay.observed(), error: undefined }) })),
  },
  {
    id: "relay: content never seen",
    mutation: onRelay((relay) => ({ ...relay, observed: () => ({ ...relay.observed(), content: false }) })),
  },
];

const framing: readonly Planted[] = [
  {
    id: "framing: characters torn between reads",
    mutation: (subject) => ({ ...subject, decoder: () => tearing(subject.decoder()) }),
  },
  {
    id: "framing: last event without its blank line lost",
    mutation: (subject) => ({ ...subject, frames: () => ({ ...methods(subject.frames()), rest: () => undefined }) }),
  },
  {
    id: "framing: carriage returns kept",
    mutation: (subject) => ({ ...subject, parseFrame: (frame) => subject.parseFrame(frame.filter((byte) => byte !== 10)) }),
  },
];

export const planted: readonly Planted[] = [...decoding, ...encoding, ...requests, ...relaying, ...framing];

type Framed = ReturnType<Parameters<Mutation>[0]["frames"]>;
const methods = (frames: Framed): Framed => ({ push: (bytes) => frames.push(bytes), rest: () => frames.rest() });

function tearing(decoder: ReturnType<Parameters<Mutation>[0]["decoder"]>) {
  return {
    push: (bytes: Uint8Array) => decoder.push(new TextEncoder().encode(new TextDecoder().decode(bytes))),
    end: () => decoder.end(),
  };
}

function withoutRole(event: WireEvent, body: JsonObject): WireEvent {
  if (!isArray(body["choices"])) return event;
  const choices = objects(body["choices"]).map((choice) => {
    const { role: _role, ...delta } = obj(choice["delta"]);
    return { ...choice, delta };
  });
  return withData(event, { ...body, choices });
}

/** A JSON value with one member's value replaced wherever it stands. */
function retyped(body: JsonObject, key: string, from: string, to: string): JsonObject {
  const change = (value: Json | undefined): Json | undefined => {
    if (isArray(value)) return value.map((one) => change(one) ?? null);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, name === key && one === from ? to : change(one)]),
    );
  };
  return obj(change(body) ?? null);
}

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
