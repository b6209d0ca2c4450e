import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { pixel } from "../material.ts";
import { translate } from "./kit/codecs.ts";
import { type FourWires, providerOf, startFourWires } from "./kit/four-wires.ts";

/*
 * #21: cache breakpoints stand where they were, or the caller is told that they mean nothing there. Bedrock's and Vertex' wires
 * belong to their providers' issue.
 */

const mark = { cache_control: { type: "ephemeral" } };
const hour = { cache_control: { type: "ephemeral", ttl: "1h" } };

/** A request with one mark; a provider takes four at most. */
const marked: { readonly [position: string]: JsonObject } = {
  system: { system: [{ type: "text", text: "Be brief.", ...hour }] },
  tools: { tools: [{ name: "hear", input_schema: { type: "object", properties: {} } }, look(hour)] },
  "user text": { messages: [{ role: "user", content: [{ type: "text", text: "q", ...mark }] }] },
  image: {
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: pixel }, ...mark },
          { type: "text", text: "q" },
        ],
      },
    ],
  },
  document: {
    messages: [
      {
        role: "user",
        content: [
          { type: "document", source: { type: "text", media_type: "text/plain", data: "All there is." }, ...hour },
          { type: "text", text: "q" },
        ],
      },
    ],
  },
  assistant: conversation({ text: mark }),
  "tool use": conversation({ use: mark }),
  "tool result": conversation({ result: mark }),
  "in a tool result": conversation({ inner: hour }),
  "the whole request": { ...mark, messages: [{ role: "user", content: "q" }] },
};

function look(cache: JsonObject): JsonObject {
  return { name: "look", input_schema: { type: "object", properties: {} }, ...cache };
}

function conversation({ text, use, result, inner }: { readonly [place: string]: JsonObject }): JsonObject {
  return {
    messages: [
      { role: "user", content: "q" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "A moment.", ...text },
          { type: "tool_use", id: "a", name: "look", input: {}, ...use },
        ],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "cold", ...inner }], ...result }],
      },
    ],
  };
}

const bodyOf = (position: string): JsonObject => ({
  max_tokens: 100,
  messages: [{ role: "user", content: "q" }],
  tools: [look({})],
  ...marked[position],
});

/** Where marks stand, and what they say. */
function marksIn(value: Json | undefined, at = ""): readonly string[] {
  if (isArray(value)) return value.flatMap((one, index) => marksIn(one, `${at}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    name === "cache_control" ? [`${at} ${JSON.stringify(one)}`] : marksIn(one, `${at}.${name}`),
  );
}

describe("#21: cache breakpoints", { timeout: 60_000 }, () => {
  let stack: FourWires;
  before(async () => {
    stack = await startFourWires();
  });
  after(() => stack.close());

  for (const position of Object.keys(marked)) {
    test(`#21: on ${position}: relayed to Anthropic`, async () => {
      const body = bodyOf(position);
      const answer = await stack.post("anthropic-messages", "ant/echo", body);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(marksIn(body).length, 1);
      assert.deepEqual(marksIn(stack.sent()), marksIn(body));
      assert.equal(answer.headers["x-polygate-warnings"], "none");
    });

    test(`#21: on ${position}: translated to Anthropic, its source dropped`, () => {
      const body = bodyOf(position);
      const translated = translate("anthropic-messages", "anthropic-messages", { model: "m", ...body });
      assert.deepEqual(marksIn(translated.body), marksIn(body));
      assert.deepEqual(translated.warnings, []);
    });

    for (const upstream of ["openai-chat", "openai-responses", "gemini"] as const) {
      test(`#21: on ${position}: to ${upstream}: taken out, and told`, async () => {
        const answer = await stack.post("anthropic-messages", `${providerOf[upstream]}/unsigned`, bodyOf(position));
        assert.equal(answer.status, 200, answer.text);
        assert.doesNotMatch(JSON.stringify(stack.sent()), /cache_control|ephemeral/);
        assert.match(answer.headers["x-polygate-warnings"] ?? "", /cache_control_ignored/);
        const row = (await stack.ledger()).at(-1);
        assert.match(row?.warnings ?? "", /"kind":"ignored","code":"cache_control_ignored"/);
      });
    }
  }
});
