import type { JsonObject } from "../../../../src/canonical/json.ts";
import { halves, type Speech, sse } from "./said.ts";

const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 7, totalTokenCount: 16 };
const head = { modelVersion: "m-1", responseId: "resp-1", usageMetadata };

const answer = (parts: readonly JsonObject[], finishReason: string | undefined): JsonObject => ({
  candidates: [{ index: 0, content: { role: "model", parts }, ...(finishReason !== undefined && { finishReason }) }],
  ...head,
});
const callPart = ({ name, args }: Speech["calls"][number]): JsonObject => ({ functionCall: { name, args } });

const whole = ({ text, calls, finish }: Speech): JsonObject =>
  answer([...(text === undefined ? [] : [{ text }]), ...calls.map(callPart)], finish);

/** Each call is whole in an event of its own, without an id, as Google sends them. */
function frames({ text, calls, finish, emptyBefore }: Speech): readonly string[] {
  const before = emptyBefore === true ? "" : undefined;
  return [
    ...(text === undefined ? [] : halves(text).map((half) => sse(answer([{ text: half }], before)))),
    ...calls.map((call) => sse(answer([callPart(call)], before))),
    sse(answer([{ text: "" }], finish)),
  ];
}

export const geminiSpeech = { whole, frames };
