import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { validateMessagesRequest } from "./anthropic-messages.ts";
import { validateChatRequest } from "./openai-chat.ts";
import { validateEmbeddingsRequest } from "./openai-embeddings.ts";
import { validateResponsesRequest } from "./openai-responses.ts";
import { loadSpecs, type SpecValidators } from "./spec.ts";

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
  "rig.responses-api-accepts-null-metadata.0.f5e44088":
    "max_output_tokens of 8: answered by a server for open models, not by OpenAI",
};

const recordings = process.env["POLYGATE_RECORDINGS"] ?? join(import.meta.dirname, "../../../../shared/recordings/open");
const specs = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");
const present = existsSync(join(recordings, "index.jsonl")) && existsSync(specs);
const needed = process.env["CI"] === "true";

const read = (path: string): Json => JSON.parse(readFileSync(path, "utf8"));

type Judge = (body: JsonObject, specs: SpecValidators, beta: boolean) => readonly string[];

/** By provider and API: the order rules, and the specification. */
const judges: { readonly [kind: string]: Judge } = {
  "openai/chat_completions": (body, specs) => [...validateChatRequest(body), ...specs.chatRequest(body)],
  "anthropic/messages": (body, specs, beta) => [...validateMessagesRequest(body), ...specs.messagesRequest(body, beta)],
  "openai/responses": (body, specs) => [...validateResponsesRequest(body), ...specs.responsesRequest(body)],
  "openai/responses_input_tokens": (body, specs) => [...validateResponsesRequest(body), ...specs.responsesRequest(body)],
  "openai/embeddings": (body, specs) => [...validateEmbeddingsRequest(body), ...specs.embeddingsRequest(body)],
};

function* accepted(): Iterable<{
  readonly id: string;
  readonly kind: string;
  readonly beta: boolean;
  readonly body: JsonObject;
}> {
  for (const line of readFileSync(join(recordings, "index.jsonl"), "utf8").trim().split("\n")) {
    const row: Json = JSON.parse(line);
    if (!isObject(row) || row["has_request_body"] !== true || Number(row["status"]) >= 300) continue;
    const kind = `${String(row["provider"])}/${String(row["api"])}`;
    if (!(kind in judges)) continue;
    const record = read(join(recordings, String(row["file"])));
    const request = isObject(record) && isObject(record["request"]) ? record["request"] : {};
    const headers = isObject(request["headers"]) ? request["headers"] : {};
    const beta = headers["anthropic-beta"] !== undefined || String(request["url"]).includes("beta=true");
    if (isObject(request["body"])) yield { id: String(row["id"]), kind, beta, body: request["body"] };
  }
}

test("requests that the services accepted are accepted", {
  skip: !present && !needed && "no recordings or specifications here",
}, async (t) => {
  const validators = await loadSpecs(specs);
  const refused: string[] = [];
  const hits = new Set<string>();
  let count = 0;
  const counts: Record<string, number> = {};
  for (const { id, kind, beta, body } of accepted()) {
    count++;
    counts[kind] = (counts[kind] ?? 0) + 1;
    const found = judges[kind]?.(body, validators, beta) ?? [];
    if (found.length === 0) continue;
    if (exceptions[id] === undefined) refused.push(`${id}: ${found.join(" | ")}`);
    else hits.add(id);
  }
  t.diagnostic(JSON.stringify(counts));
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
