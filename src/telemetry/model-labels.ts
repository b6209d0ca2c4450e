/** Of one gateway. */
const mostModels = 200;
export const otherModels = "other";

/**
 * Names of models as labels of metrics, bounded: callers may send any name, and each would be a time series for good. A name
 * becomes a label once a provider has answered it, as long as there are fewer than 200; all others are "other".
 */
export class ModelLabels {
  readonly #known = new Map<string, Set<string>>();
  #size = 0;

  /** @param answered the provider knows this model: it has just answered a call for it */
  of(provider: string, model: string, answered: boolean): string {
    const models = this.#known.get(provider);
    if (models?.has(model) === true) return model;
    if (!answered || this.#size >= mostModels || model.length > 120) return otherModels;
    if (models === undefined) this.#known.set(provider, new Set([model]));
    else models.add(model);
    this.#size++;
    return model;
  }
}
