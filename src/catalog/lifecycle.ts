import list from "./data/lifecycle.json" with { type: "json" };

/** The end of a model, as its provider has announced it. */
export interface Retirement {
  /** The day from which on requests for it fail, or are served by another model: `2026-06-15`. */
  readonly retired: string;
  /** What the provider recommends instead. */
  readonly successor: string;
}

const models: { readonly [provider: string]: { readonly [model: string]: Retirement } } = list.models;

/** Undefined: no end of this model is known. */
export function retirementOf(provider: string, model: string): Retirement | undefined {
  const known = Object.hasOwn(models, provider) ? models[provider] : undefined;
  return known !== undefined && Object.hasOwn(known, model) ? known[model] : undefined;
}
