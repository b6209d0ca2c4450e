import type { ChatChunk, Finish } from "../../../src/canonical/chat.ts";
import { GatewayError } from "../../../src/canonical/error.ts";
import type { Usage } from "../../../src/canonical/usage.ts";
import { type Mutation, mapChoices, onDecoder, onError, onParts, type Planted } from "./wrap.ts";

/* Replies misread. */

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

export const decoding: readonly Planted[] = [
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
  {
    id: "citations lost",
    mutation: onParts((part) => (part.type === "text" ? { ...part, citations: undefined } : part)),
  },
  {
    id: "log probabilities lost",
    mutation: onDecoder({
      result: (result) => mapChoices(result, ({ logprobs: _logprobs, ...choice }) => choice),
    }),
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
  {
    id: "error: the provider's key quoted",
    mutation: onError((error) => new GatewayError(error.code, `${error.message} sk-abcdefgh12345678`)),
  },
  { id: "error: the wait that its body tells lost", mutation: onError((error) => new GatewayError(error.code, error.message)) },
];
