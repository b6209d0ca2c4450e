import type { MediaSource, Part } from "../../canonical/parts.ts";
import { formatOf } from "../shared/media.ts";

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

/** Base64 in the alphabet for URLs, which this API takes and others do not. */
export const isUrlSafe = (data: string): boolean => data.includes("-") || data.includes("_");
export const toStandard = (data: string): string => data.replaceAll("-", "+").replaceAll("_", "/");
export const toUrlSafe = (data: string): string => data.replaceAll("+", "-").replaceAll("/", "_");
