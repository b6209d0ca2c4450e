/**
 * Text that must not leave the process by accident: printing, logging, serialising or cloning a Secret gives "[secret]" or
 * nothing. `reveal()` is called only where the secret is put on the wire or compared.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  /** What console.log and util.inspect print. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
