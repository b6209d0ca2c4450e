/** A model that can be called. */
export interface ListedModel {
  /** As it is to be named in a call: `provider/model`. */
  readonly id: string;
  readonly provider: string;
  /** Seconds since the epoch; 0 where the provider does not say. */
  readonly createdAt: number;
}

/** What can be called, and which providers did not say what they have. */
export interface ModelListing {
  readonly models: readonly ListedModel[];
  readonly silent: readonly { readonly provider: string; readonly reason: string }[];
}
