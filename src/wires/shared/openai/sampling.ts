import type { Losses } from "../losses.ts";

/**
 * OpenAI's models that think always, and sample as they please: o1, o3, o4 and the first GPT-5. Its later ones (gpt-5.1 and on)
 * take settings when they do not think. The API answers 400 "Unsupported parameter: 'temperature' is not supported with this
 * model"; 1, the default, passes.
 */
const fixed = /^(?:o[134](?:-|$)|gpt-5(?:$|-(?!chat|search)))/;

/** A setting of sampling for this model; undefined, and reported, where it takes none but the default. */
export function samplingFor(
  name: "temperature" | "top_p",
  value: number | undefined,
  model: string,
  { native, losses }: { readonly native: boolean; readonly losses: Losses },
): number | undefined {
  if (value === undefined || value === 1 || native || !fixed.test(model.slice(model.lastIndexOf("/") + 1))) return value;
  losses.drop(`${name}_dropped`, name, `${model} takes no other than 1.`);
  return undefined;
}
