/** This wire's name in configs, sources and extras. */
export const name = "openai-embeddings";

/** Where requests go, below the base of a provider's endpoint. */
export const path = "/embeddings";
