import type { Json } from "../../../../src/canonical/json.ts";
import type { Warning } from "../../../../src/canonical/warnings.ts";
import { validateMessagesRequest } from "../../../../src/simulator/validators/anthropic-messages.ts";
import { validateGenerateContent } from "../../../../src/simulator/validators/gemini.ts";
import { validateChatRequest } from "../../../../src/simulator/validators/openai-chat.ts";
import { validateResponsesRequest } from "../../../../src/simulator/validators/openai-responses.ts";
import { anthropicMessages } from "../../../../src/wires/anthropic-messages/index.ts";
import { gemini } from "../../../../src/wires/gemini/index.ts";
import { openaiChat } from "../../../../src/wires/openai-chat/index.ts";
import { openaiResponses } from "../../../../src/wires/openai-responses/index.ts";
import type { Incoming, Target, Wire } from "../../../../src/wires/wire.ts";
import { toJson } from "../../../conformance/json.ts";
import type { WireName } from "./four-wires.ts";

const wires: { readonly [wire in WireName]: Wire } = {
  "openai-chat": openaiChat,
  "openai-responses": openaiResponses,
  "anthropic-messages": anthropicMessages,
  gemini,
};

/** The order rules of each service, as strict as the real one. */
export const complaints: { readonly [wire in WireName]: (body: Json) => readonly string[] } = {
  "openai-chat": validateChatRequest,
  "openai-responses": (body) => validateResponsesRequest(body),
  "anthropic-messages": (body) => validateMessagesRequest(body),
  gemini: (body) => validateGenerateContent(body, { wantsSignatures: false }),
};

export interface Translated {
  readonly body: Json;
  readonly warnings: readonly Warning[];
}

/** A caller's request as the gateway would write it for a provider on another wire. Throws as the codecs do. */
export function translate(from: WireName, to: WireName, body: Incoming["body"], over: Partial<Target> = {}): Translated {
  const source = wires[from].codecs.chat;
  const target = wires[to].codecs.chat;
  if (source?.decodeRequest === undefined || target === undefined) throw new Error("no chat on this wire");
  const path = from === "gemini" ? "/v1beta/models/m:generateContent" : "";
  const decoded = source.decodeRequest({ path, named: from === "gemini" ? "m" : undefined, query: "", headers: {}, body });
  const { wireRequest, warnings } = target.encodeRequest(decoded.request(), {
    provider: "elsewhere",
    model: to === "gemini" ? "gemini-3-flash" : "m",
    stream: false,
    callId: "call_1",
    quirks: { developerRole: true },
    ...over,
  });
  return { body: toJson(wireRequest.body), warnings };
}
