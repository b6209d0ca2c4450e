import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { aborts } from "./aborts.ts";
import { answers } from "./answers.ts";
import { type Column, demonstrate } from "./check.ts";
import type { Driver } from "./driver.ts";
import { anthropic } from "./drivers/anthropic.ts";
import { openaiChat } from "./drivers/openai-chat.ts";
import { errors } from "./errors.ts";
import { tools } from "./tools.ts";
import { startUpstreams, type Upstreams } from "./upstreams.ts";
import { assertExpected } from "./warnings.ts";

/* The checks can fail: each finds the mistake planted for it. */

const checks = [...answers, ...tools, ...errors, ...aborts];

describe("planted mistakes", () => {
  let upstreams: Upstreams;
  before(async () => {
    upstreams = await startUpstreams();
  });
  after(() => upstreams.close());

  const finds = async (name: string, driver: Driver, what: RegExp, column: Column = "openai-chat"): Promise<void> => {
    const check = checks.find((one) => one.name === name);
    assert.ok(check, `there is no check ${name}`);
    await assert.rejects(demonstrate(upstreams, driver, column, check), what);
  };

  /** The driver, with what it says changed. */
  const saying = (change: (said: Awaited<ReturnType<Driver["ask"]>>) => Partial<Awaited<ReturnType<Driver["ask"]>>>): Driver => ({
    ...openaiChat,
    ask: async (place, wish) => {
      const said = await openaiChat.ask(place, wish);
      return { ...said, ...change(said) };
    },
  });

  test("another text, finish, usage or object", async () => {
    await finds(
      "text",
      saying(({ text }) => ({ text: text.slice(1) })),
      /strictly equal/,
    );
    await finds(
      "text",
      saying(() => ({ finish: "length" })),
      /why it ended/,
    );
    await finds(
      "text, streamed",
      saying(() => ({ pieces: 1 })),
      /in 1 pieces/,
    );
    await finds(
      "usage",
      saying(({ usage }) => ({ usage: usage && { ...usage, output: usage.output + 1 } })),
      /deep-equal/,
    );
    await finds(
      "object",
      saying(() => ({ object: {} })),
      /deep-equal/,
    );
    await finds(
      "image",
      saying(() => ({ text: "What is this?" })),
      /strictly equal/,
    );
  });

  test("signatures that do not come back, and results that get lost", async () => {
    const unthinking: Driver["work"] = (place, task) =>
      anthropic.work(place, { ...task, model: task.model.replace("thinking-", ""), thinking: false });
    await finds("signatures", { ...anthropic, work: unthinking }, /what the model thought is shown/, "anthropic-messages");
    const unsigned: Driver["work"] = async (place, task) =>
      (await unthinking(place, task)).map((step) => ({ ...step, thought: true }));
    await finds("signatures", { ...anthropic, work: unsigned }, /comes back with its signature/, "anthropic-messages");
    const lossy: Driver = { ...openaiChat, work: (place, task) => openaiChat.work(place, { ...task, run: () => "" }) };
    await finds("three turns", lossy, /deep-equal/);
    await finds("parallel, streamed", lossy, /did not match/);
  });

  test("errors of another class, and requests made again", async () => {
    const plain: Driver = { ...openaiChat, fault: (thrown) => ({ kind: "Error", status: 400, message: String(thrown) }) };
    await finds("400", plain, /deep-equal/);
    await finds("error in a stream", plain, /strictly equal/);
    const eager: Driver = {
      ...openaiChat,
      ask: (place, wish) => openaiChat.ask(place, wish).catch(() => openaiChat.ask(place, wish)),
    };
    await finds("400", eager, /how often it was tried/);
    await finds("error in a stream", eager, /not begun again/);
  });

  test("who stays when leaving, and who gives half an answer for a whole one", async () => {
    await finds("abort of a whole answer", { ...openaiChat, isAbort: () => false }, /thrown was/);
    const half: Driver = {
      ...openaiChat,
      ask: (place, wish) => openaiChat.ask(place, wish).catch(() => ({ text: "o", pieces: 1, finish: "stop", usage: undefined })),
    };
    await finds("abort in the middle", half, /not given as an answer/);
  });

  test("a warning that is not due", () => {
    const rows = (code: string) => [{ warnings: JSON.stringify([{ kind: "dropped", code }]) }];
    assertExpected("openai-chat", "gemini", "signatures", rows("parts_put_back"));
    assert.throws(() => assertExpected("openai-chat", "gemini", "text", rows("parts_put_back")), /no warnings but those/);
    assert.throws(() => assertExpected("openai-chat", "gemini", "signatures", rows("seed_dropped")), /no warnings but those/);
  });
});
