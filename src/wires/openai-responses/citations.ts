import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Citation } from "../../canonical/parts.ts";
import { number, object, text } from "../shared/read.ts";
import { origin } from "./name.ts";

/** An annotation of a text. */
export function decodeCitation(raw: Json): Citation {
  const said = object(raw);
  const type = text(said?.["type"]);
  const kind = type === "url_citation" ? "url" : type === undefined || !type.includes("file") ? "other" : "file";
  return {
    origin,
    kind,
    url: text(said?.["url"]),
    title: text(said?.["title"]) ?? text(said?.["filename"]),
    start: number(said?.["start_index"]),
    end: number(said?.["end_index"]),
    raw,
  };
}

/** A citation as an annotation: as it came where it came from this wire, else of its URL; undefined where it has none. */
export function encodeCitation(citation: Citation): JsonObject | undefined {
  if (citation.origin.wire === origin.wire) return object(citation.raw);
  if (citation.url === undefined) return undefined;
  const { url, title = url, start = 0, end = 0 } = citation;
  return { type: "url_citation", url, title, start_index: start, end_index: end };
}
