import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { urlOf } from "../shared/openai/media.ts";
import { encodeCitation } from "./citations.ts";

/** The message of a whole answer. What this wire cannot show is reported through `warn`. */
export function encodeMessage(
  content: readonly Part[],
  legacy: boolean,
  at: string,
  warn: (warning: Warning) => void,
): JsonObject {
  let said: string | null = null;
  let refusal: string | null = null;
  let reasoning = "";
  let call: Json | undefined;
  const calls: JsonObject[] = [];
  const annotations: JsonObject[] = [];
  const images: JsonObject[] = [];
  let audio: JsonObject | undefined;
  const drop = (code: string, detail: string): void => warn({ kind: "dropped", code, at, detail });
  for (const part of content) {
    switch (part.type) {
      case "text":
        said = (said ?? "") + part.text;
        for (const citation of part.citations ?? []) {
          const annotation = encodeCitation(citation);
          if (annotation === undefined) drop("citation_dropped", "this API shows citations of URLs only.");
          else annotations.push(annotation);
        }
        break;
      case "refusal":
        refusal = (refusal ?? "") + part.text;
        break;
      case "reasoning":
        reasoning += part.text;
        if (part.signature !== undefined || part.redacted !== undefined || part.encrypted !== undefined) {
          drop("reasoning_signature_hidden", "this API shows the text of reasoning only.");
        }
        break;
      case "tool-call":
        if (legacy) {
          if (call === undefined) call = { name: part.name, arguments: part.arguments };
          else drop("parallel_call_dropped", "functions allow one call; use tools.");
        } else if (part.kind === "custom") {
          calls.push({ id: part.id, type: "custom", custom: { name: part.name, input: part.arguments } });
        } else calls.push({ id: part.id, type: "function", function: { name: part.name, arguments: part.arguments } });
        break;
      case "audio":
        audio = {
          id: part.id ?? "",
          expires_at: part.expiresAt ?? 0,
          data: part.source?.kind === "base64" ? part.source.data : "",
          transcript: part.transcript ?? "",
        };
        break;
      case "image":
        if (part.source.kind === "url" || part.source.kind === "base64") {
          images.push({ type: "image_url", image_url: { url: urlOf(part.source) ?? "" } });
        } else drop("part_hidden", "this API cannot show an image of this source.");
        break;
      case "opaque":
        drop("part_hidden", `this API cannot show a part of type ${part.kind}.`);
        break;
      case "video":
      case "document":
      case "tool-result":
        drop("part_hidden", `this API cannot show a part of type ${part.type}.`);
        break;
    }
  }
  const silent = calls.length > 0 || call !== undefined || refusal !== null || audio !== undefined;
  return {
    role: "assistant",
    content: said ?? (silent ? null : ""),
    refusal,
    ...(reasoning !== "" && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(call !== undefined && { function_call: call }),
    ...(annotations.length > 0 && { annotations }),
    ...(images.length > 0 && { images }),
    ...(audio && { audio }),
  };
}
