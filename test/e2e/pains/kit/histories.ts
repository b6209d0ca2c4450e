import fc from "fast-check";
import type { JsonObject } from "../../../../src/canonical/json.ts";
import type { WireName } from "./four-wires.ts";

/** Something said, with a mark of its own. */
export interface Said {
  readonly kind: "text" | "image" | "blank";
  readonly mark: string;
}

export interface HistoryCall {
  readonly id: string;
  /** Stands in its arguments. */
  readonly mark: string;
  readonly result: readonly Said[];
  readonly failed: boolean;
}

export interface Turn {
  /** Instructions amid the conversation, on the wires that have such. */
  readonly system: readonly Said[];
  readonly user: readonly Said[];
  readonly assistant: readonly Said[];
  readonly calls: readonly HistoryCall[];
  /** In which order the results come. */
  readonly order: readonly number[];
  /** What the user says with the results, where the wire lets them stand together. */
  readonly besides: readonly Said[];
}

export interface History {
  readonly system: readonly Said[];
  readonly turns: readonly Turn[];
  /** The last thing that was said. */
  readonly last: Said;
}

const kinds = fc.array(fc.constantFrom("text" as const, "text" as const, "image" as const, "blank" as const), { maxLength: 3 });
const turnShape = fc.record({
  system: fc.boolean(),
  user: kinds,
  assistant: fc.boolean(),
  calls: fc.array(fc.record({ result: kinds, failed: fc.boolean(), at: fc.nat({ max: 99 }) }), { maxLength: 3 }),
  besides: kinds,
});

/** Conversations that are legal on every wire they can be spelled in; each thing said bears a mark of its own. */
export const histories: fc.Arbitrary<History> = fc
  .record({ systems: fc.nat({ max: 3 }), turns: fc.array(turnShape, { minLength: 1, maxLength: 4 }) })
  .map(({ systems, turns }) => {
    let count = 0;
    const text = (): Said => ({ kind: "text", mark: `mark${++count}end` });
    const said = (kind: Said["kind"]): Said => ({ kind, mark: `mark${++count}end` });
    return {
      system: Array.from({ length: systems }, text),
      turns: turns.map(({ system, user, assistant, calls, besides }, number): Turn => {
        const order = calls.map((_, at) => at).sort((a, b) => (calls[a]?.at ?? 0) - (calls[b]?.at ?? 0));
        return {
          system: system ? [text()] : [],
          user: [text(), ...user.map(said)],
          assistant: assistant || calls.length === 0 ? [text()] : [],
          calls: calls.map(({ result, failed }, at) => ({
            id: `call_${number}_${at}`,
            mark: `mark${++count}end`,
            result: result.map(said),
            failed,
          })),
          order,
          besides: besides.map(said),
        };
      }),
      last: text(),
    };
  });

/** What of a history this wire has words for. */
export function spelledOn(wire: WireName, { system, turns, last }: History): History {
  const texts = (said: readonly Said[]): readonly Said[] => said.filter(({ kind }) => kind !== "image");
  const within = wire === "openai-chat" || wire === "openai-responses";
  return {
    system,
    last,
    turns: turns.map((turn) => ({
      ...turn,
      system: within ? turn.system : [],
      besides: within || turn.calls.length === 0 ? [] : turn.besides,
      calls: turn.calls.map((call) => (wire === "openai-chat" ? { ...call, result: texts(call.result) } : call)),
    })),
  };
}

/** Every mark of a history that must not be lost: blank texts say nothing. */
export function marksOf({ system, turns, last }: History): readonly Said[] {
  const said = turns.flatMap((turn) => [
    ...turn.system,
    ...turn.user,
    ...turn.assistant,
    ...turn.calls.flatMap(({ mark, result }): Said[] => [{ kind: "text", mark }, ...result]),
    ...turn.besides,
  ]);
  return [...system, ...said, last].filter(({ kind }) => kind !== "blank");
}

/** How a mark stands in a body: an image's is its data. */
export const standing = ({ kind, mark }: Said): string => (kind === "image" ? Buffer.from(mark).toString("base64") : mark);

export const tools: { readonly [wire in WireName]: readonly JsonObject[] } = {
  "openai-chat": [{ type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } }],
  "openai-responses": [{ type: "function", name: "look", parameters: { type: "object", properties: {} }, strict: false }],
  "anthropic-messages": [{ name: "look", input_schema: { type: "object", properties: {} } }],
  gemini: [{ functionDeclarations: [{ name: "look", parametersJsonSchema: { type: "object", properties: {} } }] }],
};
