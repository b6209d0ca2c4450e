/**
 * The most tokens a model can answer with, for wires that demand a limit of every call (Anthropic's): a small default would cut
 * answers short. Facts from Anthropic's model pages, as gathered in public price lists (models.dev), November 2026. The longest
 * beginning that fits counts; dots and dashes are the same, and what a cloud puts before the name is passed over.
 */
const limits: readonly (readonly [beginning: string, tokens: number])[] = [
  ["claude-2", 4096],
  ["claude-instant", 4096],
  ["claude-3-", 4096],
  ["claude-3-5-", 8192],
  ["claude-3-7-", 64_000],
  ["claude-opus-4", 32_000],
  ["claude-4-opus", 32_000],
  ["claude-opus-4-5", 64_000],
  ["claude-opus-4-6", 128_000],
  ["claude-opus-4-7", 128_000],
  ["claude-opus-4-8", 128_000],
  ["claude-sonnet-4", 64_000],
  ["claude-4-sonnet", 64_000],
  ["claude-haiku-4", 64_000],
  ["claude-opus-5", 128_000],
  ["claude-sonnet-5", 128_000],
  ["claude-haiku-5", 64_000],
  ["claude-fable-5", 128_000],
];

/** Tokens, or undefined for a model that is not known. */
export function outputLimit(model: string): number | undefined {
  const at = model.indexOf("claude-");
  if (at < 0) return undefined;
  const name = model.slice(at).replaceAll(".", "-");
  let best: readonly [string, number] | undefined;
  for (const row of limits) if (name.startsWith(row[0]) && row[0].length > (best?.[0].length ?? 0)) best = row;
  return best?.[1];
}
