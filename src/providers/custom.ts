import { anthropicLike } from "./anthropic.ts";
import { openaiLike } from "./openai.ts";
import type { Remote } from "./provider.ts";

/**
 * What a provider of the operator's own looks like, by the wire it speaks. Most are local servers (vLLM, llama.cpp, LM Studio,
 * Ollama), all of which know `max_tokens`, while not all know its successor; a quirk in the configuration says otherwise.
 */
export const customRemotes: ReadonlyMap<string, Remote> = new Map(
  [openaiLike({ maxTokensField: "max_tokens" }), anthropicLike].flatMap((remote) =>
    remote.endpoints.map(({ wire }) => [wire.name, remote] as const),
  ),
);
