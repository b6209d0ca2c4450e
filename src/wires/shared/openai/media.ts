import type { MediaSource } from "../../../canonical/parts.ts";
import type { Losses } from "../losses.ts";
import { dataUrl, readDataUrl } from "../media.ts";

/** A `data:` URL with a base64 body as its bytes; any other text is a URL. */
export function readUrl(url: string): MediaSource {
  const inline = readDataUrl(url);
  return inline === undefined ? { kind: "url", url } : { kind: "base64", ...inline };
}

/** The URL that says the same as the source: `data:` for bytes. Undefined for a file id, text or parts. */
export function urlOf(source: MediaSource): string | undefined {
  if (source.kind === "base64") return dataUrl(source);
  return source.kind === "url" ? source.url : undefined;
}

/** A document of text as a text that says where it begins and ends. */
export function documentText(
  source: Extract<MediaSource, { kind: "text" | "parts" }>,
  title: string | undefined,
  at: string,
  losses: Losses,
): string {
  let text = "";
  if (source.kind === "text") text = source.text;
  else {
    const said: string[] = [];
    for (const [index, part] of source.parts.entries()) {
      if (part.type === "text") said.push(part.text);
      else losses.drop("document_part_dropped", `${at}.content[${index}]`, "only its text can be sent.");
    }
    text = said.join("\n");
  }
  losses.approximate("document_as_text", at, "the document was sent as tagged text.");
  return `<document${title === undefined ? "" : ` title=${JSON.stringify(title)}`}>\n${text}\n</document>`;
}

export const nameFor = (mediaType: string): string => (mediaType === "application/pdf" ? "document.pdf" : "document");
