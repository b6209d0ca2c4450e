import { Buffer } from "node:buffer";

/** The same bytes with Buffer's searches; nothing is copied. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const LF = 0x0a;
export const CR = 0x0d;

/** Most bytes one event of a stream may have, unless told otherwise: 4 MiB. */
export const EVENT_BYTES = 4 * 1024 * 1024;
