import { Buffer } from "node:buffer";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture's measures stand near its beginning, in a JPEG after whatever its camera wrote. */
const headBytes = 256 * 1024;

/** The size of a PNG, GIF, WebP or JPEG as its first bytes tell it; undefined for any other or a broken one. */
export function imageSize(base64: string): Size | undefined {
  const head = Buffer.from(base64.slice(0, (headBytes * 4) / 3), "base64");
  if (head.length < 30) return undefined;
  const starts = (bytes: string, at = 0): boolean => head.toString("latin1", at, at + bytes.length) === bytes;
  if (starts("\x89PNG")) return sized(head.readUInt32BE(16), head.readUInt32BE(20));
  if (starts("GIF8")) return sized(head.readUInt16LE(6), head.readUInt16LE(8));
  if (starts("RIFF") && starts("WEBP", 8)) return webpSize(head);
  return starts("\xff\xd8") ? jpegSize(head) : undefined;
}

function webpSize(head: Buffer): Size | undefined {
  switch (head.toString("latin1", 12, 16)) {
    case "VP8 ":
      return sized(head.readUInt16LE(26) & 0x3fff, head.readUInt16LE(28) & 0x3fff);
    case "VP8L": {
      const bits = head.readUInt32LE(21);
      return sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X":
      return sized(head.readUIntLE(24, 3) + 1, head.readUIntLE(27, 3) + 1);
    default:
      return undefined;
  }
}

/** Walks the segments to the one that begins the picture itself (SOF). */
function jpegSize(head: Buffer): Size | undefined {
  for (let at = 2; at + 9 <= head.length; ) {
    const marker = head[at + 1] ?? 0;
    if (head[at] !== 0xff) return undefined;
    const begins = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (begins) return sized(head.readUInt16BE(at + 7), head.readUInt16BE(at + 5));
    at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}

const sized = (width: number, height: number): Size | undefined => (width > 0 && height > 0 ? { width, height } : undefined);
