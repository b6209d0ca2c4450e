import type { Origin } from "../../canonical/parts.ts";

/** This wire's name in configs, sources, origins and extras. */
export const name = "openai-chat";

/** Where requests go, below the base of a provider's endpoint. */
export const path = "/chat/completions";

/** Of parts that only a speaker of this wire can read again. */
export const origin: Origin = { wire: name };

/** Whether what only its maker can read may go to a provider: what a caller of this wire sent itself names no provider. */
export const isOwn = (made: Origin | undefined, provider: string): boolean =>
  made?.wire === name && (made.provider === undefined || made.provider === provider);
