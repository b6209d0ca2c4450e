import { createHash } from "node:crypto";

/** A vector of length 1 that depends on nothing but the text; a shorter one is the longer one's beginning, made unit again. */
export function vectorOf(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  let square = 0;
  for (let at = 0, block = 0; at < dimensions; block++) {
    const digest = createHash("sha256").update(`${block}\n${text}`).digest();
    for (let byte = 0; byte < digest.length && at < dimensions; byte += 4, at++) {
      const value = digest.readInt32LE(byte) / 0x8000_0000;
      vector[at] = value;
      square += value * value;
    }
  }
  const length = Math.sqrt(square);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** The vector's 32-bit floats, little-endian on every machine. */
export function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString("base64");
}
