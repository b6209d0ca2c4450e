import type { CountResult } from "../../canonical/count.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import { count, others } from "../shared/read.ts";
import type { Codec, ReplyDecoder, ReplyEncoder } from "../wire.ts";
import { decodeRequest, readContinues, readModel } from "./decode-request.ts";
import { defined, encodeBody } from "./encode-request.ts";
import { path as responsesPath } from "./name.ts";
import { edited } from "./relay.ts";
import { WholeRelay } from "./whole-relay.ts";

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
    const { body, context } = encodeBody(request, target);
    const sent = Object.fromEntries(Object.entries(defined(body)).filter(([field]) => fields.has(field)));
    return {
      wireRequest: { path, headers, body: sent },
      warnings: context.losses.warnings,
      decoder: new CountDecoder(target.provider),
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
    const decoder = (): CountDecoder => new CountDecoder(provider);
    return { wireRequest: { path, headers, body }, warnings, relay: new WholeRelay(() => ({}), isCount), decoder };
  },
};

const isCount = (body: JsonObject): boolean => count(body["input_tokens"]) !== undefined;
const members = new Set(["object", "input_tokens"]);

class CountDecoder implements ReplyDecoder<"count-tokens"> {
  readonly #provider: string;
  readonly ended = true;
  readonly done = true;

  constructor(provider: string) {
    this.#provider = provider;
  }

  whole(body: JsonObject): CountResult {
    const inputTokens = count(body["input_tokens"]);
    if (inputTokens === undefined) {
      throw new GatewayError("bad_reply", `Provider ${this.#provider} counted without saying how many.`, {
        upstream: { provider: this.#provider },
      });
    }
    const extra = others(body, members);
    return { inputTokens, ...(extra && { extra }) };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}

const encoder: ReplyEncoder<"count-tokens"> = {
  whole: ({ inputTokens }) => ({ object: "response.input_tokens", input_tokens: inputTokens }),
  push: () => [],
  end: () => [],
  warnings: [],
  keepAlive: { comment: "keep-alive" },
};
