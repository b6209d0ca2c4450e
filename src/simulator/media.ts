import type { Json } from "../canonical/json.ts";

/** How the simulator names a medium it was shown, e.g. `[image/png 67 bytes]`. */
export function nameMedium(what: string, mediaType: Json | undefined, base64: Json | undefined): string {
  const type = typeof mediaType === "string" && mediaType !== "" ? mediaType : what;
  return typeof base64 === "string" ? `[${type} ${byteCount(base64)} bytes]` : `[${type}]`;
}

/** The same for a URL, a `data:` one by its own media type and size. */
export function nameUrl(what: string, url: Json | undefined): string {
  if (typeof url !== "string") return `[${what}]`;
  const data = /^data:([^;,]*)(?:;[^,]*)?,/.exec(url);
  return data ? nameMedium(what, data[1], url.slice(data[0].length)) : `[${what} at ${url}]`;
}

const byteCount = (base64: string): number => Buffer.from(base64, "base64").length;
