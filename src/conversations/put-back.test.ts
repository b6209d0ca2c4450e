import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message } from "../canonical/chat.ts";
import type { Part, ToolCallPart } from "../canonical/parts.ts";
import type { Warning } from "../canonical/warnings.ts";
import { putBack } from "./put-back.ts";
import { turnOf } from "./turn.ts";
import { TurnStore } from "./turn-store.ts";

const origin = { wire: "w", provider: "p" };
const thought = (signature: string, text = ""): Part => ({ type: "reasoning", text, signature, origin });
const text = (said: string): Part => ({ type: "text", text: said });
const call = (id: string, more: Partial<ToolCallPart> = {}): ToolCallPart => ({
  type: "tool-call",
  id,
  name: "f",
  arguments: '{"a":1,"b":[2]}',
  ...more,
});
const result = (toolCallId: string): Message => ({ role: "tool", content: [{ type: "tool-result", toolCallId, content: [] }] });
const user: Message = { role: "user", content: [text("go")] };
const says = (...content: readonly Part[]): Message => ({ role: "assistant", content });

/** What becomes of a history whose answer was `kept`. */
function restored(kept: readonly (readonly Part[])[], ...assistant: readonly Message[]) {
  const store = new TurnStore({ now: () => 0 });
  for (const parts of kept) {
    const turn = turnOf(parts);
    assert.ok(turn);
    store.remember("a", turn);
  }
  const warnings: Warning[] = [];
  const turns = store.of("a");
  assert.ok(turns);
  const ids = assistant.flatMap(({ content }) => content.flatMap((part) => (part.type === "tool-call" ? [part.id] : [])));
  const messages = putBack([user, ...assistant, ...ids.map(result)], turns, (warning) => warnings.push(warning));
  return { content: messages?.[1]?.content, messages, codes: warnings.map(({ code }) => code) };
}

describe("what the caller could not echo is put back", () => {
  const interleaved = [
    thought("1", "hm"),
    text("Let me "),
    thought("2"),
    text("look."),
    call("x"),
    thought("3"),
    call("y", { seal: { value: "s" } }),
  ];

  it("before, between and on the calls, as it was", () => {
    const { content, messages, codes } = restored([interleaved], says(text("Let me look."), call("x"), call("y")));
    assert.deepEqual(content, interleaved);
    assert.equal(messages?.length, 4);
    assert.deepEqual(codes, ["parts_put_back"]);
  });

  it("in place of unsigned copies, whatever order and blanks the arguments have now", () => {
    const copy: Part = { type: "reasoning", text: "hm", signature: "" };
    const again = call("x", { arguments: '{ "b": [2], "a": 1 }', cache: {} });
    const { content } = restored([[thought("1", "hm"), call("x")]], says(copy, again));
    assert.deepEqual(content, [thought("1", "hm"), again]);
  });

  it("around a text that the caller has changed, which keeps its place", () => {
    const { content } = restored([interleaved], says(text("Changed."), call("x"), call("y")));
    const [first, , second, , ...rest] = interleaved;
    assert.deepEqual(content, [first, text("Changed."), second, ...rest]);
    const { content: none } = restored([[thought("1"), call("x")]], says(text("New."), call("x")));
    assert.deepEqual(none, [thought("1"), text("New."), call("x")]);
  });

  it("into one message where the caller has cut the turn in several", () => {
    const { content, messages } = restored([interleaved], says(text("Let me look.")), says(call("x")), says(call("y")));
    assert.deepEqual(content, interleaved);
    assert.equal(messages?.length, 4);
  });

  it("to each call its own where the caller has put results between them", () => {
    const store = new TurnStore({ now: () => 0 });
    const turn = turnOf([thought("1"), call("x"), thought("2"), call("y")]);
    assert.ok(turn);
    store.remember("a", turn);
    const turns = store.of("a");
    assert.ok(turns);
    const messages = putBack([user, says(call("x")), result("x"), says(call("y")), result("y")], turns, () => {});
    assert.deepEqual(messages?.[1]?.content, [thought("1"), call("x")]);
    assert.deepEqual(messages?.[3]?.content, [thought("2"), call("y")]);
  });

  it("unless it is all there, or the caller has marks of its own", () => {
    assert.equal(restored([interleaved], says(...interleaved)).messages, undefined);
    assert.equal(restored([interleaved], says(thought("other"), call("x"), call("y"))).messages, undefined);
    const told: Part = { type: "reasoning", text: "hm", extra: { reasoning_details: [] } };
    assert.equal(restored([interleaved], says(told, call("x"), call("y"))).messages, undefined);
  });

  it("unless another call has the same id, or it cannot be told whose it was", () => {
    const kept = [thought("1"), call("x")];
    assert.equal(restored([kept], says(call("x", { arguments: "{}" }))).messages, undefined);
    assert.equal(restored([kept], says(call("x", { name: "g" }))).messages, undefined);
    const { messages, codes } = restored([kept, [thought("2"), call("x")]], says(call("x")));
    assert.equal(messages, undefined);
    assert.deepEqual(codes, ["parts_ambiguous"]);
    const beside = call("y", { arguments: '{"only":"here"}' });
    const told = restored(
      [
        [...kept, beside],
        [thought("2"), call("x"), call("y")],
      ],
      says(call("x"), beside),
    );
    assert.deepEqual([told.content, told.codes], [[...kept, beside], ["parts_put_back"]]);
    const other = [thought("2"), call("x", { arguments: "{}" })];
    assert.deepEqual(restored([kept, other], says(call("x"))).content, kept);
  });
});
