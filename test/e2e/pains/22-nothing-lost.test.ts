import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { obj, objects } from "../../conformance/json.ts";
import { pixel } from "../material.ts";
import { translate } from "./kit/codecs.ts";
import { type FourWires, pairs, providerOf, startFourWires, type WireName, wireNames } from "./kit/four-wires.ts";
import { histories, marksOf, standing, tools } from "./kit/histories.ts";
import { spell } from "./kit/spell.ts";

/*
 * #22: whatever was said arrives once, or is reported. Each wire's own parts, drawn at random from all there are, are held to the
 * same in its conservation.test.ts; here are requests as callers write them, over all pairs of wires.
 */

describe("#22: random conversations", () => {
  for (const from of wireNames) {
    test(`#22: everything said in ${from} stands once in every other wire's body`, (t) => {
      let marks = 0;
      fc.assert(
        fc.property(histories, (history) => {
          const { body, held } = spell(from, history);
          for (const to of wireNames) {
            const translated = translate(from, to, body);
            const sent = JSON.stringify(translated.body);
            for (const said of marksOf(held)) {
              const times = sent.split(standing(said)).length - 1;
              assert.equal(times, 1, `${said.kind} ${said.mark} stands ${times} times on ${to}: ${sent}`);
              marks++;
            }
            assert.deepEqual(
              translated.warnings.filter(({ kind }) => kind === "dropped"),
              [],
            );
          }
        }),
        { numRuns: 150 },
      );
      t.diagnostic(`${marks} parts, each there once`);
    });
  }
});

const image = `data:image/png;base64,${pixel}`;

/** A history whose one tool result is one image, and nothing else. */
const seen: { readonly [wire in Exclude<WireName, "openai-chat">]: JsonObject } = {
  "openai-responses": {
    input: [
      { role: "user", content: "q" },
      { type: "function_call", call_id: "a", name: "look", arguments: "{}" },
      { type: "function_call_output", call_id: "a", output: [{ type: "input_image", image_url: image }] },
    ],
  },
  "anthropic-messages": {
    messages: [
      { role: "user", content: "q" },
      { role: "assistant", content: [{ type: "tool_use", id: "a", name: "look", input: {} }] },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "a",
            content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: pixel } }],
          },
        ],
      },
    ],
  },
  gemini: {
    contents: [
      { role: "user", parts: [{ text: "q" }] },
      { role: "model", parts: [{ functionCall: { id: "a", name: "look", args: {} } }] },
      {
        role: "user",
        parts: [
          {
            functionResponse: {
              id: "a",
              name: "look",
              response: {},
              parts: [{ inlineData: { mimeType: "image/png", data: pixel } }],
            },
          },
        ],
      },
    ],
  },
};

/** Where the image stands, as a structured part, in what a provider was sent. */
const found: { readonly [wire in WireName]: (sent: JsonObject) => unknown } = {
  "openai-chat": (sent) => {
    const messages = objects(sent["messages"]);
    const after = messages[messages.findIndex(({ role }) => role === "tool") + 1];
    assert.equal(after?.["role"], "user", "right behind the tool message");
    return obj(objects(after["content"]).find(({ type }) => type === "image_url")?.["image_url"])["url"];
  },
  "openai-responses": (sent) => {
    const output = objects(sent["input"]).find(({ type }) => type === "function_call_output")?.["output"];
    return objects(output).find(({ type }) => type === "input_image")?.["image_url"];
  },
  "anthropic-messages": (sent) => {
    const result = objects(objects(sent["messages"]).at(-1)?.["content"]).find(({ type }) => type === "tool_result");
    const { source } = objects(result?.["content"]).find(({ type }) => type === "image") ?? {};
    return `data:${String(obj(source)["media_type"])};base64,${String(obj(source)["data"])}`;
  },
  gemini: (sent) => {
    const parts = objects(objects(sent["contents"]).at(-1)?.["parts"]);
    const response = obj(parts.find((part) => part["functionResponse"] !== undefined)?.["functionResponse"]);
    const inline = [...objects(response["parts"]), ...parts].find((part) => part["inlineData"] !== undefined);
    const { mimeType, data } = obj(inline?.["inlineData"]);
    return `data:${String(mimeType)};base64,${String(data)}`;
  },
};

describe("#22: through a running gateway", { timeout: 60_000 }, () => {
  let stack: FourWires;
  before(async () => {
    stack = await startFourWires();
  });
  after(() => stack.close());

  const systems: { readonly [wire in Exclude<WireName, "gemini">]: JsonObject } = {
    "openai-chat": {
      messages: [
        { role: "system", content: "Rule A" },
        { role: "developer", content: "Rule B" },
        { role: "system", content: [{ type: "text", text: "Rule C" }] },
        { role: "user", content: "q" },
      ],
    },
    "openai-responses": {
      instructions: "Rule A",
      input: [
        { role: "system", content: "Rule B" },
        { role: "developer", content: "Rule C" },
        { role: "user", content: "q" },
      ],
    },
    "anthropic-messages": {
      system: ["A", "B", "C"].map((rule) => ({ type: "text", text: `Rule ${rule}` })),
      messages: [{ role: "user", content: "q" }],
    },
  };

  for (const caller of ["openai-chat", "openai-responses", "anthropic-messages"] as const) {
    test(`#22: systems A, B and C of ${caller} are all in Gemini's systemInstruction`, async () => {
      const answer = await stack.post(caller, "gem/echo", systems[caller]);
      assert.equal(answer.status, 200, answer.text);
      const texts = objects(obj(stack.sent()["systemInstruction"])["parts"]).map(({ text }) => text);
      assert.equal(texts.join("|"), "Rule A|Rule B|Rule C");
    });
  }

  for (const { caller, upstream } of pairs) {
    if (caller === "openai-chat") continue;
    test(`#22: a tool result of one image stays an image: ${caller} → ${upstream}`, async () => {
      const body = { ...seen[caller], tools: tools[caller] };
      const answer = await stack.post(caller, `${providerOf[upstream]}/unsigned`, body);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(found[upstream](stack.sent()), image);
    });
  }
});
