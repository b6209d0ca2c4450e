import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isObject, type Json } from "../../canonical/json.ts";
import { startSimulator } from "../index.ts";
import { loadSpecs } from "./spec.ts";

const directory = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");
const skip = !existsSync(directory) && process.env["CI"] !== "true" && "no specifications here";

const parameters = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const tools = [
  { type: "function", name: "t", description: "d", parameters },
  { type: "custom", name: "c" },
];

/**
 * A body as the specification would have it: the recorded service says null for a user and a usage that are not there, and
 * leaves out the name where a call's arguments end.
 */
function asSpecified(body: Json): Json {
  if (!isObject(body)) return body;
  const { user, usage, ...rest } = body;
  const response = isObject(rest["response"]) && { response: asSpecified(rest["response"]) };
  const name = rest["type"] === "response.function_call_arguments.done" && { name: "" };
  return { ...rest, ...(user !== null && { user }), ...(usage !== null && { usage }), ...response, ...name };
}

test("what the simulator serves on the Responses API conforms to the specification", { skip }, async (t) => {
  const specs = await loadSpecs(directory);
  const simulator = await startSimulator({ specsDir: directory });
  t.after(() => simulator.close());
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const reply = await fetch(`${simulator.url}/v1${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const text = await reply.text();
    assert.equal(reply.status, 200, text);
    return text;
  };
  const whole = specs.openai.check("Response");
  const event = specs.openai.check("ResponseStreamEvent");
  const include = ["reasoning.encrypted_content", "message.output_text.logprobs"];
  for (const model of ["echo", "reasoner", "tools", "parallel", "refuser", "filtered"]) {
    for (const offered of [[], tools, tools.slice(1)]) {
      const params = { model, input: "one two", tools: offered, include, top_logprobs: 1, reasoning: { summary: "auto" } };
      const body: Json = JSON.parse(await call("POST", "/responses", params));
      assert.deepEqual(whole(asSpecified(body)), [], model);
      const text = await call("POST", "/responses", { ...params, stream: true });
      const lines = text.split("\n").filter((line) => line.startsWith("data: "));
      assert.ok(lines.length > 4, text);
      for (const line of lines) assert.deepEqual(event(asSpecified(JSON.parse(line.slice(6)))), [], line);
      const id = isObject(body) ? String(body["id"]) : "";
      assert.deepEqual(whole(asSpecified(JSON.parse(await call("GET", `/responses/${id}`)))), []);
      const items: Json = JSON.parse(await call("GET", `/responses/${id}/input_items`));
      assert.deepEqual(specs.openai.check("ResponseItemList")(items), []);
    }
  }
  const failing = await call("POST", "/responses", { model: "fault:error-terminal:4", input: "x", stream: true });
  const flat = await call("POST", "/responses", { model: "fault:error-flat:4", input: "x", stream: true });
  for (const text of [failing, flat]) {
    const last = text.trimEnd().split("\ndata: ").at(-1) ?? "";
    assert.deepEqual(event(asSpecified(JSON.parse(last))), [], last);
  }
  const count: Json = JSON.parse(await call("POST", "/responses/input_tokens", { model: "echo", input: "one two" }));
  assert.deepEqual(specs.openai.check("TokenCountsResource")(count), []);
  const embedded: Json = JSON.parse(await call("POST", "/embeddings", { model: "echo", input: ["a", "b"] }));
  assert.deepEqual(specs.openai.check("CreateEmbeddingResponse")(embedded), []);
});

test("the specification's requests: what it forbids is refused at its place", { skip }, async () => {
  const { responsesRequest, embeddingsRequest } = await loadSpecs(directory);
  const good = { model: "m", input: [{ role: "user", content: [{ type: "input_text", text: "x" }] }] };
  assert.deepEqual(responsesRequest(good), []);
  assert.match(responsesRequest({ ...good, messages: [] })[0] ?? "", /^messages: Unknown parameter: 'messages'\.$/);
  const at = (item: Json): string => responsesRequest({ ...good, input: [item] })[0] ?? "";
  assert.match(at({ role: "user", content: [{ type: "text", text: "x" }] }), /^input\.0\.content\.0\.type: must be equal/);
  assert.match(at({ role: "assistant", content: [{ type: "output_text" }] }), /^input\.0\.content\.0: must have .* 'text'/);
  assert.match(at({ type: "function_call", call_id: "c", name: "f" }), /^input\.0: must have required property 'arguments'/);
  assert.match(at({ type: "tool_result", output: "x" }), /^input\.0\.type: must be equal to one of/);
  assert.match(at({ type: "reasoning", summary: "x" }), /^input\.0\.summary: must be array/);
  assert.deepEqual(at({ type: "function_call", id: null, call_id: "c", name: "f", arguments: "{}", status: null }), "");
  assert.deepEqual(embeddingsRequest({ model: "m", input: "x", encoding_format: null }), []);
  assert.match(embeddingsRequest({ model: "m", input: "x", dims: 1 })[0] ?? "", /^dims: Unrecognized/);
});
