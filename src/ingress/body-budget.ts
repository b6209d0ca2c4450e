import { GatewayError } from "../canonical/error.ts";

/**
 * Bounds what the request bodies of all calls may take together: each alone is bounded, but thousands of callers may send the
 * largest at once. Bytes as they came stand outside the heap; what is built of them stands in it, and may be thirty times as
 * much: a list of empty objects.
 */
export class BodyBudget {
  readonly #heap: number;
  #bytesLeft: number;
  #heapLeft: number;

  /**
   * @param bytes for all bodies that are being read, or whose call has no reply yet
   * @param heapBytes for what all of them are once parsed; default: no bound
   */
  constructor(bytes: number, heapBytes: number = Number.POSITIVE_INFINITY) {
    this.#bytesLeft = bytes;
    this.#heapLeft = heapBytes;
    this.#heap = heapBytes;
  }

  /** Throws `gateway_overloaded` where so many bytes are not to be had. */
  take(bytes: number): void {
    if (bytes > this.#bytesLeft) throw overloaded();
    this.#bytesLeft -= bytes;
  }

  give(bytes: number): void {
    this.#bytesLeft += bytes;
  }

  /**
   * Throws `gateway_overloaded` where so much heap is not to be had now, `payload_too_large` where it never will be: that body
   * alone is more than there is for all.
   */
  takeHeap(bytes: number): void {
    if (bytes > this.#heap) throw tooRich(bytes, this.#heap);
    if (bytes > this.#heapLeft) throw overloaded();
    this.#heapLeft -= bytes;
  }

  giveHeap(bytes: number): void {
    this.#heapLeft += bytes;
  }
}

const overloaded = (): GatewayError =>
  new GatewayError("gateway_overloaded", "The gateway holds as many request bodies as it can. Try again in a moment.", {
    retryAfterMs: 1000,
  });

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MB`;

const tooRich = (bytes: number, most: number): GatewayError =>
  new GatewayError(
    "payload_too_large",
    `The body would take ${megabytes(bytes)} of memory once read, and all bodies together may take ${megabytes(most)}. Send fewer values at a time, or have the operator give the gateway more heap (NODE_OPTIONS=--max-old-space-size).`,
  );
