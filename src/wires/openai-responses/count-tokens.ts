import { promptOf } from "../../canonical/count.ts";
import { CountDecoder, isCount } from "../shared/count-decoder.ts";
import { WholeRelay } from "../shared/whole-relay.ts";
import type { Codec, ReplyEncoder } from "../wire.ts";
import { decodeRequest, readContinues, readModel } from "./decode-request.ts";
import { defined, encodeBody } from "./encode-request.ts";
import { name, path as responsesPath } from "./name.ts";
import { edited } from "./relay.ts";

const path = `${responsesPath}/input_tokens`;
const headers = { "content-type": "application/json" };

/** What the endpoint takes of a request; the rest has no bearing on how long the input is. */
const fields = new Set([
  ...["model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "truncation", "parallel_tool_calls"],
  ...["previous_response_id", "conversation", "personality"],
]);

/** POST /responses/input_tokens */
export const countTokens: Codec<"count-tokens"> = {
  encodeRequest(request, target) {
    const { body, scope } = encodeBody(promptOf(request), target);
    const sent = Object.fromEntries(Object.entries(defined(body)).filter(([field]) => fields.has(field)));
    return {
      wireRequest: { path, headers, body: sent },
      warnings: scope.losses.warnings,
      decoder: new CountDecoder(name, target.provider, members),
    };
  },
  decodeRequest({ body }) {
    const model = readModel(body);
    return {
      model,
      stream: false,
      continues: readContinues(body),
      request: () => decodeRequest(body, model),
      encoder: () => encoder,
    };
  },
  relay(source, target) {
    const { body, warnings } = edited(source, target);
    const { provider } = target;
    const decoder = (): CountDecoder => new CountDecoder(name, provider, members);
    return { wireRequest: { path, headers, body }, warnings, relay: new WholeRelay(() => ({}), isCount), decoder };
  },
};

const members = new Set(["object", "input_tokens"]);

const encoder: ReplyEncoder<"count-tokens"> = {
  whole: ({ inputTokens }) => ({ object: "response.input_tokens", input_tokens: inputTokens }),
  push: () => [],
  end: () => [],
  warnings: [],
  keepAlive: { comment: "keep-alive" },
};
