import type { HeaderBag } from "../canonical/call.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Answer, Ask } from "./brain/ask.ts";
import type { PromptCache } from "./brain/cache.ts";
import type { Signer } from "./brain/signer.ts";
import type { Behaviour } from "./models.ts";

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

/** In what form an error breaks a stream off, where the wire has several; other wires have `usual` only. */
export type ErrorForm = "usual" | "terminal" | "flat";

/** A wire as the simulator speaks it. Written by hand from the specifications and recordings, apart from `wires/`. */
export interface Face {
  readonly wire: "openai-chat" | "anthropic-messages" | "openai-responses" | "openai-embeddings";
  /** What the ids of replies and of tool calls begin with. */
  readonly ids: { readonly reply: string; readonly call: string };
  /** How many events of a stream come before its first content. */
  readonly preambleEvents: number;
  /** `body` has passed `check`. */
  read(body: JsonObject, behaviour: Behaviour, cache: PromptCache): Ask;
  whole(ask: Ask, answers: readonly Answer[], meta: Meta): string;
  frames(ask: Ask, answers: readonly Answer[], meta: Meta): Frames;
  /** The order rules: what the real service would refuse, as sentences; none = valid. */
  check(body: JsonObject, headers: HeaderBag, signer: Signer): readonly string[];
  errorBody(kind: ErrorKind, message: string, requestId: string): string;
  /** An error inside a stream that began with 200, after the events `sent`. */
  errorFrame(kind: ErrorKind, message: string, requestId: string, sent: readonly string[], form: ErrorForm): string;
  readonly requestIdHeader: string;
  statusOf(kind: ErrorKind, message: string): number;
}
