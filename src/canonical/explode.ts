import type { ChatChunk, ChatResult, Delta } from "./chat.ts";
import type { Part } from "./parts.ts";

/** The chunks of a stream that would have carried this result: the reverse of `accumulate`. */
export function explode(result: ChatResult): readonly ChatChunk[] {
  const { choices, usage, ...head } = result;
  const chunks: ChatChunk[] = [{ type: "start", head }];
  for (const { index, content, finish } of choices) {
    content.forEach((part, at) => {
      const [opened, deltas] = open(part);
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
function open(part: Part): readonly [Part, readonly Delta[]] {
  switch (part.type) {
    case "text": {
      const { citations = [], ...rest } = part;
      const deltas = citations.map((citation) => ({ type: "citation" as const, citation }));
      return [{ ...rest, text: "" }, [{ type: "text", text: part.text }, ...deltas]];
    }
    case "refusal":
      return [{ ...part, text: "" }, [{ type: "refusal", text: part.text }]];
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
