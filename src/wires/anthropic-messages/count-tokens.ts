import { promptOf } from "../../canonical/count.ts";
import { CountDecoder, isCount } from "../shared/count-decoder.ts";
import { WholeRelay } from "../shared/whole-relay.ts";
import type { Codec, ReplyEncoder } from "../wire.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeBody } from "./encode-request.ts";
import { path as messagesPath, name } from "./name.ts";
import { relay } from "./relay.ts";

const path = `${messagesPath}/count_tokens`;
const members = new Set(["input_tokens"]);

/** What the endpoint refuses of a Messages request. */
const answerFields = new Set([
  ...["max_tokens", "stream", "stop_sequences", "temperature", "top_k", "top_p", "metadata", "service_tier", "container"],
  ...["inference_geo", "diagnostics", "fallbacks", "fallback_credit_token"],
]);

/** Thinking by budget needs a limit above it; it is not sent. */
const limit = 64_000;

/** POST /v1/messages/count_tokens */
export const countTokens: Codec<"count-tokens"> = {
  encodeRequest(request, target) {
    const { headers, body, warnings } = encodeBody({ ...promptOf(request), maxOutputTokens: limit }, target);
    const sent = Object.fromEntries(Object.entries(body).filter(([field]) => !answerFields.has(field)));
    return { wireRequest: { path, headers, body: sent }, warnings, decoder: new CountDecoder(name, target.provider, members) };
  },
  decodeRequest(incoming) {
    const { model, request } = decodeRequest(incoming);
    return { model, stream: false, request, encoder: () => encoder };
  },
  relay(source, target) {
    const { wireRequest, warnings } = relay(source, target);
    const { provider } = target;
    return {
      wireRequest: { ...wireRequest, path },
      warnings,
      relay: new WholeRelay(() => ({}), isCount),
      decoder: () => new CountDecoder(name, provider, members),
    };
  },
};

const encoder: ReplyEncoder<"count-tokens"> = {
  whole: ({ inputTokens, extra, extraOrigin }) => ({ input_tokens: inputTokens, ...(extraOrigin === name && extra) }),
  push: () => [],
  end: () => [],
  warnings: [],
  keepAlive: { comment: "keep-alive" },
};
