import { inputTotal } from "../brain/ask.ts";
import { PromptCache } from "../brain/cache.ts";
import { nothingAsked } from "../brain/nothing.ts";
import type { Face } from "../face.ts";
import { validateMessagesRequest } from "../validators/anthropic-messages.ts";
import { billInput } from "./bill.ts";
import { anthropicMessagesFace } from "./face.ts";

/** `POST …/messages/count_tokens`: the input tokens that the same prompt would be billed, cached ones included; bills nothing. */
export const anthropicCountFace: Face = {
  ...anthropicMessagesFace,
  read: (_body, _behaviour, _cache, target) => nothingAsked(target.model),
  whole: (_ask, _answers, meta) => JSON.stringify({ input_tokens: inputTotal(billInput(meta.body, new PromptCache())) }),
  check: (body, headers, signer) =>
    validateMessagesRequest(
      // No answer is wanted, so no limit of one is told.
      { max_tokens: Number.MAX_SAFE_INTEGER, ...body },
      {
        headers,
        signed: (text, signature) => signer.signed("thinking", text, signature),
        redacted: (data) => signer.redacted(data),
      },
    ),
  checkSpec: (body, specs, headers) =>
    specs.anthropic.check(headers["anthropic-beta"] === undefined ? "CountMessageTokensParams" : "BetaCountMessageTokensParams")(
      body,
    ),
};
