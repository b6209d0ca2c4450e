import type { Wire } from "../wire.ts";
import { countTokens } from "./count-tokens.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
import { name } from "./name.ts";
import { relay } from "./relay.ts";

/** The Anthropic Messages API (`POST /v1/messages`), as Anthropic, Vertex, Ollama and others speak it. */
export const anthropicMessages: Wire = {
  name,
  framing: "sse",
  codecs: { chat: { decodeRequest, encodeRequest, relay }, "count-tokens": countTokens },
  decodeError,
  encodeError,
};
