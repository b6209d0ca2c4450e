import type { Ask } from "./ask.ts";

/** An ask that wants no answer. */
export const nothingAsked = (model: string): Ask => ({
  model,
  stream: false,
  said: "",
  results: [],
  tools: [],
  choosing: { type: "none" },
  parallel: false,
  format: undefined,
  maxTokens: undefined,
  stop: [],
  choices: 0,
  thinking: "no",
  logprobs: undefined,
  input: { uncached: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  usageInStream: false,
});
