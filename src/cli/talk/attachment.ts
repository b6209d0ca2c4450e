import { Buffer } from "node:buffer";
import { basename } from "node:path";
import type { Part } from "../../canonical/parts.ts";
import type { Files } from "../../machine/contract.ts";
import { Misuse } from "../failure.ts";

/** Kinds of file by their first bytes. */
const kinds: readonly { readonly mediaType: string; readonly begins: RegExp }[] = [
  { mediaType: "image/png", begins: /^\x89PNG\r\n/ },
  { mediaType: "image/jpeg", begins: /^\xff\xd8\xff/ },
  { mediaType: "image/gif", begins: /^GIF8/ },
  { mediaType: "image/webp", begins: /^RIFF.{4}WEBP/s },
  { mediaType: "application/pdf", begins: /^%PDF-/ },
];

/** What a file's or standard input's bytes are for a model: a picture, a PDF, or text. Throws Misuse for anything else. */
export function attachment(bytes: Uint8Array, name: string): Part {
  const head = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  const mediaType = kinds.find(({ begins }) => begins.test(head))?.mediaType;
  if (mediaType !== undefined) {
    const source = { kind: "base64", mediaType, data: Buffer.from(bytes).toString("base64") } as const;
    return mediaType === "application/pdf" ? { type: "document", source, title: basename(name) } : { type: "image", source };
  }
  try {
    return { type: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    throw new Misuse(`${name} is neither text in UTF-8 nor a PNG, JPEG, GIF, WebP or PDF, so no model can be shown it.`);
  }
}

/** The file, or picture of the web, that a flag names. Throws Misuse where it cannot be read or is no picture though it has to be. */
export function attached(place: string, files: Files, only?: "image"): Part {
  if (/^https?:\/\//.test(place)) {
    if (only === "image") return { type: "image", source: { kind: "url", url: place } };
    throw new Misuse(
      `--file takes files of this machine, and ${place} is an address: fetch it first. A picture may be named so with --image.`,
    );
  }
  const part = attachment(fileBytes(place, files), place);
  if (only === "image" && part.type !== "image")
    throw new Misuse(`${place} is no picture: --image takes PNG, JPEG, GIF and WebP; for text and PDF there is --file.`);
  return part;
}

/** The bytes of a file that a flag names. Throws Misuse. */
export function fileBytes(path: string, files: Files): Uint8Array {
  let bytes: Uint8Array | undefined;
  try {
    bytes = files.bytes(path);
  } catch (thrown) {
    throw new Misuse(`${path} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`);
  }
  if (bytes === undefined) throw new Misuse(`There is no file ${path}.`);
  return bytes;
}
