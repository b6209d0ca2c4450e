import type { Json } from "./json.ts";

/**
 * Token counts in disjoint buckets: every token is counted in exactly one of the first six, so a cost is a plain sum of
 * products. Counts are non-negative integers.
 */
export interface Usage {
  readonly inputUncached: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly outputVisible: number;
  readonly outputReasoning: number;
  /** Of the tokens above, those of another modality than text. Never added to a sum. */
  readonly modality?: Modality | undefined;
  /** The provider's own total, where it states one. */
  readonly reportedTotal?: number | undefined;
  /** Why the provider's figures do not add up (they are then clamped, never negative). */
  readonly anomaly?: string | undefined;
  /** True when the provider sent no usage and the counts are our estimate. */
  readonly estimated?: boolean | undefined;
  /** Billable calls of tools that the provider ran itself, by the provider's name for them. */
  readonly hostedToolCalls?: { readonly [name: string]: number } | undefined;
  /** The provider's usage object as it came (for merged stream usage: the field-wise merge). */
  readonly raw: Json;
}

export interface Modality {
  readonly inputAudio?: number | undefined;
  readonly inputImage?: number | undefined;
  readonly inputVideo?: number | undefined;
  readonly outputAudio?: number | undefined;
  readonly outputImage?: number | undefined;
}

/** All input tokens, cached or not. */
export const inputTokens = (usage: Usage): number =>
  usage.inputUncached + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;

/** All output tokens, reasoning included. */
export const outputTokens = (usage: Usage): number => usage.outputVisible + usage.outputReasoning;
