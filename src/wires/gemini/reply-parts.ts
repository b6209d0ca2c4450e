import type { MediaSource, Part, Seal } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { invalidJson, parseArguments } from "./encode-calls.ts";
import { likelyTypes, typeByName } from "./media.ts";
import { name as wireName } from "./name.ts";
import { type Draft, defined } from "./spelling.ts";

/** Whether a caller of this wire has any use of the seal: it was made by a speaker of it. */
export const isOwnSeal = (seal: Seal | undefined): seal is Seal =>
  seal !== undefined && (seal.origin === undefined || seal.origin.wire === wireName);

/** A whole part of an answer as callers of this wire see it. Undefined where it cannot be shown (warned). */
export function replyPart(part: Part, warn: (warning: Warning) => void): Draft | undefined {
  const made = dataOf(part, warn);
  if (made !== undefined && isOwnSeal(part.seal)) made["thoughtSignature"] = part.seal.value;
  return made;
}

function dataOf(part: Part, warn: (warning: Warning) => void): Draft | undefined {
  switch (part.type) {
    case "text":
    case "refusal":
      return { text: part.text };
    case "reasoning":
      if (part.signature !== undefined || part.redacted !== undefined || part.encrypted !== undefined) {
        warn({
          kind: "dropped",
          code: "reasoning_signature_hidden",
          detail: "only its maker can read what this reasoning hides.",
        });
      }
      return part.text === "" && part.seal === undefined ? undefined : { text: part.text, thought: true };
    case "tool-call": {
      if (part.kind === "custom") return { functionCall: { name: part.name, args: { input: part.arguments }, id: part.id } };
      const args = parseArguments(part.arguments);
      if (args === undefined) {
        const detail = `the model's arguments are no JSON object; shown as {"${invalidJson}": …}.`;
        warn({ kind: "approximated", code: "tool_arguments_invalid", at: part.name, detail });
      }
      return { functionCall: { name: part.name, args: args ?? { [invalidJson]: part.arguments }, id: part.id } };
    }
    case "audio":
      if (part.source === undefined) {
        if (!part.transcript) return unseen(part.type, warn);
        warn({ kind: "approximated", code: "audio_as_transcript", detail: "there was no sound; its transcript is shown." });
        return { text: part.transcript };
      }
      return media(part.source, part.type, warn);
    case "image":
    case "video":
    case "document":
      return media(part.source, part.type, warn);
    case "opaque":
      return part.origin.wire === wireName ? defined(part.value) : unseen(part.kind, warn);
    case "tool-result":
      return unseen(part.type, warn);
  }
}

function media(source: MediaSource, kind: keyof typeof likelyTypes, warn: (warning: Warning) => void): Draft | undefined {
  if (source.kind === "base64") return { inlineData: { mimeType: source.mediaType, data: source.data } };
  if (source.kind !== "url") return unseen(kind, warn);
  const mimeType = source.mediaType ?? typeByName(source.url) ?? likelyTypes[kind];
  return { fileData: { mimeType, fileUri: source.url } };
}

function unseen(kind: string, warn: (warning: Warning) => void): undefined {
  warn({ kind: "dropped", code: "part_hidden", detail: `this API cannot show a part of type ${kind}.` });
}
