import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message } from "../../../canonical/chat.ts";
import type { MediaSource, Origin, Part } from "../../../canonical/parts.ts";
import type { Warning } from "../../../canonical/warnings.ts";

/** A part that carries this mark. */
export type Draw = (mark: string) => Part;

const sources: readonly ((mark: string) => MediaSource)[] = [
  (mark) => ({ kind: "base64", mediaType: "image/png", data: mark }),
  (mark) => ({ kind: "url", url: `https://x.test/${mark}` }),
  (mark) => ({ kind: "url", url: `gs://x/${mark}` }),
  (mark) => ({ kind: "file", id: mark }),
  (mark) => ({ kind: "text", text: mark, mediaType: "text/plain" }),
  (mark) => ({ kind: "parts", parts: [{ type: "text", text: mark }] }),
];

/** A part of every kind. `foreign` made those that another wire can have no use for. */
export const draws = (foreign: Origin): readonly Draw[] => [
  (mark) => ({ type: "text", text: mark }),
  (mark) => ({ type: "text", text: mark, cache: { ttl: "1h" } }),
  (mark) => ({ type: "refusal", text: mark }),
  (mark) => ({ type: "reasoning", text: mark, signature: "s", origin: foreign }),
  (mark) => ({ type: "opaque", origin: foreign, kind: "server_tool_use", value: { id: mark } }),
  (mark) => ({ type: "audio", id: mark }),
  (mark) => ({ type: "audio", id: "spoken", transcript: mark }),
  ...sources.flatMap((source): Draw[] => [
    (mark) => ({ type: "image", source: source(mark) }),
    (mark) => ({ type: "audio", source: source(mark), format: "wav" }),
    (mark) => ({ type: "video", source: source(mark) }),
    (mark) => ({ type: "document", source: source(mark) }),
  ]),
];

/** A conversation each of whose parts carries a mark of its own. */
export interface Marked {
  readonly messages: readonly Message[];
  /** The place of each marked part, e.g. `messages[1].content[0]`. */
  readonly marks: ReadonlyMap<string, string>;
}

/** Legal conversations of these parts, with parallel tool calls whose results come in another order. */
export function conversations(from: readonly Draw[]): fc.Arbitrary<Marked> {
  const drawn = fc.array(fc.constantFrom(...from), { maxLength: 4 });
  const turn = fc.record({ user: drawn, assistant: drawn, calls: fc.array(drawn, { maxLength: 3 }), system: fc.boolean() });
  return fc.array(turn, { minLength: 1, maxLength: 4 }).map((turns) => {
    const messages: Message[] = [];
    const marks = new Map<string, string>();
    const marked = (draw: Draw, place: string): Part => {
      const mark = `mark${marks.size + 1}end`;
      marks.set(mark, place);
      return draw(mark);
    };
    const add = (role: Message["role"], parts: readonly ((place: string) => Part)[]): void => {
      messages.push({ role, content: parts.map((part, at) => part(`messages[${messages.length}].content[${at}]`)) });
    };
    const place =
      (draw: Draw) =>
      (at: string): Part =>
        marked(draw, at);
    for (const [number, { user, assistant, calls, system }] of turns.entries()) {
      if (system) add("system", [place(text)]);
      add("user", [place(text), ...user.map(place)]);
      const ids = calls.map((_, at) => `call${number}x${at}`);
      const made = ids.map((id) => place((mark) => ({ type: "tool-call", id, name: "f", arguments: JSON.stringify({ mark }) })));
      add("assistant", [...assistant.map(place), ...made]);
      const results = ids.map((toolCallId, at) => (where: string): Part => {
        const content = (calls[at] ?? []).map((draw, index) => marked(draw, `${where}.content[${index}]`));
        return { type: "tool-result", toolCallId, content };
      });
      if (ids.length > 0) add("user", results.reverse());
    }
    return { messages, marks };
  });
}

const text: Draw = (mark) => ({ type: "text", text: mark });

/** Each mark is once in what is sent or once among what was dropped, by its part's place. */
export function assertConserved({ marks }: Marked, sent: string, warnings: readonly Warning[]): void {
  for (const [mark, place] of marks) {
    const times = sent.split(mark).length - 1;
    const lost = warnings.filter((warning) => warning.kind === "dropped" && warning.at === place).length;
    assert.equal(times + lost, 1, `${place}: ${times} times in the body, ${lost} times in the warnings`);
  }
}
