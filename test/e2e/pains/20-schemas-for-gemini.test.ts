import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { JsonObject } from "../../../src/canonical/json.ts";
import { obj, objects } from "../../conformance/json.ts";
import { type FourWires, startFourWires, type WireName } from "./kit/four-wires.ts";
import { told } from "./kit/told.ts";

/*
 * #20: tools whose schemas Google would refuse, through a running gateway. The compiler itself, every recorded schema and the
 * exact cases in both of Google's languages are in src/wires/shared/schema. Vertex belongs to its provider's issue.
 */

const parameters: JsonObject = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: {
    level: { type: "integer", enum: [3, 7] },
    name: { type: ["string", "null"] },
    config: { $ref: "#/$defs/Cfg" },
    mode: { const: "fast" },
    sure: { const: true },
    either: {
      oneOf: [
        { type: "object", properties: { a: { type: "number", exclusiveMinimum: 0 } }, required: ["a"] },
        { type: "array", items: { type: "string" }, uniqueItems: true },
      ],
    },
    tree: { $ref: "#/$defs/Node" },
    labels: { type: "object", additionalProperties: { type: "string" }, propertyNames: { pattern: "^[a-z]+$" } },
  },
  required: ["level", "name", "config", "mode", "sure"],
  additionalProperties: false,
  $defs: {
    Cfg: { type: "object", properties: { port: { type: "integer", minimum: 1 }, host: { type: "string" } }, required: ["port"] },
    Node: { type: "object", properties: { value: { type: "string" }, next: { $ref: "#/$defs/Node" } } },
  },
};

const asked: { readonly [wire in Exclude<WireName, "gemini">]: JsonObject } = {
  "openai-chat": {
    messages: [{ role: "user", content: "hi" }],
    tools: [{ type: "function", function: { name: "look", parameters } }],
  },
  "openai-responses": { input: "hi", tools: [{ type: "function", name: "look", parameters, strict: false }] },
  "anthropic-messages": { messages: [{ role: "user", content: "hi" }], tools: [{ name: "look", input_schema: parameters }] },
};

/** Every schema within a schema. */
function* within(schema: JsonObject): Generator<JsonObject> {
  yield schema;
  for (const inner of [
    ...Object.values(obj(schema["properties"])),
    schema["items"],
    ...objects(schema["anyOf"]),
    schema["additionalProperties"],
  ]) {
    if (Object.keys(obj(inner)).length > 0) yield* within(obj(inner));
  }
}

describe("#20: through a running gateway", { timeout: 30_000 }, () => {
  let stack: FourWires;
  before(async () => {
    stack = await startFourWires();
  });
  after(() => stack.close());

  for (const caller of ["openai-chat", "openai-responses", "anthropic-messages"] as const) {
    for (const stream of [false, true]) {
      test(`#20: a hard schema from ${caller}, ${stream ? "streamed" : "whole"}: taken, and its values come back`, async () => {
        const answer = await stack.post(caller, "gem/unsigned", asked[caller], { stream });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(stack.provider.journal.entries.at(-1)?.errors, []);
        const declared = objects(objects(stack.sent()["tools"])[0]?.["functionDeclarations"])[0];
        const schema = obj(declared?.["parametersJsonSchema"] ?? declared?.["parameters"]);
        assert.doesNotMatch(JSON.stringify(schema), /\$ref|"oneOf"|"const"|propertyNames/);
        for (const inner of within(schema)) {
          assert.ok(inner["type"] !== undefined || inner["anyOf"] !== undefined, `no type: ${JSON.stringify(inner)}`);
        }
        const config = obj(obj(schema["properties"])["config"]);
        assert.deepEqual(Object.keys(obj(config["properties"])).sort(), ["host", "port"]);
        const [call] = (await told(caller, answer, stream)).calls;
        const args = obj(call?.args);
        assert.equal(args["level"], 3);
        assert.equal(args["mode"], "fast");
        // Google's enums are text: what was spelled as such comes back as it was meant.
        assert.equal(args["sure"], true);
        assert.equal(typeof obj(args["config"])["port"], "number");
      });
    }
  }
});
