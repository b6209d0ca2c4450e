import { decoding } from "./decoding.ts";
import { encoding } from "./encoding.ts";
import { geminiMistakes } from "./gemini.ts";
import { framing, relaying } from "./passing.ts";
import { requests } from "./requests.ts";
import { responsesMistakes } from "./responses.ts";
import type { Planted } from "./wrap.ts";

/** Mistakes that codecs are known to make. The suite must see every one. */
export const planted: readonly Planted[] = [
  ...decoding,
  ...encoding,
  ...requests,
  ...relaying,
  ...framing,
  ...responsesMistakes,
  ...geminiMistakes,
];
