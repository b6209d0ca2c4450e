import type { JsonObject } from "../../../../src/canonical/json.ts";
import type { WireName } from "./four-wires.ts";
import { type History, type HistoryCall, type Said, spelledOn, standing, tools } from "./histories.ts";

/* Histories as callers of each wire would send them. */

const textOf = ({ kind, mark }: Said): string => (kind === "blank" ? "  " : mark);
const dataUrl = (said: Said): string => `data:image/png;base64,${standing(said)}`;
const argumentsOf = ({ mark }: HistoryCall): JsonObject => ({ note: mark });
const inOrder = <T>(items: readonly T[], order: readonly number[]): readonly T[] => order.flatMap((at) => items[at] ?? []);

const spellings: { readonly [wire in WireName]: (history: History) => JsonObject } = {
  "openai-chat": ({ system, turns, last }) => {
    const part = (said: Said): JsonObject =>
      said.kind === "image" ? { type: "image_url", image_url: { url: dataUrl(said) } } : { type: "text", text: textOf(said) };
    return {
      messages: [
        ...system.map((said) => ({ role: "system", content: textOf(said) })),
        ...turns.flatMap(({ system, user, assistant, calls, order }): JsonObject[] => [
          ...system.map((said) => ({ role: "developer", content: textOf(said) })),
          { role: "user", content: user.map(part) },
          {
            role: "assistant",
            content: assistant.length === 0 ? null : assistant.map(textOf).join(""),
            ...(calls.length > 0 && {
              tool_calls: calls.map((call) => ({
                id: call.id,
                type: "function",
                function: { name: "look", arguments: JSON.stringify(argumentsOf(call)) },
              })),
            }),
          },
          ...inOrder(calls, order).map(({ id, result }) => ({
            role: "tool",
            tool_call_id: id,
            content: result.length < 2 ? result.map(textOf).join("") : result.map(part),
          })),
        ]),
        { role: "user", content: textOf(last) },
      ],
    };
  },
  "openai-responses": ({ system, turns, last }) => {
    const part = (said: Said): JsonObject =>
      said.kind === "image" ? { type: "input_image", image_url: dataUrl(said) } : { type: "input_text", text: textOf(said) };
    return {
      input: [
        ...system.map((said) => ({ role: "system", content: textOf(said) })),
        ...turns.flatMap(({ system, user, assistant, calls, order }): JsonObject[] => [
          ...system.map((said) => ({ role: "developer", content: textOf(said) })),
          { role: "user", content: user.map(part) },
          ...assistant.map((said) => ({ role: "assistant", content: textOf(said) })),
          ...calls.map((call) => ({
            type: "function_call",
            call_id: call.id,
            name: "look",
            arguments: JSON.stringify(argumentsOf(call)),
          })),
          ...inOrder(calls, order).map(({ id, result }) => ({
            type: "function_call_output",
            call_id: id,
            output: result.length === 0 ? "" : result.map(part),
          })),
        ]),
        { role: "user", content: textOf(last) },
      ],
    };
  },
  "anthropic-messages": ({ system, turns, last }) => {
    const blocks = (said: readonly Said[]): readonly JsonObject[] =>
      said.flatMap((one): JsonObject[] => {
        if (one.kind === "blank") return [];
        if (one.kind === "text") return [{ type: "text", text: one.mark }];
        return [{ type: "image", source: { type: "base64", media_type: "image/png", data: standing(one) } }];
      });
    let owed: readonly JsonObject[] = [];
    const messages: JsonObject[] = [];
    for (const { user, assistant, calls, besides } of turns) {
      messages.push({ role: "user", content: [...owed, ...blocks(user)] });
      const uses = calls.map((call) => ({ type: "tool_use", id: call.id, name: "look", input: argumentsOf(call) }));
      messages.push({ role: "assistant", content: [...blocks(assistant), ...uses] });
      const results = calls.map(({ id, result, failed }) => ({
        type: "tool_result",
        tool_use_id: id,
        content: blocks(result),
        ...(failed && { is_error: true }),
      }));
      owed = [...results, ...blocks(besides)];
    }
    messages.push({ role: "user", content: [...owed, ...blocks([last])] });
    const instructions = system.length === 0 ? {} : { system: blocks(system) };
    return { max_tokens: 500, ...instructions, messages };
  },
  gemini: ({ system, turns, last }) => {
    const parts = (said: readonly Said[]): readonly JsonObject[] =>
      said.map((one) =>
        one.kind === "image" ? { inlineData: { mimeType: "image/png", data: standing(one) } } : { text: textOf(one) },
      );
    const contents = turns.flatMap(({ user, assistant, calls, order, besides }): JsonObject[] => [
      { role: "user", parts: parts(user) },
      {
        role: "model",
        parts: [
          ...parts(assistant),
          ...calls.map((call) => ({ functionCall: { id: call.id, name: "look", args: argumentsOf(call) } })),
        ],
      },
      ...(calls.length === 0
        ? []
        : [
            {
              role: "user",
              parts: [
                ...inOrder(calls, order).map(({ id, result, failed }) => {
                  const text = result
                    .filter(({ kind }) => kind !== "image")
                    .map(textOf)
                    .join("");
                  const images = parts(result.filter(({ kind }) => kind === "image"));
                  const response = failed ? { error: text } : { output: text };
                  return { functionResponse: { id, name: "look", response, ...(images.length > 0 && { parts: images }) } };
                }),
                ...parts(besides),
              ],
            },
          ]),
    ]);
    const instructions = system.length === 0 ? {} : { systemInstruction: { parts: parts(system) } };
    return { ...instructions, contents: [...contents, { role: "user", parts: parts([last]) }] };
  },
};

/** The body of a request on this wire, and what of the history it holds. */
export function spell(wire: WireName, history: History): { readonly body: JsonObject; readonly held: History } {
  const held = spelledOn(wire, history);
  return { held, body: { ...(wire !== "gemini" && { model: "m" }), ...spellings[wire](held), tools: tools[wire] } };
}
