import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../canonical/error.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { cancelled, finished } from "../../canonical/terminal.ts";
import type { Target } from "../wire.ts";
import { sdkEvents, sdkStream } from "./testing/sdk.ts";
import { events, incoming, responses, round, sourceOf, target } from "./testing/setting.ts";

function pass(body: JsonObject, over: Partial<Target> = {}, gap = "") {
  const { wireRequest, warnings, relay } = responses.relay(sourceOf({ input: "hi", ...body }, gap), target(over));
  assert.ok(Array.isArray(wireRequest.body));
  const text = Buffer.concat(wireRequest.body).toString("utf8");
  const sent: JsonObject = JSON.parse(text);
  return { text, sent, codes: warnings.map(({ at }) => at), relay, path: wireRequest.path };
}

const response = (over: JsonObject = {}): JsonObject => ({
  id: "resp_1",
  object: "response",
  model: "served",
  created_at: 5,
  status: "in_progress",
  output: [],
  ...over,
});
const message = (text: string): JsonObject => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [], logprobs: [] }],
});
const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
const opening: readonly JsonObject[] = [
  { type: "response.created", sequence_number: 0, response: response() },
  { type: "response.in_progress", sequence_number: 1, response: response() },
  {
    type: "response.output_item.added",
    sequence_number: 2,
    output_index: 0,
    item: { ...message(""), status: "in_progress", content: [] },
  },
  {
    type: "response.content_part.added",
    sequence_number: 3,
    ...at,
    part: { type: "output_text", text: "", annotations: [], logprobs: [] },
  },
  { type: "response.output_text.delta", sequence_number: 4, ...at, delta: "he", logprobs: [] },
];

describe("relayed requests", () => {
  it("change the model and nothing else, byte for byte", () => {
    const { text, path } = pass({ temperature: 1, model: "openai/gpt-5" }, { model: "gpt-5" }, " ");
    assert.equal(text, '{ "input" : "hi" , "temperature" : 1 , "model" : "gpt-5" }');
    assert.equal(path, "/responses");
  });

  it("lose what the provider refuses, aloud or not at all", () => {
    const quirks = { drop: ["user", "metadata"] };
    const { sent, codes } = pass({ model: "m", user: "u", metadata: null }, { quirks });
    assert.deepEqual([sent, codes], [{ input: "hi", model: "gpt-5" }, ["user"]]);
  });
});

describe("reasoning that this gateway showed in another wire's name", () => {
  const shown = { type: "reasoning", id: `rs_${"0a".repeat(16)}_0`, summary: [{ type: "summary_text", text: "hm" }] };
  const own = { type: "reasoning", id: `rs_${"0a".repeat(25)}`, summary: [] };
  const input = [{ role: "user", content: "hi" }, shown, own, { ...shown, encrypted_content: "sealed" }];

  it("is kept from providers, who never made it", () => {
    const { sent, codes } = pass({ model: "m", input });
    assert.deepEqual(sent["input"], input.toSpliced(1, 1));
    assert.deepEqual(codes, ["input[1]"]);
    assert.deepEqual(round({ model: "m", input }).input, input.toSpliced(1, 1));
  });

  it("has the ids that it is known by", () => {
    const writer = responses.decodeRequest(incoming({ model: "m", input: "hi" })).encoder({
      id: `call_${"0a".repeat(16)}`,
      createdAt: 1,
      model: "m",
    });
    const content = [{ type: "reasoning" as const, text: "hm", origin: { wire: "gemini" } }];
    const { output } = writer.whole({ choices: [{ index: 0, content, finish: { reason: "stop", raw: null } }] });
    assert.deepEqual(output, [{ ...shown }]);
  });
});

describe("relayed streams", () => {
  const relayed = (...more: readonly JsonObject[]) => {
    const { relay } = pass({ model: "m", stream: true }, { stream: true });
    for (const event of events(...opening, ...more)) assert.equal(relay.push(event), "keep");
    return relay;
  };

  it("have no content until something is said", () => {
    const { relay } = pass({ model: "m" }, { stream: true });
    for (const [index, event] of events(...opening).entries()) {
      relay.push(event);
      assert.equal(relay.observed().content, index === 4, `event ${index}`);
    }
  });

  it("are done when their end marker has passed, and whole before", () => {
    const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
    const over = {
      type: "response.completed",
      sequence_number: 5,
      response: response({ status: "completed", output: [message("he")], usage }),
    };
    const relay = relayed(over);
    const { id, model, finish, ended, done, usage: read } = relay.observed();
    assert.deepEqual([id, model, finish, ended, done], ["resp_1", "served", { reason: "stop", raw: "completed" }, true, false]);
    assert.equal(read?.reportedTotal, 5);
    assert.deepEqual(relay.cut(finished), []);
    assert.equal(relay.push({ data: "[DONE]" }), "keep");
    assert.ok(relay.observed().done);
  });

  it("are cut well at a limit", async () => {
    const relay = relayed();
    const rest = relay.cut({ kind: "limited" });
    const found = await sdkStream([...events(...opening), ...rest]);
    assert.deepEqual(pick(found, "status", "id", "incomplete_details"), {
      status: "incomplete",
      id: "resp_1",
      incomplete_details: { reason: "max_output_tokens" },
    });
    assert.deepEqual(
      rest.map(({ data }) => JSON.parse(data).sequence_number),
      [5],
    );
  });

  it("end in an error that the SDK throws where they broke", async () => {
    const error = new GatewayError("truncated", "It broke.");
    const rest = relayed().cut({ kind: "truncated", error });
    assert.deepEqual(
      rest.map(({ event }) => event),
      ["error", "response.failed"],
    );
    await assert.rejects(sdkEvents([...events(...opening), ...rest]), /It broke/);
  });

  it("end in silence for who has gone, and after an error of their own", () => {
    assert.deepEqual(relayed().cut(cancelled), []);
    const failed = relayed({ type: "error", sequence_number: 5, error: { code: "rate_limit_exceeded", message: "slow" } });
    assert.equal(failed.observed().error?.code, "rate_limited");
    assert.deepEqual(failed.cut({ kind: "error", error: new GatewayError("internal", "x") }), []);
  });
});

describe("relayed whole answers", () => {
  it("may be under way still, and then have no usage yet", () => {
    const { relay } = pass({ model: "m", background: true });
    relay.whole(response({ status: "queued", background: true, usage: null }));
    const { done, usage, id, finish } = relay.observed();
    assert.deepEqual([done, usage, id, finish?.raw], [true, undefined, "resp_1", "queued"]);
  });

  it("are errors where they failed, and nothing where they are no answer", () => {
    const { relay } = pass({ model: "m" });
    relay.whole(response({ status: "failed", error: { code: "server_error", message: "oh" } }));
    assert.equal(relay.observed().error?.code, "provider_error");
    const other = pass({ model: "m" }).relay;
    other.whole({ hello: 1 });
    assert.equal(other.observed().done, false);
  });
});

const pick = (value: Json, ...fields: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(isObject(value) ? value : {}).filter(([field]) => fields.includes(field)));
