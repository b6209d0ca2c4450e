import type { Json, JsonObject } from "./json.ts";
import type { Part } from "./parts.ts";
import type { Usage } from "./usage.ts";

/** What one vector is made of: a text, token numbers, or parts (text, images …) where the wire has them. */
export type EmbedInput = string | readonly number[] | readonly Part[];

/** Texts to be turned into vectors, one vector each, in their order. */
export interface EmbedRequest {
  readonly model: string;
  readonly inputs: readonly EmbedInput[];
  /** Length of the vectors, where the model lets one choose. */
  readonly dimensions?: number | undefined;
  /** How the caller wants the numbers written. Default float. */
  readonly encoding?: "float" | "base64" | undefined;
  /** What the vectors are for, in Gemini's words (RETRIEVAL_QUERY …). */
  readonly taskType?: string | undefined;
  /** Gemini: the title of a document to be retrieved. */
  readonly title?: string | undefined;
  /** The caller's word for its own user. */
  readonly endUser?: string | undefined;
  /** Where the wire spells one meaning in several ways: field → spelling used. A matter of form only. */
  readonly spelling?: { readonly [field: string]: string } | undefined;
  /** Fields that no specification names, kept for the wire they came from (`extraOrigin`). */
  readonly extra?: JsonObject | undefined;
  readonly extraOrigin?: string | undefined;
}

/** A vector: its numbers, or the base64 of their little-endian 32-bit floats as the provider sent it. */
export type Vector = readonly number[] | { readonly base64: string };

export interface EmbedResult {
  readonly model?: string | undefined;
  readonly id?: string | undefined;
  /** One for each input, in their order. */
  readonly vectors: readonly Vector[];
  /** Absent where the provider sent none. */
  readonly usage?: Usage | undefined;
  /** What else the provider said of each vector (Gemini: statistics), kept for its own wire. */
  readonly extra?: Json | undefined;
}
