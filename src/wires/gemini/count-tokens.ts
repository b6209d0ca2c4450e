import type { CountRequest, CountResult } from "../../canonical/count.ts";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type JsonObject } from "../../canonical/json.ts";
import { count, others } from "../shared/read.ts";
import type { Codec, DecodedRequest, EncodedRequest, Incoming, ReplyDecoder, ReplyEncoder, Target } from "../wire.ts";
import { decodeRequest as readChat, readModel } from "./decode-request.ts";
import { encodeBody } from "./encode-request.ts";
import { decodeInnerError, errorIn } from "./errors.ts";
import { pathFor, resource } from "./name.ts";
import { relayBody } from "./relay.ts";
import { WholeRelay } from "./relay-whole.ts";

/** `countTokens`, of contents alone or of a whole request. */
export const countTokens: Codec<"count-tokens"> = {
  encodeRequest,
  decodeRequest,
  relay(source, target) {
    return {
      ...relayBody(source, target, "countTokens"),
      relay: new WholeRelay(target.provider, () => undefined),
      decoder: () => new CountDecoder(target.provider),
    };
  },
};

/** How the request stood in the body: under this name, or as the body itself. */
const inner = ["generateContentRequest", "generate_content_request"] as const;

function decodeRequest(incoming: Incoming): DecodedRequest<"count-tokens"> {
  const model = readModel(incoming);
  return {
    model,
    stream: false,
    request: () => {
      const field = inner.find((one) => isObject(incoming.body[one]));
      const within = field === undefined ? undefined : incoming.body[field];
      if (!isObject(within) || field === undefined) {
        const request = readChat(incoming.body, model);
        return { ...request, spelling: { ...request.spelling, count: "bare" } };
      }
      const request = readChat(within, model);
      const extra = { ...request.extra, ...others(incoming.body, new Set([...inner, "contents"])) };
      return {
        ...request,
        spelling: { ...request.spelling, count: field },
        ...(Object.keys(extra).length > 0 && { extra }),
      };
    },
    encoder: () => new CountEncoder(),
  };
}

/**
 * A request whose tokens are to be counted. The Gemini API counts what stands beside the contents (system text, tools) only
 * within a whole request, which must name its model.
 */
function encodeRequest(request: CountRequest, target: Target): EncodedRequest<"count-tokens"> {
  const { body, scope } = encodeBody(request, { ...target, stream: false });
  const form = scope.native ? request.spelling?.["count"] : undefined;
  const field = form === inner[1] ? form : inner[0];
  const sent: JsonObject = form === "bare" ? body : { [field]: { ...body, model: resource(target.model) } };
  return {
    wireRequest: {
      path: pathFor(target.model, "countTokens"),
      headers: { "content-type": "application/json" },
      body: sent,
    },
    warnings: scope.losses.warnings,
    decoder: new CountDecoder(target.provider),
  };
}

const known = new Set(["totalTokens", "cachedContentTokenCount"]);

class CountDecoder implements ReplyDecoder<"count-tokens"> {
  readonly ended = false;
  readonly done = false;
  readonly #provider: string;

  constructor(provider: string) {
    this.#provider = provider;
  }

  whole(body: JsonObject): CountResult {
    const error = errorIn(body);
    if (error !== undefined) throw decodeInnerError(error, this.#provider);
    const total = count(body["totalTokens"]);
    if (total === undefined) {
      const provider = this.#provider;
      throw new GatewayError("bad_reply", `Provider ${provider} answered without \`totalTokens\`. Try again, or another model.`, {
        upstream: { provider, body },
      });
    }
    const extra = others(body, known);
    return { inputTokens: total, cachedTokens: count(body["cachedContentTokenCount"]), ...(extra && { extra }) };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}

/** Members of another provider's counts mean nothing here; these are Gemini's own. */
const own = ["promptTokensDetails", "cacheTokensDetails", "totalBillableCharacters"];

class CountEncoder implements ReplyEncoder<"count-tokens"> {
  readonly warnings = [];
  readonly keepAlive = { comment: "keep-alive" } as const;

  whole(result: CountResult): JsonObject {
    const details = Object.entries(result.extra ?? {}).filter(([field]) => own.includes(field));
    return {
      totalTokens: result.inputTokens,
      ...(result.cachedTokens !== undefined && { cachedContentTokenCount: result.cachedTokens }),
      ...Object.fromEntries(details),
    };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}
