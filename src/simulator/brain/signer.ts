import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs thoughts so that a replayed one can be told from a forged or mangled one. Needs no memory of what it issued. */
export class Signer {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  sign(kind: "thinking" | "redacted", text: string): string {
    return createHmac("sha384", this.#seed).update(`${kind}\n${text}`).digest("base64");
  }

  signed(kind: "thinking" | "redacted", text: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(kind, text));
    const given = Buffer.from(signature);
    return expected.length === given.length && timingSafeEqual(expected, given);
  }

  /** The data of a redacted thought: a nonce and its signature. */
  redact(nonce: string): string {
    return `${nonce}.${this.sign("redacted", nonce)}`;
  }

  redacted(data: string): boolean {
    const dot = data.indexOf(".");
    return dot > 0 && this.signed("redacted", data.slice(0, dot), data.slice(dot + 1));
  }
}
