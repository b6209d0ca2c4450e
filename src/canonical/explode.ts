import type { ChatChunk, ChatResult, Delta } from "./chat.ts";
import { isArray, type Json } from "./json.ts";
import type { Part } from "./parts.ts";

/**
 * The chunks of a stream that would have carried this result: the reverse of `accumulate`. Log probabilities go with a choice's
 * first text or refusal (and come back as a list of pieces); unspecified fields of a choice (`extra`) have no place in a stream.
 */
export function explode(result: ChatResult): readonly ChatChunk[] {
  const { choices, usage, ...head } = result;
  const chunks: ChatChunk[] = [{ type: "start", head }];
  for (const { index, content, finish, logprobs } of choices) {
    const spoken = logprobs === undefined ? -1 : content.findIndex(({ type }) => type === "text" || type === "refusal");
    content.forEach((part, at) => {
      const [opened, deltas] = open(part, at === spoken ? logprobs : undefined);
      chunks.push({ type: "part-start", choice: index, part: at, content: opened });
      for (const delta of deltas) chunks.push({ type: "part-delta", choice: index, part: at, delta });
      chunks.push({ type: "part-end", choice: index, part: at });
    });
    chunks.push({ type: "finish", choice: index, finish });
  }
  if (usage !== undefined) chunks.push({ type: "usage", usage });
  return chunks;
}

/** A part as it opens, and the deltas that fill it. Parts that never come in pieces open full. */
function open(part: Part, logprobs: Json | undefined): readonly [Part, readonly Delta[]] {
  switch (part.type) {
    case "text": {
      const { citations = [], ...rest } = part;
      const opened = citations.length === 0 ? part : rest;
      const deltas = citations.map((citation) => ({ type: "citation" as const, citation }));
      return [{ ...opened, text: "" }, [...said("text", part.text, logprobs), ...deltas]];
    }
    case "refusal":
      return [{ ...part, text: "" }, said("refusal", part.text, logprobs)];
    case "reasoning": {
      const { signature, ...rest } = part;
      const deltas: Delta[] = part.text === "" ? [] : [{ type: "reasoning", text: part.text }];
      if (signature !== undefined) deltas.push({ type: "signature", signature });
      return [{ ...rest, text: "" }, deltas];
    }
    case "tool-call":
      return [{ ...part, arguments: "" }, [{ type: "arguments", text: part.arguments }]];
    case "image":
    case "audio":
    case "video":
    case "document":
    case "tool-result":
    case "opaque":
      return [part, []];
  }
}

/** The text as one delta; further pieces of log probabilities with deltas of no text. */
function said(type: "text" | "refusal", text: string, logprobs: Json | undefined): readonly Delta[] {
  if (logprobs === undefined) return [{ type, text }];
  const [first, ...more] = isArray(logprobs) ? logprobs : [logprobs];
  return [{ type, text, logprobs: first }, ...more.map((piece) => ({ type, text: "", logprobs: piece }))];
}
