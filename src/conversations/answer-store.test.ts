import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";
import { itemIdOf, itemsOf } from "./answer-items.ts";
import { AnswerStore, type Asked } from "./answer-store.ts";

const says = (role: Message["role"], text: string, itemId?: string): Message => ({
  role,
  content: [{ type: "text", text, ...(itemId !== undefined && { itemId }) }],
});
const finish = { reason: "stop", raw: "stop" } as const;
const ask = (id: string, messages: readonly Message[], previous?: string): Asked => ({
  id,
  previous,
  messages,
  said: { model: "m" },
  tools: { tools: [{ type: "function", name: "f" }] },
});

function storeOf(limits: ConstructorParameters<typeof AnswerStore>[1] = {}) {
  const clock = { ms: 0, now: () => clock.ms };
  const store = new AnswerStore(clock, limits);
  const told = (owner: string, question: Asked, ...items: readonly Message[]): boolean =>
    store.ask(owner, question) && store.answer(owner, question.id, { items, head: { id: question.id }, finish });
  return { clock, store, told };
}

const words = (messages: readonly Message[] | undefined) =>
  messages?.map(({ content }) => content.map((part) => ("text" in part ? part.text : part.type)).join("+"));

describe("answers", () => {
  it("are found with the conversation before them, and by their items, by their owner alone", () => {
    const { store, told } = storeOf();
    assert.equal(store.of("a"), undefined);
    told("a", ask("r1", [says("user", "one")]), says("assistant", "uno", "i1"));
    told("a", ask("r2", [says("user", "two")], "r1"), says("assistant", "dos", "i2"), says("assistant", "!", "i3"));
    assert.deepEqual(words(store.of("a")?.conversation("r2")), ["one", "uno", "two", "dos", "!"]);
    assert.deepEqual(words(store.of("a")?.conversation("r1")), ["one", "uno"]);
    assert.equal(itemIdOf(store.of("a")?.item("i3") ?? says("user", "")), "i3");
    assert.deepEqual(store.of("a")?.answer("r2"), {
      said: { model: "m", tools: [{ type: "function", name: "f" }] },
      result: {
        id: "r2",
        choices: [
          {
            index: 0,
            finish,
            content: [
              { type: "text", text: "dos", itemId: "i2" },
              { type: "text", text: "!", itemId: "i3" },
            ],
          },
        ],
      },
    });
    assert.equal(store.of("b"), undefined);
    told("b", ask("r9", []));
    const other = store.of("b");
    assert.deepEqual([other?.conversation("r2"), other?.item("i3"), other?.answer("r1")], [undefined, undefined, undefined]);
    assert.equal(store.forget("b", "r1"), false);
    // An item's id is no answer's.
    assert.deepEqual([store.of("a")?.conversation("i1"), store.of("a")?.answer("i1")], [undefined, undefined]);
  });

  it("are not there before they are told, nor once they are forgotten, and then what goes on from them is not either", () => {
    const { store, told } = storeOf();
    store.ask("a", ask("r1", [says("user", "one")]));
    assert.deepEqual([store.of("a")?.conversation("r1"), store.of("a")?.answer("r1")], [undefined, undefined]);
    assert.equal(store.answer("a", "r1", { items: [], head: {}, finish }), true);
    assert.equal(store.answer("a", "r1", { items: [], head: {}, finish }), false);
    told("a", ask("r2", [], "r1"));
    assert.ok(store.of("a")?.conversation("r2"));
    assert.equal(store.forget("a", "r1"), true);
    assert.equal(store.of("a")?.conversation("r2"), undefined);
    assert.ok(store.of("a")?.answer("r2"));
    store.forget("a", "r2");
    assert.deepEqual([store.size, store.bytes, store.held], [0, 0, 0]);
  });

  it("are forgotten after their time, which going on prolongs for the whole conversation", () => {
    const { store, told, clock } = storeOf({ ttlMs: 100 });
    told("a", ask("r1", [says("user", "one")]));
    told("a", ask("r2", [says("user", "two")], "r1"));
    clock.ms = 60;
    assert.ok(store.of("a")?.conversation("r2"));
    clock.ms = 159;
    assert.equal(store.of("a")?.conversation("r1")?.length, 1);
    clock.ms = 160;
    assert.equal(store.of("a")?.conversation("r2"), undefined);
    clock.ms = 259;
    assert.deepEqual([store.of("a"), store.size, store.bytes, store.held], [undefined, 0, 0, 0]);
  });

  it("of one id twice are none: which of them is meant cannot be told", () => {
    const { store, told } = storeOf();
    told("a", ask("r1", []), says("assistant", "one", "msg_0"));
    told("a", ask("r2", []), says("assistant", "two", "msg_0"));
    assert.equal(store.of("a")?.item("msg_0"), undefined);
  });

  it("take memory by the turn, both where the last one is named and where everything is sent again", () => {
    const filler = "x".repeat(10_000);
    const turns = 50;
    const named = storeOf();
    const again = storeOf();
    const history: Message[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const [question, answer] = [says("user", `${turn} ${filler}`), says("assistant", `${turn} ${filler}`, `i${turn}`)];
      named.told("a", ask(`r${turn}`, [question], turn === 0 ? undefined : `r${turn - 1}`), answer);
      history.push(question);
      again.told("a", ask(`r${turn}`, structuredClone(history)), answer);
      history.push(answer);
    }
    for (const { store } of [named, again]) {
      assert.ok(store.bytes < turns * 2.2 * filler.length, String(store.bytes));
      assert.equal(store.held, 2 * turns + 1);
      assert.deepEqual(words(store.of("a")?.conversation(`r${turns - 1}`)), words(history));
      for (let turn = 0; turn < turns; turn++) store.forget("a", `r${turn}`);
      assert.deepEqual([store.size, store.bytes, store.held], [0, 0, 0]);
    }
  });

  it("are bounded, of one owner and in all, those under way too; owners share nothing", () => {
    const filler = "x".repeat(1000);
    const { store, told } = storeOf({ ownerBytes: 10_000, bytes: 16_000 });
    for (let turn = 0; turn < 40; turn++) {
      told("a", ask(`a${turn}`, [says("user", `${turn} ${filler}`)]));
      store.ask("b", ask(`b${turn}`, [says("user", `${turn} ${filler}`)]));
      assert.ok(store.bytes <= 16_000, String(store.bytes));
    }
    assert.ok(store.bytes > 10_000);
    assert.ok(store.of("a")?.answer("a39"));
    assert.equal(store.of("a")?.answer("a0"), undefined);
    assert.equal(store.ask("c", ask("c", [says("user", "x".repeat(20_000))])), false);
    assert.equal(store.of("c"), undefined);
    const before = [store.size, store.bytes, store.held];
    store.ask("c", ask("c", [says("user", "x".repeat(20_000))]));
    assert.deepEqual([store.size, store.bytes, store.held], before);
  });
});

it("parts that no item shows go with the item before them, or with the first", () => {
  const part = (text: string, itemId?: string): Part => ({ type: "text", text, ...(itemId !== undefined && { itemId }) });
  const items = itemsOf([part("a"), part("b", "1"), part("c", "1"), part("d"), part("e", "2"), part("f")]);
  assert.deepEqual(words(items), ["a+b+c+d", "e+f"]);
  assert.deepEqual(items.map(itemIdOf), ["1", "2"]);
  assert.deepEqual(itemsOf([]), []);
});

it("many messages that look alike cost memory, not time", () => {
  const { store, told } = storeOf();
  const same = "x".repeat(200);
  const alike = Array.from({ length: 20_000 }, (_, at) => says("user", `${same}${String(at).padStart(6, "0")}${same}${same}`));
  const begun = performance.now();
  told("a", ask("r1", alike));
  assert.ok(performance.now() - begun < 5000);
  assert.equal(store.held, alike.length + 1);
  store.forget("a", "r1");
  assert.deepEqual([store.size, store.bytes, store.held], [0, 0, 0]);
});
