import type { JsonObject } from "../../canonical/json.ts";

/** A response that was kept, and what led to it. */
export interface StoredResponse {
  readonly response: JsonObject;
  /** Everything the model was shown: earlier turns and this request's input, each item with an id. */
  readonly conversation: readonly JsonObject[];
  /** What it answered. */
  readonly output: readonly JsonObject[];
}

export interface StoredItem {
  readonly item: JsonObject;
  /** The reasoning item that came right before it in the model's answer. */
  readonly reasoning: string | undefined;
}

const most = 1000;

/** The responses a provider keeps, each for the credential that asked for it. Bounded: forgets the oldest. */
export class ResponseStore {
  readonly #owners = new Map<string, OwnedResponses>();
  readonly #order: { readonly owner: OwnedResponses; readonly id: string }[] = [];

  /** `credential`: any text that tells credentials apart. */
  of(credential: string | undefined): OwnedResponses {
    const key = credential ?? "";
    let owned = this.#owners.get(key);
    if (!owned) {
      owned = new OwnedResponses((owner, id) => this.#kept(owner, id));
      this.#owners.set(key, owned);
    }
    return owned;
  }

  #kept(owner: OwnedResponses, id: string): void {
    this.#order.push({ owner, id });
    if (this.#order.length <= most) return;
    const oldest = this.#order.shift();
    oldest?.owner.delete(oldest.id);
  }
}

/** The responses of one credential. */
export class OwnedResponses {
  readonly #responses = new Map<string, StoredResponse>();
  readonly #items = new Map<string, StoredItem>();
  readonly #kept: (owner: OwnedResponses, id: string) => void;

  constructor(kept: (owner: OwnedResponses, id: string) => void) {
    this.#kept = kept;
  }

  get(id: string): StoredResponse | undefined {
    return this.#responses.get(id);
  }

  item(id: string): StoredItem | undefined {
    return this.#items.get(id);
  }

  keep(id: string, stored: StoredResponse): void {
    const known = this.#responses.has(id);
    this.#responses.set(id, stored);
    let reasoning: string | undefined;
    for (const item of stored.output) {
      const itemId = typeof item["id"] === "string" ? item["id"] : "";
      this.#items.set(itemId, { item, reasoning });
      reasoning = item["type"] === "reasoning" ? itemId : undefined;
    }
    if (!known) this.#kept(this, id);
  }

  /** Whether there was such a response. */
  delete(id: string): boolean {
    const stored = this.#responses.get(id);
    for (const item of stored?.output ?? []) if (typeof item["id"] === "string") this.#items.delete(item["id"]);
    return this.#responses.delete(id);
  }
}
