import type { Wire } from "../wire.ts";
import { decodeEmbed } from "./decode-request.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
import { name } from "./name.ts";
import { relay } from "./relay.ts";

/** OpenAI's embeddings, and the many that speak them: POST /v1/embeddings. */
export const openaiEmbeddings: Wire = {
  name,
  framing: "sse",
  codecs: { embed: { encodeRequest, decodeRequest: decodeEmbed, relay } },
  decodeError,
  encodeError,
};
