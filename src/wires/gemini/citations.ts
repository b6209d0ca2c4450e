import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Citation } from "../../canonical/parts.ts";
import { list, number, object, text } from "../shared/read.ts";
import { origin } from "./name.ts";

/**
 * What a candidate's grounding and citations say of its text. Google counts bytes of UTF-8; canonically a range counts
 * characters.
 *
 * @param said the candidate's text
 */
export function decodeCitations(candidate: JsonObject, said: string): readonly Citation[] {
  const found: Citation[] = [];
  const bytes = Buffer.from(said, "utf8");
  const grounding = object(candidate["groundingMetadata"]);
  const chunks = list(grounding?.["groundingChunks"]) ?? [];
  const cited = new Set<number>();
  for (const support of list(grounding?.["groundingSupports"]) ?? []) {
    if (!isObject(support)) continue;
    const segment = object(support["segment"]);
    for (const index of list(support["groundingChunkIndices"]) ?? []) {
      const chunk = typeof index === "number" ? object(chunks[index]) : undefined;
      if (chunk === undefined || typeof index !== "number") continue;
      cited.add(index);
      found.push({ ...source(chunk), citedText: text(segment?.["text"]), ...range(segment, bytes), raw: { chunk, support } });
    }
  }
  for (const [index, chunk] of chunks.entries()) {
    if (isObject(chunk) && !cited.has(index)) found.push({ ...source(chunk), raw: { chunk } });
  }
  const citations = object(candidate["citationMetadata"]);
  for (const item of list(citations?.["citationSources"]) ?? list(citations?.["citations"]) ?? []) {
    if (!isObject(item)) continue;
    const url = text(item["uri"]);
    const kind = url === undefined ? "other" : "url";
    found.push({ origin, kind, url, title: text(item["title"]), ...range(item, bytes), raw: { citation: item } });
  }
  return found;
}

function source(chunk: JsonObject): Pick<Citation, "origin" | "kind" | "url" | "title"> {
  const place = object(chunk["web"]) ?? object(chunk["maps"]) ?? object(chunk["image"]);
  if (place !== undefined) return { origin, kind: "url", url: text(place["uri"]), title: text(place["title"]) };
  const context = object(chunk["retrievedContext"]);
  const url = text(context?.["uri"]);
  return { origin, kind: url === undefined ? "document" : "url", url, title: text(context?.["title"]) };
}

function range(segment: JsonObject | undefined, bytes: Buffer): Pick<Citation, "start" | "end"> {
  const end = number(segment?.["endIndex"]);
  if (end === undefined) return {};
  const start = number(segment?.["startIndex"]) ?? 0;
  if (start > end || end > bytes.length) return {};
  const characters = (to: number): number => bytes.toString("utf8", 0, to).length;
  return { start: characters(start), end: characters(end) };
}

/**
 * Citations of other wires as a candidate's grounding: each source once, and which of the text each supports. Undefined for
 * none.
 */
export function encodeCitations(citations: readonly Citation[], said: string): JsonObject | undefined {
  if (citations.length === 0) return undefined;
  const bytes = (to: number): number => Buffer.byteLength(said.slice(0, to), "utf8");
  const groundingChunks: Json[] = [];
  const groundingSupports: Json[] = [];
  const places = new Map<string, number>();
  for (const citation of citations) {
    const { start, end } = citation;
    const chunk = JSON.stringify(chunkOf(citation));
    let place = places.get(chunk);
    if (place === undefined) {
      place = groundingChunks.push(JSON.parse(chunk)) - 1;
      places.set(chunk, place);
    }
    if (start === undefined || end === undefined) continue;
    const segment = { startIndex: bytes(start), endIndex: bytes(end), text: said.slice(start, end) };
    groundingSupports.push({ segment, groundingChunkIndices: [place] });
  }
  return { groundingChunks, ...(groundingSupports.length > 0 && { groundingSupports }) };
}

const chunkOf = ({ url, title, citedText }: Citation): JsonObject =>
  url === undefined ? { retrievedContext: { title, text: citedText } } : { web: { uri: url, title: title ?? url } };
