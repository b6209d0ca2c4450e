import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "./backend.ts";
import { Conversation } from "./conversation.ts";

const answer = (text: string, over: Partial<Answer> = {}): Answer => ({
  text,
  message: {
    role: "assistant",
    content: [
      { type: "reasoning", text: "hm", signature: "s" },
      { type: "text", text },
    ],
  },
  finish: "stop",
  input: 1000,
  output: 5,
  costUsd: "0.000123",
  warnings: [],
  ms: 1,
  ...over,
});

test("turns are sent as they came, thoughts and their signatures too, and saved as what was said", () => {
  const talk = new Conversation("a/b", "be brief");
  talk.ask("one");
  talk.take(answer("1"));
  talk.ask("two");
  assert.deepEqual(
    talk.messages.map(({ role }) => role),
    ["system", "user", "assistant", "user"],
  );
  assert.deepEqual(talk.messages[2], answer("1").message);
  assert.deepEqual(JSON.parse(talk.json()).messages[2], { role: "assistant", content: "1" });
  assert.match(talk.markdown(), /^# Conversation with a\/b\n\n## system\n\nbe brief\n\n## user\n\none\n\n## assistant\n\n1\n/);
});

const said = (talk: Conversation): readonly string[] =>
  JSON.parse(talk.json()).messages.map(({ content }: { content: string }) => content);

test("a question without an answer is set aside and can be asked again; half an answer is kept", () => {
  const talk = new Conversation("a/b", undefined);
  assert.equal(talk.again(), false);
  talk.ask("x");
  assert.equal(talk.breakOff(""), "aside");
  assert.deepEqual(said(talk), []);
  assert.equal(talk.again(), true);
  assert.deepEqual(said(talk), ["x"]);
  assert.equal(talk.breakOff(""), "aside");
  assert.equal(talk.again(), true);
  talk.take(answer("1"));
  talk.ask("y");
  assert.equal(talk.breakOff("ha"), "kept");
  assert.deepEqual(said(talk), ["x", "1", "y", "ha"]);
  talk.ask("z");
  talk.breakOff("");
  talk.ask("w");
  talk.take(answer("4"));
  assert.equal(talk.again(), true, "what is asked again is the last question, not one that was set aside before it");
  assert.deepEqual(said(talk), ["x", "1", "y", "ha", "w"]);
  talk.breakOff("");
  talk.clear();
  assert.equal(talk.again(), false);
});

test("an answer stays until another is there, however often and however far the other fails", () => {
  const talk = new Conversation("a/b", undefined);
  talk.ask("one");
  talk.take(answer("1"));
  talk.ask("two");
  talk.take(answer("2"));
  for (const text of ["", "half of another", ""]) {
    assert.equal(talk.again(), true);
    assert.deepEqual(said(talk), ["one", "1", "two"]);
    assert.equal(talk.breakOff(text), "restored");
    assert.deepEqual(said(talk), ["one", "1", "two", "2"]);
  }
  talk.again();
  talk.take(answer("2b"));
  talk.ask("three");
  assert.equal(talk.breakOff(""), "aside", "the old answer is not put where a new question stood");
  assert.deepEqual(said(talk), ["one", "1", "two", "2b"]);
});

test("costs add up to the last digit, and what is not known is said", () => {
  const talk = new Conversation("a/b", undefined);
  assert.equal(talk.cost, "0 answers · 0 tokens in, 0 out · cost not known");
  for (let index = 0; index < 10; index++) talk.take(answer("x", { costUsd: "0.1" }));
  talk.take(answer("x", { costUsd: "12.000000001" }));
  assert.equal(talk.cost, "11 answers · 11,000 tokens in, 55 out · $13.000000001");
  talk.take(answer("x", { costUsd: undefined, input: undefined, output: undefined }));
  assert.equal(
    talk.cost,
    "12 answers · 11,000 tokens in, 55 out · $13.000000001 and what 1 of unknown price cost · 1 without usage",
  );
});
