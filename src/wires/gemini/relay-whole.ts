import type { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { Usage } from "../../canonical/usage.ts";
import type { Observed, Relay } from "../wire.ts";
import { decodeInnerError, errorIn } from "./errors.ts";

/** Reads along while a whole reply passes unchanged: for operations that never stream. */
export class WholeRelay implements Relay {
  readonly interesting = /(?!)/;
  readonly #provider: string;
  readonly #read: (body: JsonObject) => Usage | undefined;
  #usage: Usage | undefined;
  #error: GatewayError | undefined;
  #whole = false;

  constructor(provider: string, read: (body: JsonObject) => Usage | undefined) {
    this.#provider = provider;
    this.#read = read;
  }

  push(): "keep" {
    return "keep";
  }

  whole(body: JsonObject): "keep" {
    const error = errorIn(body);
    if (error !== undefined) this.#error = decodeInnerError(error, this.#provider);
    this.#usage = this.#read(body);
    this.#whole = true;
    return "keep";
  }

  cut(): readonly never[] {
    return [];
  }

  observed(): Observed {
    return { usage: this.#usage, error: this.#error, content: this.#whole, ended: this.#whole, done: this.#whole };
  }
}
