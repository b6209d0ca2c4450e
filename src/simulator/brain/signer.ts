import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs thoughts so that a replayed one can be told from a forged or mangled one. Needs no memory of what it issued. */
export class Signer {
  readonly #seed: string;
  readonly #issuedElsewhere: (text: string) => boolean;

  /** `issuedElsewhere`: signatures and redacted thoughts to accept besides its own (those of replayed recordings). */
  constructor(seed: string, issuedElsewhere: (text: string) => boolean = () => false) {
    this.#seed = seed;
    this.#issuedElsewhere = issuedElsewhere;
  }

  sign(kind: "thinking" | "redacted", text: string): string {
    return createHmac("sha384", this.#seed).update(`${kind}\n${text}`).digest("base64");
  }

  signed(kind: "thinking" | "redacted", text: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(kind, text));
    const given = Buffer.from(signature);
    return (expected.length === given.length && timingSafeEqual(expected, given)) || this.#issuedElsewhere(signature);
  }

  /** The data of a redacted thought: a nonce and its signature. */
  redact(nonce: string): string {
    return `${nonce}.${this.sign("redacted", nonce)}`;
  }

  redacted(data: string): boolean {
    const dot = data.indexOf(".");
    return (dot > 0 && this.signed("redacted", data.slice(0, dot), data.slice(dot + 1))) || this.#issuedElsewhere(data);
  }
}
