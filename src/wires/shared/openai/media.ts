import type { MediaSource } from "../../../canonical/parts.ts";

/** A `data:` URL with a base64 body, taken apart; any other text is a URL. */
export function readUrl(url: string): MediaSource {
  if (url.startsWith("data:")) {
    const comma = url.indexOf(",");
    if (comma > 0 && url.startsWith(";base64", comma - 7)) {
      return { kind: "base64", mediaType: url.slice(5, comma - 7), data: url.slice(comma + 1) };
    }
  }
  return { kind: "url", url };
}

/** The URL that says the same as the source: `data:` for bytes. Undefined for a file id, text or parts. */
export function urlOf(source: MediaSource): string | undefined {
  if (source.kind === "base64") return `data:${source.mediaType};base64,${source.data}`;
  return source.kind === "url" ? source.url : undefined;
}

export const mediaTypeOf = (format: string): string => (format === "mp3" ? "audio/mpeg" : `audio/${format}`);

export const formatOf = (mediaType: string): string => {
  const subtype = mediaType.slice(mediaType.indexOf("/") + 1);
  if (subtype === "mpeg") return "mp3";
  return subtype.startsWith("x-") ? subtype.slice(2) : subtype;
};

export const tagged = (title: string | undefined, text: string): string =>
  `<document${title === undefined ? "" : ` title=${JSON.stringify(title)}`}>\n${text}\n</document>`;

export const nameFor = (mediaType: string): string => (mediaType === "application/pdf" ? "document.pdf" : "document");
