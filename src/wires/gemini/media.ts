import type { MediaSource, Part } from "../../canonical/parts.ts";

/*
 * Media by their type: this API has one kind of part for all of them (`inlineData`, `fileData`).
 */

/** A part for media of this type. */
export function mediaPart(mediaType: string | undefined, source: MediaSource): Part {
  const kind = mediaType?.slice(0, mediaType.indexOf("/")).toLowerCase();
  switch (kind) {
    case "image":
      return { type: "image", source };
    case "audio":
      return { type: "audio", source, format: formatOf(mediaType ?? "") };
    case "video":
      return { type: "video", source };
    default:
      if (source.kind === "url" && mediaType === undefined && /^https?:\/\/(?:www\.)?youtu/.test(source.url)) {
        return { type: "video", source };
      }
      return { type: "document", source };
  }
}

/** The short name of an audio type: mp3, wav, pcm16 … */
function formatOf(mediaType: string): string {
  const subtype = mediaType.slice(mediaType.indexOf("/") + 1).split(";")[0] ?? "";
  if (subtype === "mpeg") return "mp3";
  if (subtype.toLowerCase() === "l16") return "pcm16";
  return subtype.startsWith("x-") ? subtype.slice(2) : subtype;
}

const byExtension = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["heif", "image/heif"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["html", "text/html"],
  ["csv", "text/csv"],
  ["json", "application/json"],
  ["mp3", "audio/mpeg"],
  ["wav", "audio/wav"],
  ["flac", "audio/flac"],
  ["ogg", "audio/ogg"],
  ["aac", "audio/aac"],
  ["mp4", "video/mp4"],
  ["mov", "video/quicktime"],
  ["webm", "video/webm"],
  ["mpeg", "video/mpeg"],
]);

/** What a URL's last segment says of the type of what lies there. */
export function typeByName(url: string): string | undefined {
  const path = url.split(/[?#]/)[0] ?? "";
  return byExtension.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase());
}

/** The likeliest type of media whose type nothing tells. */
export const likelyTypes = {
  image: "image/jpeg",
  audio: "audio/mpeg",
  video: "video/mp4",
  document: "application/pdf",
} as const;

/** A `data:` URL with a base64 body, taken apart; undefined for any other. */
export function readDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  if (!url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  if (comma < 0 || !url.startsWith(";base64", comma - 7)) return undefined;
  return { mediaType: url.slice(5, comma - 7).split(";")[0] || "application/octet-stream", data: url.slice(comma + 1) };
}

/** Base64 in the alphabet for URLs, which this API takes and others do not. */
export const isUrlSafe = (data: string): boolean => data.includes("-") || data.includes("_");
export const toStandard = (data: string): string => data.replaceAll("-", "+").replaceAll("_", "/");
export const toUrlSafe = (data: string): string => data.replaceAll("+", "-").replaceAll("/", "_");
