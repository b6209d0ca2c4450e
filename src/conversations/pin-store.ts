import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock, Keeper, Pins } from "../canonical/ports.ts";
import type { RowWriter } from "../storage/row-writer.ts";
import { pinQuery } from "./pin-table.ts";

/** The deployment that keeps one owner's answer; without a provider: it was deleted. */
export interface Pin extends Keeper {
  readonly owner: string;
  readonly booked: boolean;
}

/** See `Told`. */
export interface PinTold {
  readonly kind: "pin";
  readonly id: string;
  readonly pin: Pin;
}

export interface PinStoreOptions {
  readonly clock: Pick<Clock, "wall">;
  readonly writer: Pick<RowWriter, "push" | "flush" | "close">;
  /** Opens the table for reading; called when an id is first asked for that is not in memory. Throws. */
  readonly openReader: () => DatabaseSync;
  readonly onTrouble: (message: string) => void;
  /** Told of every pin that is noted here first. */
  readonly tell?: ((told: PinTold) => void) | undefined;
  /** Answers that are also held in memory, the latest ones. Default 10,000. */
  readonly inMemory?: number | undefined;
}

/** Longer ids are no provider's. */
const longestId = 512;

/**
 * Which deployment keeps which answer: the latest in memory, all of them in a table that is written behind. What is only in the
 * table is read when a call asks for it, before anything is sent.
 */
export class PinStore implements Pins {
  readonly #options: PinStoreOptions;
  /** By id, in the order of their pinning; of one id there may be several owners'. */
  readonly #latest = new Map<string, Pin[]>();
  readonly #inMemory: number;
  #reader: DatabaseSync | undefined;
  #query: StatementSync | undefined;

  constructor(options: PinStoreOptions) {
    this.#options = options;
    this.#inMemory = options.inMemory ?? 10_000;
  }

  find(owner: string, id: string): Keeper | "none" | undefined {
    const pin = this.#pin(owner, id);
    if (pin === undefined) return this.#all(id).length > 0 ? "none" : undefined;
    return pin.provider === "" ? "none" : { provider: pin.provider, model: pin.model };
  }

  pin(owner: string, id: string, { provider, model }: Keeper, booked: boolean): void {
    if (id.length > longestId || id === "") return;
    const known = this.#latest.get(id)?.find((pin) => pin.owner === owner);
    if (known?.provider === provider && known.booked === (known.booked || booked)) return;
    this.#write(id, { owner, provider, model, booked: booked || known?.booked === true });
  }

  unpin(owner: string, id: string): void {
    const pin = this.#pin(owner, id);
    if (pin !== undefined) this.#write(id, { owner, provider: "", model: "", booked: pin.booked });
  }

  claimUsage(owner: string, id: string): boolean {
    const pin = this.#pin(owner, id);
    if (pin === undefined || pin.booked) return false;
    this.#write(id, { ...pin, booked: true });
    return true;
  }

  /** Resolves once every pin is in the table. */
  flush(): Promise<void> {
    return this.#options.writer.flush();
  }

  async close(): Promise<void> {
    await this.#options.writer.close();
    this.#reader?.close();
    this.#reader = this.#query = undefined;
  }

  #pin(owner: string, id: string): Pin | undefined {
    return this.#latest.get(id)?.find((pin) => pin.owner === owner) ?? this.#stored(id).find((pin) => pin.owner === owner);
  }

  #all(id: string): readonly Pin[] {
    return this.#latest.get(id) ?? this.#stored(id);
  }

  /** Another process has noted this pin, and writes it. */
  hear(id: string, pin: Pin): void {
    const others = (this.#latest.get(id) ?? []).filter(({ owner }) => owner !== pin.owner);
    this.#latest.delete(id);
    this.#latest.set(id, [...others, pin]);
    for (const oldest of this.#latest.keys()) {
      if (this.#latest.size <= this.#inMemory) break;
      this.#latest.delete(oldest);
    }
  }

  #write(id: string, pin: Pin): void {
    this.hear(id, pin);
    this.#options.tell?.({ kind: "pin", id, pin });
    const pinnedAt = this.#options.clock.wall();
    this.#options.writer.push({
      appendTo: (cells) => {
        cells.push(id, pin.owner, pin.provider, pin.model, pin.booked ? 1 : 0, pinnedAt);
        return 100 + id.length + pin.owner.length + pin.model.length;
      },
    });
  }

  #stored(id: string): readonly Pin[] {
    if (id.length > longestId) return [];
    try {
      this.#reader ??= this.#options.openReader();
      this.#query ??= this.#reader.prepare(pinQuery);
      return this.#query.all(id).map(({ owner, provider, model, booked }) => ({
        owner: String(owner),
        provider: String(provider),
        model: String(model),
        booked: booked === 1,
      }));
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#options.onTrouble(`Which provider keeps the answer of a call could not be read: ${reason}.`);
      return [];
    }
  }
}
