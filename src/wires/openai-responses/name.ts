import type { Origin } from "../../canonical/parts.ts";

/** This wire's name in configs, sources, origins and extras. */
export const name = "openai-responses";

/** Where requests go, below the base of a provider's endpoint. */
export const path = "/responses";

/** Of parts that only a speaker of this wire can read again. */
export const origin: Origin = { wire: name };
