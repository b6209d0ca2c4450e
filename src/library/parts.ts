import type { MediaSource, Part } from "../canonical/parts.ts";
import type { Content, InlineData, InputPart } from "./request.ts";

/** A message's content, known to be of the right shape, as parts. */
export function parts(content: Content): readonly Part[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map(part);
}

function part(given: InputPart): Part {
  switch (given.type) {
    case "image":
      return "source" in given ? given : { type: "image", source: source(given), detail: given.detail };
    case "document":
      return "source" in given ? given : { type: "document", source: source(given), title: given.title };
    case "audio":
      return "data" in given ? { type: "audio", source: source(given), format: formatOf(given.mediaType) } : given;
    case "tool-result": {
      const { content, toolCallId, isError } = given;
      return typeof content === "string"
        ? { type: "tool-result", toolCallId, content: parts(content), isError }
        : { ...given, content: parts(content) };
    }
    case "text":
    case "video":
    case "tool-call":
    case "reasoning":
    case "refusal":
    case "opaque":
      return given;
  }
}

/** As the wires name it: `mp3`, `wav`. */
const formatOf = (mediaType: string): string => mediaType.replace(/^audio\/(?:x-)?/, "").replace(/^mpeg$/, "mp3");

const source = (given: InlineData | { readonly url: string }): MediaSource =>
  "url" in given
    ? { kind: "url", url: given.url }
    : {
        kind: "base64",
        mediaType: given.mediaType,
        data: typeof given.data === "string" ? given.data : Buffer.from(given.data).toString("base64"),
      };
