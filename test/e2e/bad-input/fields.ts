import type { CallerWire } from "../reliability/ask.ts";

/** A type that JSON has, by one value of it. */
export const samples = { null: null, boolean: true, number: 7, text: "seven", list: [7], object: { seven: 7 } } as const;
export type Kind = keyof typeof samples;

/** Which types a top-level field may have. `passed`: any; the gateway has no opinion and the provider decides. */
export type Allowed = readonly Kind[] | "passed";

const text = ["text", "null"] as const;
const number = ["number", "null"] as const;
const boolean = ["boolean", "null"] as const;
const object = ["object", "null"] as const;
const texts = ["text", "null"] as const;

/** What may stand in each top-level field, as both specifications have it; null counts as absent where a field is optional. */
export const fields: { readonly [Wire in CallerWire]: { readonly [field: string]: Allowed } } = {
  openai: {
    model: ["text"],
    messages: [],
    stream: boolean,
    stream_options: object,
    temperature: number,
    top_p: number,
    max_tokens: number,
    max_completion_tokens: number,
    n: number,
    seed: number,
    presence_penalty: number,
    frequency_penalty: number,
    logprobs: boolean,
    top_logprobs: number,
    parallel_tool_calls: boolean,
    store: boolean,
    stop: texts,
    user: text,
    reasoning_effort: text,
    service_tier: text,
    verbosity: text,
    logit_bias: object,
    metadata: object,
    tools: ["null"],
    modalities: ["null"],
    something_new: "passed",
  },
  anthropic: {
    model: ["text"],
    messages: [],
    // The specification demands it; where it is missing the gateway has a default, and says so.
    max_tokens: number,
    stream: boolean,
    temperature: number,
    top_p: number,
    top_k: number,
    stop_sequences: ["null"],
    system: ["text", "null"],
    metadata: object,
    service_tier: text,
    tools: ["null"],
    something_new: "passed",
  },
};
