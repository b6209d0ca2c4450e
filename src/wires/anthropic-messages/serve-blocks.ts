import type { Json } from "../../canonical/json.ts";
import { type Citation, isBareSeal, type Part } from "../../canonical/parts.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { invalidJson, parseInput } from "./encode-blocks.ts";
import { legalId } from "./ids.ts";
import { name as wireName } from "./name.ts";
import { type Draft, put } from "./spelling.ts";

/** Whether only Anthropic could have made what this reasoning hides. */
export const ownReasoning = (part: Part): boolean =>
  part.type === "reasoning" && (part.origin === undefined || part.origin.wire === wireName);

/**
 * A part of an answer as the content block that starts it, still empty. None where the caller cannot be shown it (warned).
 * Reasoning without a signature is shown with an empty one: SDKs demand the field, and a caller that sends it back is told by
 * the request encoder that it cannot be replayed.
 */
export function startBlock(part: Part, warnings: Warning[]): Draft | undefined {
  if (isBareSeal(part)) return undefined;
  switch (part.type) {
    case "text":
    case "refusal":
      return { type: "text", text: "" };
    case "reasoning":
      if (part.redacted !== undefined && ownReasoning(part)) return { type: "redacted_thinking", data: part.redacted };
      if (part.encrypted !== undefined || part.redacted !== undefined) {
        if (part.text === "") return unseen("reasoning_signature_hidden", "only its maker can read this reasoning", warnings);
      }
      if (part.signature && !ownReasoning(part)) {
        warnings.push({
          kind: "dropped",
          code: "reasoning_signature_hidden",
          detail: "the signature is no use to an Anthropic client",
        });
      }
      return { type: "thinking", thinking: "", signature: "" };
    case "tool-call": {
      const caller = part.caller ?? { type: "direct" };
      return { type: "tool_use", id: legalId(part.id), name: part.name, input: {}, caller };
    }
    case "opaque": {
      if (part.origin.wire !== wireName)
        return unseen("part_hidden", `only ${part.origin.wire} has parts of type ${part.kind}`, warnings);
      const block: Draft = {};
      for (const [member, value] of Object.entries(part.value)) put(block, member, value);
      return block;
    }
    case "audio":
      warnings.push({
        kind: "approximated",
        code: "audio_as_transcript",
        detail: "an Anthropic message holds no audio; its transcript was sent",
      });
      return { type: "text", text: "" };
    case "image":
    case "video":
    case "document":
    case "tool-result":
      return unseen("part_hidden", `an Anthropic message holds no ${part.type}`, warnings);
  }
}

function unseen(code: string, detail: string, warnings: Warning[]): undefined {
  warnings.push({ kind: "dropped", code, detail });
}

/** A part of a whole answer as its content block. */
export function wholeBlock(part: Part, warnings: Warning[]): Draft | undefined {
  const block = startBlock(part, warnings);
  if (block === undefined) return undefined;
  switch (part.type) {
    case "text": {
      const cited = part.citations?.flatMap((citation) => citationOf(citation) ?? []);
      // Left out where there are none, as Anthropic does: some readers refuse the null that its specification allows.
      return { ...block, text: part.text, ...(cited !== undefined && cited.length > 0 && { citations: cited }) };
    }
    case "refusal":
      return { ...block, text: part.text };
    case "audio":
      return part.transcript ? { ...block, text: part.transcript } : undefined;
    case "reasoning":
      if (block["type"] === "redacted_thinking") return block;
      if (part.text === "" && !part.signature) return undefined;
      return { ...block, thinking: part.text, signature: ownReasoning(part) ? (part.signature ?? "") : "" };
    case "tool-call": {
      const input = parseInput(part.arguments);
      if (input === undefined) {
        const detail = `the model's arguments are no JSON object; shown as {"${invalidJson}": …}`;
        warnings.push({ kind: "approximated", code: "tool_arguments_invalid", at: part.name, detail });
      }
      return { ...block, input: input ?? { [invalidJson]: part.arguments } };
    }
    case "opaque":
    case "image":
    case "video":
    case "document":
    case "tool-result":
      return block;
  }
}

/** A citation as Anthropic states it; another wire's link as a search result without the index that only Anthropic could check. */
export function citationOf(citation: Citation): Json | undefined {
  if (citation.origin.wire === wireName) return citation.raw;
  if (citation.url === undefined) return undefined;
  return {
    type: "web_search_result_location",
    url: citation.url,
    title: citation.title ?? null,
    cited_text: citation.citedText ?? "",
    encrypted_index: "",
  };
}
