import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Call } from "../canonical/call.ts";
import { callOf, type ScriptedReply, wires } from "./testing/calls.ts";
import { chunksOf, good, refusal, rig, whole } from "./testing/rig.ts";
import { openaiAnswer } from "./testing/streams.ts";

const { openai, anthropic } = wires;
assert.ok(openai && anthropic);

describe("a whole reply", () => {
  const one = async (reads: readonly string[], changes: Partial<Call<"chat">> = {}, wire = openai) => {
    const { run, log } = rig([{ reads }, { reads }, { reads }]);
    const reply = await run(callOf(wire, "oai/m", { stream: false, ...changes }));
    return { reply, end: log.ended.at(-1), ends: log.ended.length };
  };

  it("is passed on byte for byte to a caller of its wire, and decoded for another", async () => {
    const spaced = ` ${whole}\n`;
    const relayed = await one([spaced.slice(0, 30), spaced.slice(30)]);
    assert.ok(!relayed.reply.stream);
    assert.equal(Buffer.from(relayed.reply.raw ?? []).toString(), spaced);
    assert.equal(relayed.reply.result.usage?.outputVisible, 2);
    const translated = await one([whole], {}, anthropic);
    assert.ok(!translated.reply.stream && translated.reply.raw === undefined);
    for (const { end, ends } of [relayed, translated]) {
      assert.equal(ends, 1);
      assert.deepEqual(
        [end?.terminal, end?.usage?.inputUncached, end?.finishReason, end?.servedModel],
        ["finished", 1, "stop", "m-1"],
      );
      assert.equal(end?.firstContentMs, undefined);
    }
  });

  it("that came as a stream is put together", async () => {
    const { reply } = await one([good]);
    assert.ok(!reply.stream);
    assert.equal(reply.result.choices[0]?.content.length, 2);
    assert.equal(reply.result.choices[0]?.finish.reason, "tool-calls");
  });

  it("that is none is tried again, then refused by what it was", async () => {
    for (const [text, words] of [
      ["", /empty body/],
      ["  \n", /empty body/],
      [" <html>", /page of HTML/],
      ["moo", /neither JSON/],
      ["[1]", /neither JSON/],
    ] as const) {
      const { run, log } = rig([{ reads: [text] }, { reads: [text] }, { reads: [text] }]);
      const error = await refusal(run(callOf(openai, "oai/m", { stream: false })));
      assert.equal(error.code, "bad_reply");
      assert.match(error.message, words);
      assert.equal(log.ended.length, 3);
    }
    const broken = rig(Array.from({ length: 3 }, () => ({ reads: [openaiAnswer.frames.slice(0, 3).join("")] })));
    assert.equal((await refusal(broken.run(callOf(openai, "oai/m", { stream: false })))).code, "truncated");
  });

  it("that holds counts and no answer is booked with them at each attempt (D12)", async () => {
    const counts = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
    const text = JSON.stringify({ id: "c", object: "chat.completion", model: "m-1", usage: counts });
    const cut = `data: ${JSON.stringify({ id: "c", model: "m-1", choices: [{ index: 0, delta: { content: "a" } }], usage: counts })}\n\n`;
    for (const [wire, reads, code] of [
      [openai, [text], "bad_reply"],
      [anthropic, [text], "bad_reply"],
      [anthropic, [cut], "truncated"],
    ] as const) {
      const { run, log } = rig([{ reads }, { reads }, { reads }]);
      assert.equal((await refusal(run(callOf(wire, "oai/m", { stream: false })))).code, code);
      assert.deepEqual(
        log.ended.map(({ how, errorCode, usage }) => [how, errorCode, usage?.inputUncached, usage?.outputVisible]),
        Array.from({ length: 3 }, () => ["settle", code, 1000, 500]),
        `${wire.name} ${code}`,
      );
    }
  });

  it("that is too large is bought once, and the refusal says what to do", async () => {
    const text = "x".repeat(10_001);
    for (const [stream, reads] of [
      [false, [text]],
      [true, ["{", text]],
    ] as const) {
      const { run, log, transport } = rig([{ reads }, { reads: [whole] }]);
      const error = await refusal(run(callOf(openai, "oai/m", { stream })));
      assert.equal(error.code, "bad_reply");
      assert.match(error.message, /larger than the 10000 bytes .*`limits\.reply_bytes`/);
      assert.equal(transport.asked.length, 1);
      assert.deepEqual(
        log.ended.map(({ errorCode }) => errorCode),
        ["bad_reply"],
      );
    }
  });

  it("that holds an error is that error", async () => {
    const reads = ['{"error":{"message":"no such thing","type":"invalid_request_error"}}'];
    for (const wire of [openai, anthropic]) {
      for (const stream of [true, false]) {
        const { run, log } = rig([{ reads }]);
        const error = await refusal(run(callOf(wire, "oai/m", { stream })));
        assert.equal(error.code, "invalid_request");
        assert.deepEqual(
          log.ended.map(({ errorCode }) => errorCode),
          ["invalid_request"],
        );
      }
    }
  });
});

describe("an answer that its provider says went wrong", () => {
  const broken = whole.replace('"stop"', '"error"');

  it("is refused to callers of another wire, who have no word for it, after the usual attempts", async () => {
    assert.notEqual(broken, whole);
    const { run, log } = rig([{ reads: [broken] }, { reads: [broken] }, { reads: [broken] }]);
    assert.equal((await refusal(run(callOf(anthropic, "oai/m", { stream: false })))).code, "provider_error");
    assert.equal(log.ended.length, 3);
  });

  it("ends their stream with an error", async () => {
    const frames = openaiAnswer.frames.map((frame) => frame.replace('"finish_reason":"tool_calls"', '"finish_reason":"error"'));
    const { run } = rig([{ reads: frames }]);
    const { terminal } = await chunksOf(await run(callOf(anthropic, "oai/m")));
    assert.equal(terminal, "error");
  });

  it("is passed on as it came to callers of its own wire", async () => {
    const { run } = rig([{ reads: [broken] }]);
    const reply = await run(callOf(openai, "oai/m", { stream: false }));
    assert.ok(!reply.stream && Buffer.from(reply.raw ?? []).toString() === broken);
  });
});

describe("a streamed reply", () => {
  it("that came whole is given as a stream of one batch", async () => {
    for (const wire of [openai, anthropic]) {
      const { run, log } = rig([{ reads: [whole.slice(0, 9), whole.slice(9)] }]);
      const reply = await run(callOf(wire, "oai/m"));
      const { terminal, result } = await chunksOf(reply);
      assert.equal(terminal, "finished");
      assert.deepEqual(result.choices[0]?.content, [{ type: "text", text: "hi" }]);
      assert.deepEqual(
        log.ended.map(({ terminal, usage }) => [terminal, usage?.outputVisible]),
        [["finished", 2]],
      );
    }
  });

  it("has its first content in the books, also when it came in one read", async () => {
    for (const reads of [[good], openaiAnswer.frames]) {
      const { run, log } = rig([{ reads }]);
      await chunksOf(await run(callOf(openai, "oai/m")));
      assert.equal(log.ended[0]?.firstContentMs, 0);
    }
  });

  it("without content in time is a timeout, and is let go of", async () => {
    const replies = Array.from({ length: 3 }, (): ScriptedReply => ({ reads: [openaiAnswer.frames[0] ?? "", "…"] }));
    const { run, log, transport, clock } = rig(replies);
    const error = await refusal(run(callOf(openai, "oai/m"), 15_000));
    assert.equal(error.code, "timeout");
    assert.match(error.message, /first_token/);
    assert.deepEqual(
      log.ended.map(({ errorCode }) => errorCode),
      ["timeout", "timeout", "timeout"],
    );
    assert.ok(transport.bodies.every(({ cancelled }) => cancelled));
    assert.equal(clock.pending, 0);
  });

  it("of HTML is refused without quoting it", async () => {
    const { run, transport } = rig(Array.from({ length: 3 }, () => ({ reads: ["\n<!doctype html>secret", "…" as const] })));
    const error = await refusal(run(callOf(openai, "oai/m")));
    assert.match(error.message, /page of HTML/);
    assert.doesNotMatch(error.message, /secret/);
    assert.ok(transport.bodies.every(({ cancelled }) => cancelled));
  });
});
