import assert from "node:assert/strict";
import { assertFinish, type Check } from "./check.ts";
import type { Medium } from "./driver.ts";
import { image, inventedPerson, pdf, person } from "./material.ts";

/* One question, one answer. */

const prompt = "Grüße, 世界 👋, and five words more here";

const text = (stream: boolean): Check => ({
  name: stream ? "text, streamed" : "text",
  async run(context) {
    const { driver, place, model } = context;
    const said = await driver.ask(place, { model: model("echo"), stream, system: "Be brief.", prompt });
    assert.equal(said.text, prompt);
    assertFinish(context, said.finish, "stop");
    if (stream) assert.ok(said.pieces > 3, `it came in ${said.pieces} pieces`);
    assert.match(JSON.stringify(context.received()[0]?.body), /Be brief\./);
  },
});

/** What the SDK says was used is what the upstream would have billed. */
const usage = (stream: boolean): Check => ({
  name: stream ? "usage, streamed" : "usage",
  async run({ driver, place, model, received }) {
    const said = await driver.ask(place, { model: model("echo"), stream, prompt });
    const bill = received().at(-1)?.bill;
    assert.ok(bill);
    const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = bill.input;
    const billed = { input: uncached + cacheRead + cacheWrite5m + cacheWrite1h, output: bill.outputTokens };
    assert.deepEqual(said.usage, billed);
  },
});

const limit = (stream: boolean): Check => ({
  name: stream ? "limit, streamed" : "limit",
  async run(context) {
    const { driver, place, model } = context;
    const said = await driver.ask(place, { model: model("words:50"), stream, prompt: "go", maxTokens: 17 });
    assert.equal(said.text.trim().split(/\s+/).length, 17);
    assertFinish(context, said.finish, "length");
  },
});

/** LangChain sends media to models only whose names it knows, or that have this word in them. */
const seeing = "echo-vision";

const medium = (name: string, shown: Medium): Check => ({
  name,
  async run({ driver, place, model }) {
    const said = await driver.ask(place, { model: model(seeing), stream: false, prompt: "What is this?", medium: shown });
    assert.equal(said.text, `What is this? [${shown.type} ${Buffer.from(shown.base64, "base64").length} bytes]`);
  },
});

const object = (stream: boolean): Check => ({
  name: stream ? "object, streamed" : "object",
  async run({ driver, place, model }) {
    const said = await driver.ask(place, { model: model("echo"), stream, prompt: "a person", schema: person });
    assert.deepEqual(said.object, inventedPerson);
  },
});

export const answers: readonly Check[] = [
  text(false),
  text(true),
  usage(false),
  usage(true),
  limit(false),
  limit(true),
  medium("image", image),
  medium("PDF", pdf),
  object(false),
  object(true),
];
