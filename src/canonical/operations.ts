import type { ChatChunk, ChatRequest, ChatResult } from "./chat.ts";
import type { CountRequest, CountResult } from "./count.ts";
import type { EmbedRequest, EmbedResult } from "./embed.ts";
import type { StoredRequest, StoredResult } from "./stored.ts";

/** Everything a caller can ask for, with what goes in, what comes out whole, and what comes out in pieces. */
export interface Operations {
  readonly chat: { readonly request: ChatRequest; readonly result: ChatResult; readonly chunk: ChatChunk };
  readonly embed: { readonly request: EmbedRequest; readonly result: EmbedResult; readonly chunk: never };
  readonly "count-tokens": { readonly request: CountRequest; readonly result: CountResult; readonly chunk: never };
  /** What is done with an answer that its provider keeps. */
  readonly stored: { readonly request: StoredRequest; readonly result: StoredResult; readonly chunk: never };
}

export type Operation = keyof Operations;
