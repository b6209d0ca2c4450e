import { createHmac, timingSafeEqual } from "node:crypto";

type SignedKind = "thinking" | "redacted" | "part";

/** Signs thoughts so that a replayed one can be told from a forged or mangled one. Needs no memory of what it issued. */
export class Signer {
  readonly #seed: string;
  readonly #issuedElsewhere: (text: string) => boolean;

  /** `issuedElsewhere`: signatures and redacted thoughts to accept besides its own (those of replayed recordings). */
  constructor(seed: string, issuedElsewhere: (text: string) => boolean = () => false) {
    this.#seed = seed;
    this.#issuedElsewhere = issuedElsewhere;
  }

  /** `part`: a part of Gemini's. */
  sign(kind: SignedKind, text: string): string {
    return createHmac("sha384", this.#seed).update(`${kind}\n${text}`).digest("base64");
  }

  signed(kind: SignedKind, text: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(kind, text));
    const given = Buffer.from(signature);
    return (expected.length === given.length && timingSafeEqual(expected, given)) || this.#issuedElsewhere(signature);
  }

  /** Whether it was issued elsewhere. */
  knows(text: string): boolean {
    return this.#issuedElsewhere(text);
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
