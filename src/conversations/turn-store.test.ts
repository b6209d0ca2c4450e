import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Part } from "../canonical/parts.ts";
import { type Turn, turnOf } from "./turn.ts";
import { TurnStore } from "./turn-store.ts";

const turn = (id: string, signature = "sig", filler = 0): Turn => {
  const parts: readonly Part[] = [
    { type: "reasoning", text: "x".repeat(filler), signature },
    { type: "tool-call", id, name: "f", arguments: "{}" },
  ];
  const made = turnOf(parts);
  assert.ok(made);
  return made;
};

function storeOf(limits: ConstructorParameters<typeof TurnStore>[1] = {}) {
  const clock = { ms: 0, now: () => clock.ms };
  return { clock, store: new TurnStore(clock, limits) };
}

describe("turns", () => {
  it("are found by the ids of their calls, by their owner alone", () => {
    const { store } = storeOf();
    assert.equal(store.of("a"), undefined);
    store.remember("a", turn("1"));
    assert.deepEqual(store.of("a")?.find("1"), [turn("1")]);
    assert.deepEqual(store.of("a")?.find("2"), []);
    assert.equal(store.of("b"), undefined);
    store.remember("b", turn("2"));
    assert.equal(store.of("b")?.has("1"), false);
  });

  it("are forgotten after their time, which being asked for prolongs", () => {
    const { store, clock } = storeOf({ ttlMs: 100 });
    store.remember("a", turn("1"));
    store.remember("a", turn("2"));
    clock.ms = 60;
    assert.equal(store.of("a")?.find("1").length, 1);
    clock.ms = 100;
    assert.equal(store.of("a")?.has("2"), false);
    assert.equal(store.of("a")?.has("1"), true);
    clock.ms = 160;
    assert.equal(store.of("a"), undefined);
    assert.deepEqual([store.size, store.bytes], [0, 0]);
  });

  it("are bounded in number and bytes, of one owner and in all, the oldest going first", () => {
    const { store } = storeOf({ ownerEntries: 3, entries: 5 });
    for (let at = 0; at < 10; at++) store.remember("a", turn(`a${at}`));
    assert.equal(store.size, 3);
    assert.deepEqual(
      ["a6", "a7", "a9"].map((id) => store.of("a")?.has(id)),
      [false, true, true],
    );
    for (let at = 0; at < 3; at++) store.remember("b", turn(`b${at}`));
    assert.equal(store.size, 5);
    assert.equal(store.of("a")?.has("a7"), false);

    const heavy = storeOf({ ownerBytes: 3000, bytes: 5000 }).store;
    for (let at = 0; at < 10; at++) heavy.remember("a", turn(`a${at}`, "s", 1000));
    for (let at = 0; at < 10; at++) heavy.remember("b", turn(`b${at}`, "s", 1000));
    assert.ok(heavy.bytes <= 5000 && heavy.bytes > 3000);
    assert.equal(heavy.remember("a", turn("huge", "s", 4000)), false);
    assert.equal(heavy.of("a")?.has("huge"), false);
  });

  it("that were told twice are kept once, and sixteen at most share an id", () => {
    const { store } = storeOf();
    store.remember("a", turn("1"));
    store.remember("a", turn("1"));
    assert.equal(store.of("a")?.find("1").length, 1);
    for (let at = 0; at < 40; at++) store.remember("a", turn("1", `sig${at}`));
    assert.equal(store.of("a")?.find("1").length, 16);
    assert.equal(store.size, 16);
  });
});

it("only turns with calls and something that cannot be echoed are turns to keep", () => {
  const call: Part = { type: "tool-call", id: "1", name: "f", arguments: "{}" };
  assert.equal(turnOf([call]), undefined);
  assert.equal(turnOf([{ type: "reasoning", text: "hm" }, call]), undefined);
  assert.equal(turnOf([{ type: "reasoning", text: "hm", signature: "" }, call]), undefined);
  assert.equal(turnOf([{ type: "reasoning", text: "hm", signature: "s" }]), undefined);
  for (const part of [
    { type: "reasoning", text: "", redacted: "r" },
    { type: "reasoning", text: "", encrypted: "e" },
    { type: "reasoning", text: "hm", wanted: true },
    { type: "text", text: "", seal: { value: "s" } },
    { type: "opaque", origin: { wire: "w" }, kind: "k", value: {} },
  ] satisfies readonly Part[])
    assert.ok(turnOf([part, call]), JSON.stringify(part));
  assert.ok(turnOf([{ ...call, seal: { value: "s" } }]));
});
