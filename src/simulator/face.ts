import type { HeaderBag } from "../canonical/call.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Answer, Ask } from "./brain/ask.ts";
import type { PromptCache } from "./brain/cache.ts";
import type { Signer } from "./brain/signer.ts";
import type { Behaviour } from "./models.ts";
import type { SpecValidators } from "./validators/spec.ts";

/** Where and how often a provider states usage in a stream; everything but `normal` is a fault. */
export type UsagePlace = "normal" | "none" | "misplaced" | "twice" | "cumulative";

/** What writing an answer needs to be told. */
export interface Meta {
  readonly id: string;
  /** The request, as it was parsed. */
  readonly body: JsonObject;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  readonly behaviour: Behaviour;
  readonly usage: UsagePlace;
  readonly signer: Signer;
}

/** A stream's frames as they go out, and after each how many output tokens have been delivered. */
export interface Frames {
  readonly texts: readonly string[];
  readonly outputTokens: readonly number[];
}

export type ErrorKind =
  | "invalid"
  | "context-overflow"
  | "authentication"
  | "permission"
  | "not-found"
  | "too-large"
  | "rate-limit"
  | "internal"
  | "overloaded";

/** What is asked for, where a wire says it in the path. */
export interface Target {
  /** As the request names it. */
  readonly model: string;
  readonly stream: boolean;
}

/** In what form an error breaks a stream off, where the wire has several; other wires have `usual` only. */
export type ErrorForm = "usual" | "terminal" | "flat";

/** A wire as the simulator speaks it. Written by hand from the specifications and recordings, apart from `wires/`. */
export interface Face {
  readonly wire: "openai-chat" | "anthropic-messages" | "openai-responses" | "openai-embeddings" | "gemini";
  /** What the ids of replies and of tool calls begin with. */
  readonly ids: { readonly reply: string; readonly call: string };
  /** How many events of a stream come before its first content. */
  readonly preambleEvents: number;
  /** `body` has passed `check`. */
  read(body: JsonObject, behaviour: Behaviour, cache: PromptCache, target: Target): Ask;
  whole(ask: Ask, answers: readonly Answer[], meta: Meta): string;
  frames(ask: Ask, answers: readonly Answer[], meta: Meta): Frames;
  /** The order rules: what the real service would refuse, as sentences; none = valid. */
  check(body: JsonObject, headers: HeaderBag, signer: Signer, target: Target): readonly string[];
  /** The same against the official specification, where it is not told by the wire alone. */
  checkSpec?(body: JsonObject, specs: SpecValidators, headers: HeaderBag): readonly string[];
  /** What is said of the model that does not exist; default `model: <name>`. */
  notFound?(model: string): string;
  /** `retryAfter`: seconds of a rate limit, for the wires that say them in the body. */
  errorBody(kind: ErrorKind, message: string, requestId: string, retryAfter?: number): string;
  /** An error inside a stream that began with 200, after the events `sent`. */
  errorFrame(kind: ErrorKind, message: string, requestId: string, sent: readonly string[], form: ErrorForm): string;
  /** Absent where the service names no request in a header. */
  readonly requestIdHeader?: string | undefined;
  /** Content type of a stream; default: server-sent events. */
  readonly streamType?: string | undefined;
  /** The seconds of a rate limit stand in the error's body, not in `retry-after`. */
  readonly retryInBody?: boolean | undefined;
  statusOf(kind: ErrorKind, message: string): number;
}
