import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Citation } from "../../canonical/parts.ts";
import { number, object, text } from "../shared/read.ts";
import { origin } from "./name.ts";

/** An annotation of a message, or Perplexity's bare URL. */
export function decodeCitation(raw: Json): Citation {
  if (typeof raw === "string") return { origin, kind: "url", url: raw, raw };
  const web = object(object(raw)?.["url_citation"]);
  if (web !== undefined) {
    return {
      origin,
      kind: "url",
      url: text(web["url"]),
      title: text(web["title"]),
      citedText: text(web["content"]),
      start: number(web["start_index"]),
      end: number(web["end_index"]),
      raw,
    };
  }
  const file = object(object(raw)?.["file"]);
  return { origin, kind: file === undefined ? "other" : "file", title: text(file?.["name"]), raw };
}

/**
 * A citation as an annotation: as it came where it came from this wire, else as a URL citation. Undefined where it has no URL
 * to name.
 */
export function encodeCitation(citation: Citation): JsonObject | undefined {
  const same = citation.origin.wire === origin.wire ? object(citation.raw) : undefined;
  if (same?.["type"] === "url_citation" || same?.["type"] === "file") return same;
  if (citation.url === undefined) return undefined;
  return {
    type: "url_citation",
    url_citation: {
      start_index: citation.start ?? 0,
      end_index: citation.end ?? 0,
      url: citation.url,
      title: citation.title ?? citation.url,
      ...(citation.citedText !== undefined && { content: citation.citedText }),
    },
  };
}
