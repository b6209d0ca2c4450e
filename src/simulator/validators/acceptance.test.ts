import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { validateMessagesRequest } from "./anthropic-messages.ts";
import { validateChatRequest } from "./openai-chat.ts";
import { loadSpecs } from "./spec.ts";

/** What the services answered with 2xx the validators must accept. The exceptions are these, each with its reason. */
const exceptions: { readonly [id: string]: string } = {
  "dd-trace-js.anthropic-v1-messages-post-a0f05e2e.0.d1242c45":
    "top_k and top_p of -1: taken by a retired model, against the specification",
  "dd-trace-py.anthropic-completion-tools-call-with-tool-result-stream.0.7e31fe23":
    "a result for another call than the one made: ids edited after recording",
  "ellmer.anthropic-upload-file.1.34fa4211": "file sources need a beta header, which the recording has lost",
  "ellmer.anthropic-upload-file.2.dcc45895": "file sources need a beta header, which the recording has lost",
  "lingua.bedrockanthropiccontextmanagementparam-anthropic-response-streaming.0.43dd9f56":
    "context_management needs a beta header, which the recording has lost",
  "lingua.bedrockanthropiccontextmanagementparam-anthropic-response.0.7a704d01":
    "context_management needs a beta header, which the recording has lost",
  "lingua.outputformatjsonschemaparam-anthropic-followup-response-streaming.0.427add9d":
    "output_format needs a beta header, which the recording has lost",
  "lingua.outputformatjsonschemaparam-anthropic-response-streaming.0.decf7e22":
    "output_format needs a beta header, which the recording has lost",
};

const recordings = process.env["POLYGATE_RECORDINGS"] ?? join(import.meta.dirname, "../../../../shared/recordings/open");
const specs = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");
const present = existsSync(join(recordings, "index.jsonl")) && existsSync(specs);
const needed = process.env["CI"] === "true";

const read = (path: string): Json => JSON.parse(readFileSync(path, "utf8"));

function* accepted(): Iterable<{
  readonly id: string;
  readonly anthropic: boolean;
  readonly beta: boolean;
  readonly body: JsonObject;
}> {
  for (const line of readFileSync(join(recordings, "index.jsonl"), "utf8").trim().split("\n")) {
    const row: Json = JSON.parse(line);
    if (!isObject(row) || row["has_request_body"] !== true || Number(row["status"]) >= 300) continue;
    const kind = `${String(row["provider"])}/${String(row["api"])}`;
    if (kind !== "openai/chat_completions" && kind !== "anthropic/messages") continue;
    const record = read(join(recordings, String(row["file"])));
    const request = isObject(record) && isObject(record["request"]) ? record["request"] : {};
    const headers = isObject(request["headers"]) ? request["headers"] : {};
    const beta = headers["anthropic-beta"] !== undefined || String(request["url"]).includes("beta=true");
    if (isObject(request["body"]))
      yield { id: String(row["id"]), anthropic: kind.startsWith("anthropic"), beta, body: request["body"] };
  }
}

test("requests that the services accepted are accepted", {
  skip: !present && !needed && "no recordings or specifications here",
}, async (t) => {
  const validators = await loadSpecs(specs);
  const refused: string[] = [];
  const hits = new Set<string>();
  let count = 0;
  for (const { id, anthropic, beta, body } of accepted()) {
    count++;
    const order = anthropic ? validateMessagesRequest(body) : validateChatRequest(body);
    const spec = anthropic ? validators.messagesRequest(body, beta) : validators.chatRequest(body);
    if (order.length + spec.length === 0) continue;
    if (exceptions[id] === undefined) refused.push(`${id}: ${[...order, ...spec].join(" | ")}`);
    else hits.add(id);
  }
  t.diagnostic(`${count - refused.length - hits.size} of ${count} recorded requests accepted, ${hits.size} reasoned exceptions`);
  assert.deepEqual(refused, []);
  assert.ok(count > 1000, `only ${count} requests were found`);
  assert.deepEqual(
    Object.keys(exceptions).filter((id) => !hits.has(id)),
    [],
    "exceptions that are needed no longer",
  );
  assert.ok(hits.size / count < 0.01);
});
