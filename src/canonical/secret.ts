/**
 * Text that must not leave the process by accident: printing, logging, serialising or cloning a Secret gives "[secret]" or
 * nothing. `reveal()` is called only where the secret is put on the wire, compared, or made known to the redactor.
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

  toLocaleString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  /** Whatever a template, a sum or a comparison wants of it. */
  [Symbol.toPrimitive](): string {
    return "[secret]";
  }

  /** What console.log and util.inspect print. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
