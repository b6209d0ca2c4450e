/** A `data:` URL with a base64 body, taken apart; its media type keeps its parameters. Undefined for any other. */
export function readDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  if (!url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  if (comma < 0 || url.slice(comma - 7, comma).toLowerCase() !== ";base64") return undefined;
  return { mediaType: url.slice(5, comma - 7), data: url.slice(comma + 1) };
}

export const dataUrl = ({ mediaType, data }: { readonly mediaType: string; readonly data: string }): string =>
  `data:${mediaType};base64,${data}`;

/** A media type without its parameters, for APIs that take none. */
export const bareType = (mediaType: string): string => mediaType.split(";")[0] || "application/octet-stream";

/** The short name of an audio type, as OpenAI has it: mp3, wav, pcm16 … */
export function formatOf(mediaType: string): string {
  const subtype = mediaType.slice(mediaType.indexOf("/") + 1).split(";")[0] ?? "";
  if (subtype === "mpeg") return "mp3";
  if (subtype.toLowerCase() === "l16") return "pcm16";
  return subtype.startsWith("x-") ? subtype.slice(2) : subtype;
}

/** The audio type that a short name stands for. */
export const mediaTypeOf = (format: string): string => (format === "mp3" ? "audio/mpeg" : `audio/${format}`);
