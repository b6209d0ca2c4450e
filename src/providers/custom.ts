import { anthropicLike } from "./anthropic.ts";
import { openaiLike } from "./openai.ts";
import type { Remote } from "./provider.ts";

/**
 * What a provider of the operator's own looks like, by the wire it speaks. Most are local servers (vLLM, llama.cpp, LM Studio,
 * Ollama), all of which know `max_tokens`, while not all know its successor; a caller of their own wire knows best itself.
 */
export const customRemotes: ReadonlyMap<string, Remote> = new Map(
  [openaiLike({ maxTokensPreferred: "max_tokens" }), anthropicLike].flatMap((remote) =>
    remote.endpoints.filter(({ wire }) => wire.codecs.chat !== undefined).map(({ wire }) => [wire.name, remote] as const),
  ),
);
