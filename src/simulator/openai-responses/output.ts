import type { JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask } from "../brain/ask.ts";
import type { Signer } from "../brain/signer.ts";
import { tokens } from "../brain/tokens.ts";
import type { Meta } from "../face.ts";
import { tokenLogprob } from "../openai-chat/write.ts";
import { includes } from "./read.ts";

/** An item of the answer, with the pieces in which a stream tells it. */
export interface OutputItem {
  readonly item: JsonObject & { readonly id: string };
  readonly pieces: readonly string[];
  /** Tokens that are billed and never shown. */
  readonly hiddenTokens: number;
}

/** The answer's items in order: its thoughts, what it says, its calls. */
export function outputOf(ask: Ask, answer: Answer, meta: Meta): readonly OutputItem[] {
  const out: OutputItem[] = [];
  const tail = meta.id.replace(/^resp_/, "");
  const id = (prefix: string): string => `${prefix}_${tail}i${out.length}`;
  if (answer.thinkingTokens > 0) {
    const shown = answer.thinking.length > 0;
    const own = id("rs");
    out.push({
      item: {
        id: own,
        type: "reasoning",
        ...(includes(meta.body, "reasoning.encrypted_content") && { encrypted_content: encrypt(own, meta.signer) }),
        summary: shown ? [{ type: "summary_text", text: answer.thinking.join("") }] : [],
      },
      pieces: answer.thinking,
      hiddenTokens: shown ? 0 : answer.thinkingTokens,
    });
  }
  const spoken = answer.refusal.length > 0 ? answer.refusal : answer.text;
  const cut = answer.finish === "length" || answer.finish === "filter" ? "incomplete" : "completed";
  if (spoken.length > 0) {
    out.push({
      item: {
        id: id("msg"),
        type: "message",
        status: answer.calls.length > 0 ? "completed" : cut,
        content: [part(ask, answer)],
        role: "assistant",
      },
      pieces: spoken,
      hiddenTokens: 0,
    });
  }
  for (const [i, call] of answer.calls.entries()) {
    const status = i === answer.calls.length - 1 ? cut : "completed";
    const custom = call.kind === "custom";
    out.push({
      item: custom
        ? { id: id("ctc"), type: "custom_tool_call", status, call_id: call.id, input: call.arguments, name: call.name }
        : { id: id("fc"), type: "function_call", status, arguments: call.arguments, call_id: call.id, name: call.name },
      pieces: tokens(call.arguments),
      hiddenTokens: 0,
    });
  }
  return out;
}

function part(ask: Ask, answer: Answer): JsonObject {
  if (answer.refusal.length > 0) return { type: "refusal", refusal: answer.refusal.join("") };
  const top = ask.logprobs;
  const logprobs = top === undefined ? [] : answer.text.map((token, i) => tokenLogprob(token, i, top));
  return { type: "output_text", annotations: [], logprobs, text: answer.text.join("") };
}

const mark = "gAAAAA";

/** A reasoning item's thoughts for the caller to keep: opaque, and bound to the item's id. */
const encrypt = (id: string, signer: Signer): string => signer.redact(mark + Buffer.from(id).toString("base64url"));

/** Whether the simulator (or a recording it served) issued these thoughts; `other-item`: for another item than the one named. */
export function verify(encrypted: string, id: string | undefined, signer: Signer): "issued" | "other-item" | "forged" {
  if (!signer.redacted(encrypted)) return "forged";
  if (id === undefined || !encrypted.startsWith(mark)) return "issued";
  const nonce = encrypted.slice(mark.length).split(".", 1)[0] ?? "";
  const own = Buffer.from(nonce, "base64url").toString();
  return !own.startsWith("rs_") || own === id ? "issued" : "other-item";
}
