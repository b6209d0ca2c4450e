import type { ChatChunk, ChatRequest, ChatResult } from "./chat.ts";

/** Everything a caller can ask for, with what goes in, what comes out whole, and what comes out in pieces. */
export interface Operations {
  readonly chat: { readonly request: ChatRequest; readonly result: ChatResult; readonly chunk: ChatChunk };
}

export type Operation = keyof Operations;
