import type { CountResult } from "../../canonical/count.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { ReplyDecoder } from "../wire.ts";
import { count, others } from "./read.ts";

/** Reads the count of a wire that tells it as `input_tokens`. */
export class CountDecoder implements ReplyDecoder<"count-tokens"> {
  readonly ended = true;
  readonly done = true;
  readonly #wire: string;
  readonly #provider: string;
  readonly #members: ReadonlySet<string>;

  /** @param members of a reply that are not kept as extra */
  constructor(wire: string, provider: string, members: ReadonlySet<string>) {
    this.#wire = wire;
    this.#provider = provider;
    this.#members = members;
  }

  whole(body: JsonObject): CountResult {
    const inputTokens = count(body["input_tokens"]);
    if (inputTokens === undefined) {
      const upstream = { provider: this.#provider };
      throw new GatewayError("bad_reply", `Provider ${this.#provider} counted without saying how many.`, { upstream });
    }
    const extra = others(body, this.#members);
    return { inputTokens, ...(extra && { extra, extraOrigin: this.#wire }) };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}

/** Whether a body is such a count. */
export const isCount = (body: JsonObject): boolean => count(body["input_tokens"]) !== undefined;
