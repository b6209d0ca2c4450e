import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { GatewayError, toGatewayError } from "../canonical/error.ts";
import { TransportError } from "./transport-error.ts";
import type { BodyReader } from "./upstream.ts";

export type Coding = "identity" | "gzip" | "deflate" | "br";

/** Decoded bytes that are taken whatever was received, and per received byte: beyond both it is a bomb, not an answer. */
const FREE_BYTES = 1024 * 1024;
const RATIO = 100;

/** The one coding of a `content-encoding` header; undefined for an unknown one or several. */
export function contentCoding(header: string | undefined): Coding | undefined {
  if (header === undefined) return "identity";
  const name = header.trim().toLowerCase();
  switch (name) {
    case "":
    case "identity":
      return "identity";
    case "gzip":
    case "x-gzip":
      return "gzip";
    case "deflate":
    case "br":
      return name;
    default:
      return undefined;
  }
}

/** A body that a provider compressed although it was asked not to. */
export class DecodedBody implements BodyReader {
  readonly #source: BodyReader;
  readonly #peer: string;
  readonly #inflater: Transform;
  readonly #output: AsyncIterator<Uint8Array>;
  #received = 0;
  #given = 0;
  #failure: GatewayError | undefined;

  constructor(source: BodyReader, coding: Exclude<Coding, "identity">, peer: string) {
    this.#source = source;
    this.#peer = peer;
    this.#inflater = inflater(coding);
    this.#output = this.#inflater[Symbol.asyncIterator]();
    this.#inflater.on("error", (cause) => {
      this.#failure ??= this.#bad("sent a compressed reply that cannot be read", cause);
      this.#source.cancel();
    });
    void this.#feed();
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#failure) throw this.#failure;
    try {
      const { done, value } = await this.#output.next();
      if (done) return undefined;
      this.#given += value.length;
      if (this.#given <= FREE_BYTES || this.#given <= this.#received * RATIO) return value;
    } catch (thrown) {
      this.#failure ??= this.#bad("sent a compressed reply that cannot be read", thrown);
      throw this.#failure;
    }
    this.#failure = this.#bad("sent a reply that grows out of all proportion when decompressed");
    this.cancel();
    throw this.#failure;
  }

  cancel(): void {
    this.#failure ??= new TransportError("cancelled", "The call was cancelled.", true);
    this.#source.cancel();
    this.#inflater.destroy();
  }

  async #feed(): Promise<void> {
    try {
      for (let bytes = await this.#source.read(); bytes !== undefined; bytes = await this.#source.read()) {
        this.#received += bytes.length;
        if (this.#inflater.destroyed) return;
        if (!this.#inflater.write(bytes)) await drained(this.#inflater);
      }
      this.#inflater.end();
    } catch (thrown) {
      this.#failure ??= toGatewayError(thrown);
      this.#inflater.destroy(this.#failure);
    }
  }

  #bad(what: string, cause?: unknown): GatewayError {
    return cause instanceof GatewayError ? cause : new TransportError("bad_reply", `${this.#peer} ${what}.`, true, { cause });
  }
}

function inflater(coding: Exclude<Coding, "identity">): Transform {
  switch (coding) {
    case "gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
  }
}

const drained = (stream: Transform): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
