import type { ChatChunk, ChatResult, Choice, Delta, Finish, ResultHead } from "./chat.ts";
import type { Json } from "./json.ts";
import type { Citation, Part } from "./parts.ts";
import type { Usage } from "./usage.ts";

interface OpenChoice {
  readonly parts: Map<number, Part>;
  /** Of each part, those that came in deltas. */
  readonly citations: Map<number, Citation[]>;
  finish: Finish | undefined;
  readonly logprobs: Json[];
}

/** Folds the chunks of one answer into the whole result. Error, ping and progress chunks are no part of it. */
export function accumulate(chunks: Iterable<ChatChunk>): ChatResult {
  let head: ResultHead = {};
  let usage: Usage | undefined;
  const choices = new Map<number, OpenChoice>();
  const choice = (index: number): OpenChoice => {
    const found = choices.get(index);
    if (found) return found;
    const made: OpenChoice = { parts: new Map(), citations: new Map(), finish: undefined, logprobs: [] };
    choices.set(index, made);
    return made;
  };
  for (const chunk of chunks) {
    switch (chunk.type) {
      case "start":
        head = chunk.head;
        break;
      case "part-start":
        choice(chunk.choice).parts.set(chunk.part, chunk.content);
        break;
      case "part-delta": {
        const open = choice(chunk.choice);
        const part = open.parts.get(chunk.part);
        if (chunk.delta.type === "citation") {
          const citations = open.citations.get(chunk.part);
          if (citations) citations.push(chunk.delta.citation);
          else open.citations.set(chunk.part, [chunk.delta.citation]);
        } else if (part) open.parts.set(chunk.part, append(part, chunk.delta));
        if ("logprobs" in chunk.delta && chunk.delta.logprobs !== undefined) open.logprobs.push(chunk.delta.logprobs);
        break;
      }
      case "finish":
        choice(chunk.choice).finish = chunk.finish;
        break;
      case "usage":
        usage = chunk.usage;
        break;
      case "part-end":
      case "ping":
      case "progress":
      case "error":
        break;
    }
  }
  return { ...head, choices: [...choices].sort(([a], [b]) => a - b).map(close), ...(usage && { usage }) };
}

function close([index, open]: readonly [number, OpenChoice]): Choice {
  const content = [...open.parts].sort(([a], [b]) => a - b).map(([at, part]) => withCitations(part, open.citations.get(at)));
  const finish = open.finish ?? { reason: "other" as const, raw: null };
  return open.logprobs.length > 0 ? { index, content, finish, logprobs: open.logprobs } : { index, content, finish };
}

function withCitations(part: Part, more: readonly Citation[] | undefined): Part {
  return more === undefined || part.type !== "text" ? part : { ...part, citations: [...(part.citations ?? []), ...more] };
}

/** The part with the delta added. A delta that does not fit the part leaves it as it is. */
export function append(part: Part, delta: Delta): Part {
  switch (delta.type) {
    case "text":
      return part.type === "text" ? { ...part, text: part.text + delta.text } : part;
    case "refusal":
      return part.type === "refusal" ? { ...part, text: part.text + delta.text } : part;
    case "reasoning":
      return part.type === "reasoning" ? { ...part, text: part.text + delta.text } : part;
    case "signature":
      return part.type === "reasoning" ? { ...part, signature: (part.signature ?? "") + delta.signature } : part;
    case "arguments":
      return part.type === "tool-call" ? { ...part, arguments: part.arguments + delta.text } : part;
    case "citation":
      return withCitations(part, [delta.citation]);
    case "audio": {
      if (part.type !== "audio") return part;
      const data = part.source?.kind === "base64" ? part.source.data : "";
      const mediaType = part.source?.kind === "base64" ? part.source.mediaType : "audio/pcm";
      return {
        ...part,
        id: delta.id ?? part.id,
        expiresAt: delta.expiresAt ?? part.expiresAt,
        transcript: delta.transcript === undefined ? part.transcript : (part.transcript ?? "") + delta.transcript,
        source: delta.data === undefined ? part.source : { kind: "base64", mediaType, data: data + delta.data },
      };
    }
    case "opaque":
      return part.type === "opaque" ? { ...part, value: { ...part.value, ...delta.value } } : part;
  }
}
