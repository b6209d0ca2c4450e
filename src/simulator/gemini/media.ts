import type { JsonObject } from "../../canonical/json.ts";
import { asText } from "../brain/ask.ts";
import { nameMedium, nameUrl } from "../media.ts";
import { object } from "./normal.ts";

export type Modality = "TEXT" | "IMAGE" | "AUDIO" | "VIDEO" | "DOCUMENT";

/** Gives the media type of a part that holds a medium. */
export function mediaTypeOf(part: JsonObject): string | undefined {
  const medium = part["inlineData"] ?? part["fileData"];
  if (medium === undefined) return undefined;
  const type = object(medium)["mimeType"];
  return typeof type === "string" ? type : "";
}

export function modalityOf(mediaType: string): Modality {
  if (mediaType.startsWith("image/")) return "IMAGE";
  if (mediaType.startsWith("audio/")) return "AUDIO";
  if (mediaType.startsWith("video/")) return "VIDEO";
  return mediaType.startsWith("text/") ? "TEXT" : "DOCUMENT";
}

/** How the simulator names a medium of a part. */
export function nameOf(part: JsonObject): string {
  const inline = object(part["inlineData"]);
  if (part["inlineData"] !== undefined) return nameMedium("media", inline["mimeType"], inline["data"]);
  const file = object(part["fileData"]);
  return nameUrl(asText(file["mimeType"]) || "file", file["fileUri"]);
}

/** One red pixel. */
const image = {
  mimeType: "image/png",
  data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
};
/** Eight silent samples. */
const audio = { mimeType: "audio/L16;codec=pcm;rate=24000", data: "AAAAAAAAAAAAAAAAAAAAAA==" };

export const imagePart: JsonObject = { inlineData: image };
export const audioPart: JsonObject = { inlineData: audio };
/** What a made medium costs. */
export const tokensPerMadeMedium = 20;
