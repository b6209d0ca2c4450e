import { Buffer } from "node:buffer";

const bigEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

/** Numbers as the base64 of their little-endian 32-bit floats. Digits past a float's precision are lost. */
export function base64OfNumbers(numbers: readonly number[]): string {
  const bytes = Buffer.from(Float32Array.from(numbers).buffer);
  if (bigEndian) bytes.swap32();
  return bytes.toString("base64");
}

/** The reverse; undefined where the text is not the base64 of such floats, all of them finite. */
export function numbersOfBase64(base64: string): readonly number[] | undefined {
  const bytes = Buffer.from(base64, "base64");
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  if (bytes.length % 4 !== 0 || bytes.length !== Math.floor(((base64.length - padding) * 3) / 4)) return undefined;
  if (bigEndian) bytes.swap32();
  const floats = new Float32Array(bytes.length / 4);
  new Uint8Array(floats.buffer).set(bytes);
  return floats.every(Number.isFinite) ? Array.from(floats) : undefined;
}
