import { GatewayError } from "../canonical/error.ts";
import type { MediaSource, Part } from "../canonical/parts.ts";
import type { Content, InlineData, InputPart } from "./request.ts";

/** A message's content as parts. Throws GatewayError `invalid_request`; `at` is where the message stands. */
export function parts(content: Content, at: string): readonly Part[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw invalidPart(`${at}.content`);
  return content.map((given, index) => part(given, `${at}.content[${index}]`));
}

function part(given: InputPart, at: string): Part {
  if (typeof given !== "object" || given === null || typeof given.type !== "string") throw invalidPart(at);
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
        ? { type: "tool-result", toolCallId, content: parts(content, at), isError }
        : { ...given, content };
    }
    case "text":
    case "video":
    case "tool-call":
    case "reasoning":
    case "refusal":
    case "opaque":
      return given;
    default:
      return unknown(given, at);
  }
}

/** Callers without types may say anything. */
function unknown(_given: never, at: string): never {
  throw new GatewayError("invalid_request", `\`${at}.type\` is no part that is known here.`, { param: `${at}.type` });
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

const invalidPart = (param: string): GatewayError =>
  new GatewayError("invalid_request", `\`${param}\` must be text or a list of parts, each an object with a \`type\`.`, { param });
