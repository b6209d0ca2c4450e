import type { MediaSource } from "../../canonical/parts.ts";
import { bareType, readDataUrl } from "../shared/media.ts";
import { likelyTypes, toUrlSafe, typeByName } from "./media.ts";
import type { Scope } from "./scope.ts";
import type { Draft } from "./spelling.ts";

export type MediaKind = keyof typeof likelyTypes;

/** The data of a part of media; undefined (reported) where there is none that this API could read. */
export function encodeSource(
  source: MediaSource,
  kind: MediaKind,
  at: string,
  { native, losses }: Scope,
  urlSafe = false,
): Draft | undefined {
  switch (source.kind) {
    case "base64":
      return { inlineData: { mimeType: source.mediaType, data: urlSafe && native ? toUrlSafe(source.data) : source.data } };
    case "url": {
      const inline = native ? undefined : readDataUrl(source.url);
      if (inline !== undefined) return { inlineData: { mimeType: bareType(inline.mediaType), data: inline.data } };
      if (native && source.mediaType === undefined) return { fileData: { fileUri: source.url } };
      const known = source.mediaType ?? typeByName(source.url);
      if (known === undefined) {
        losses.approximate("media_type_guessed", at, `nothing says of what type it is; ${likelyTypes[kind]} was sent.`);
      }
      return { fileData: { mimeType: known ?? likelyTypes[kind], fileUri: source.url } };
    }
    case "text":
      return { inlineData: { mimeType: "text/plain", data: Buffer.from(source.text, "utf8").toString("base64") } };
    case "file":
      losses.drop(`${kind}_dropped`, at, "the file lies with another provider; send its content instead.");
      return undefined;
    case "parts":
      losses.drop(`${kind}_dropped`, at, "this API has no place for such a source.");
      return undefined;
  }
}
