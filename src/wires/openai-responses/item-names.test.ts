import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ChatChunk, ChatResult } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { finished } from "../../canonical/terminal.ts";
import { ResponseEncoder } from "./encode-reply.ts";
import { isMade, seedOf } from "./made-ids.ts";
import { name } from "./name.ts";
import { references } from "./references.ts";
import { echoOf } from "./response-object.ts";

const callId = `call_${"0123456789abcdef".repeat(2)}`;
const foreign = { wire: "anthropic-messages", provider: "ant" };
const bodies: readonly Part[] = [
  { type: "text", text: "a" },
  { type: "text", text: "b", itemId: "msg_theirs" },
  { type: "text", text: "", seal: { value: "s" }, as: "seal" },
  { type: "refusal", text: "no" },
  { type: "reasoning", text: "hm", origin: foreign },
  { type: "reasoning", text: "", redacted: "r", origin: foreign },
  { type: "reasoning", text: "hm", encrypted: "e", itemId: "rs_theirs", origin: { wire: name } },
  { type: "tool-call", id: "c", name: "f", arguments: "{}" },
  { type: "tool-call", id: "c", name: "g", arguments: "x", kind: "custom" },
  { type: "opaque", origin: { wire: name }, kind: "web_search_call", value: { type: "web_search_call", status: "completed" } },
  { type: "opaque", origin: { wire: name }, kind: "compaction", value: { type: "compaction", id: "cmp_theirs" } },
  { type: "opaque", origin: foreign, kind: "server_tool_use", value: {} },
  { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AA" } },
  { type: "image", source: { kind: "url", url: "https://h/i" } },
  { type: "audio", transcript: "said" },
];
const anyParts = fc.array(fc.constantFrom(...bodies), { maxLength: 12 });

const named = (parts: readonly Part[]): readonly Part[] => parts.map(references.naming(callId));
const meta = { id: callId, createdAt: 0, model: "m" };
const encoder = (): ResponseEncoder => new ResponseEncoder(meta, echoOf({}));
const finish = { reason: "stop", raw: null } as const;
const itemsOf = (response: JsonObject): readonly JsonObject[] => {
  const output: Json | undefined = response["output"];
  return isArray(output) ? output.filter(isObject) : [];
};
const ids = (items: readonly JsonObject[]) => items.map(({ id }) => id);
const resultOf = (content: readonly Part[]): ChatResult => ({ choices: [{ index: 0, content, finish }] });

describe("items have the ids that their parts were given", () => {
  it("whatever is said, each item once, and none that is not a part's", () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const given = named(parts);
        const items = itemsOf(encoder().whole(resultOf(given)));
        const known = new Set(given.flatMap(({ itemId }) => itemId ?? []));
        const shown = ids(items).map((id) => (typeof id === "string" ? id.replace(/_more\d+$/, "") : assert.fail()));
        assert.deepEqual(new Set(shown), known);
        assert.equal(new Set(ids(items)).size, items.length);
        // As they are without names: the same items, in number and kind.
        const plain = itemsOf(encoder().whole(resultOf(parts)));
        assert.deepEqual(
          items.map(({ type }) => type),
          plain.map(({ type }) => type),
        );
      }),
    );
  });

  it("and where a text goes on after a call has begun, its further item leads back to it", () => {
    const [text, call] = named([
      { type: "text", text: "" },
      { type: "tool-call", id: "c", name: "f", arguments: "{}" },
    ]);
    assert.ok(text && call);
    const made = encoder();
    const chunks: readonly ChatChunk[] = [
      { type: "part-start", choice: 0, part: 0, content: text },
      { type: "part-delta", choice: 0, part: 0, delta: { type: "text", text: "a" } },
      { type: "part-start", choice: 0, part: 1, content: call },
      { type: "part-delta", choice: 0, part: 0, delta: { type: "text", text: "b" } },
      { type: "finish", choice: 0, finish },
    ];
    const events = [...chunks.flatMap((chunk) => made.push(chunk)), ...made.end(finished)];
    const last: Json = JSON.parse(events.at(-1)?.data ?? "null");
    const response = isObject(last) && isObject(last["response"]) ? last["response"] : assert.fail();
    const seed = seedOf(callId);
    assert.deepEqual(ids(itemsOf(response)), [`msg_${seed}_0`, `fc_${seed}_1`, `msg_${seed}_0_more1`]);
    const reference = (id: string): Part => ({ type: "opaque", origin: { wire: name }, kind: "item_reference", value: { id } });
    const read = references.referredBy({ role: "assistant", content: [reference(`msg_${seed}_0_more1`)] });
    assert.equal(read, `msg_${seed}_0`);
  });
});

it("ids of ours are told from others'", () => {
  const seed = seedOf(callId);
  for (const id of [references.responseId(callId), `rs_${seed}_0`, `fc_${seed}_12`, `msg_${seed}_0_more2`])
    assert.ok(isMade(id), id);
  const hex = "0123456789abcdef".repeat(2);
  for (const id of [`resp_${hex}`, `msg_${hex}`, `rs_0${hex}0123`, `fc_${hex}_x`, "resp_1", "msg_1"]) assert.ok(!isMade(id), id);
});

it("answers of other wires have an id of ours, those of this one keep theirs", () => {
  for (const id of ["chatcmpl-1", "msg_1", undefined])
    assert.equal(encoder().whole({ ...resultOf([]), id })["id"], references.responseId(callId));
  assert.equal(encoder().whole({ ...resultOf([]), id: "resp_theirs" })["id"], "resp_theirs");
});

it("a body that refers to something is told from one that does not", () => {
  const item = { type: "item_reference", id: "rs_1" };
  for (const body of [{ previous_response_id: "r" }, { input: ["x", item] }, { input: [{ id: "rs_1" }] }])
    assert.ok(references.refers(body), JSON.stringify(body));
  const said = { role: "user", content: "x", id: "msg_1" };
  for (const body of [
    {},
    { input: "x" },
    { input: [said] },
    { previous_response_id: null, input: [{ type: "message", id: "m" }] },
  ])
    assert.ok(!references.refers(body), JSON.stringify(body));
});
