import type { ListedModel } from "../canonical/models.ts";
import type { EmbedRequest, GenerateRequest } from "./request.ts";
import type { CountResult, EmbedResult, GenerateResult, StreamEvent } from "./result.ts";

/** The models that can be called, and the providers that did not say what they have. */
export interface Models {
  readonly models: readonly ListedModel[];
  readonly silent: readonly { readonly provider: string; readonly reason: string }[];
}

export interface Health {
  /** Why calls are not being booked; absent when all is well. */
  readonly trouble?: string | undefined;
  /** Entries of the ledger that wait to be written. */
  readonly queued: number;
  /** Entries that were lost. More than zero: there is a gap in the books. */
  readonly lost: number;
}

/**
 * A streamed answer. Iterate over it once; how it fails is thrown there. Leaving the loop early closes the provider's
 * connection. `result` and `text` may be awaited instead of, or after, iterating; whoever does not look at them is not
 * bothered by their rejection.
 */
export interface GenerateStream extends AsyncIterable<StreamEvent> {
  readonly callId: string;
  /** The whole answer, as `generate` would give it. Rejects as the iteration throws. */
  readonly result: Promise<GenerateResult>;
  /** All text of the answer. */
  readonly text: Promise<string>;
  [Symbol.asyncIterator](): AsyncIterator<StreamEvent, undefined, undefined>;
  /** Gives the answer up. Does nothing once it is over. */
  cancel(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The gateway inside this program: what the server does, without the server. Instances share nothing. Every call rejects with a
 * CallError, whose `code` says what happened.
 */
export interface Gateway {
  generate(request: GenerateRequest): Promise<GenerateResult>;
  /** Begins at once. Never throws: what is wrong with the request, too, is thrown while iterating. */
  generateStream(request: GenerateRequest): GenerateStream;
  embed(request: EmbedRequest): Promise<EmbedResult>;
  /** What the request's input comes to, as its provider counts it, or a guess where it counts nothing. */
  countTokens(request: GenerateRequest): Promise<CountResult>;
  models(): Promise<Models>;
  health(): Health;
  /** Resolves once every call that has ended is in the books. */
  flush(): Promise<void>;
  /** Aborts what is under way, writes the books, lets go of sockets, threads and files. Further calls reject. May be repeated. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
