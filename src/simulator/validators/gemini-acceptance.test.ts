import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { validateGenerateContent } from "./gemini.ts";
import { loadSpecs } from "./spec.ts";

/** What the services answered with 2xx the validators must accept. The exceptions are these, each with its reason. */
const exceptions: { readonly [id: string]: string } = {
  "js-genai.chats-tests-chats-function-calling-google-ai-with-function-calling.1.5fd855d6":
    "gemini-2.0-flash lets a call go without its result",
  "js-genai.chats-tests-chats-function-calling-vertex-ai-with-function-calling.1.612aaa9a":
    "gemini-2.0-flash lets a call go without its result",
  "js-genai.chats-tests-sendmessage-multiple-messages-with-server-side-mcp-tools.1.0306596a":
    "results of the service's own MCP tools stand in the model's content",
  "js-genai.chats-tests-sendmessage-multiple-messages-with-server-side-mcp-tools-s.1.7885ee91":
    "results of the service's own MCP tools stand in the model's content",
};

const recordings = process.env["POLYGATE_RECORDINGS"] ?? join(import.meta.dirname, "../../../../shared/recordings/open");
const directory = process.env["POLYGATE_SPECS"] ?? join(import.meta.dirname, "../../../../shared/specs");
const present = existsSync(join(recordings, "index.jsonl")) && existsSync(directory);
const skip = !present && process.env["CI"] !== "true" && "no recordings or specifications here";

const requests: { readonly [api: string]: string } = {
  generateContent: "GenerateContentRequest",
  streamGenerateContent: "GenerateContentRequest",
  countTokens: "CountTokensRequest",
  embedContent: "EmbedContentRequest",
  batchEmbedContents: "BatchEmbedContentsRequest",
};

interface Recorded {
  readonly id: string;
  readonly provider: string;
  readonly api: string;
  readonly schema: string;
  readonly request: JsonObject;
}

function* accepted(): Iterable<Recorded> {
  for (const line of readFileSync(join(recordings, "index.jsonl"), "utf8").trim().split("\n")) {
    const row: Json = JSON.parse(line);
    if (!isObject(row) || Number(row["status"]) >= 300) continue;
    const provider = String(row["provider"]);
    const api = String(row["file"]).split("/")[1] ?? "";
    const schema = requests[api];
    if ((provider !== "gemini" && provider !== "vertex") || schema === undefined) continue;
    const record: Json = JSON.parse(readFileSync(join(recordings, String(row["file"])), "utf8"));
    const request = isObject(record) && isObject(record["request"]) ? record["request"]["body"] : undefined;
    if (isObject(request)) yield { id: String(row["id"]), provider, api, schema, request };
  }
}

test("requests that Gemini accepted are accepted; Vertex's by the rules alone, it has a specification of its own", {
  skip,
}, async (t) => {
  const { gemini } = await loadSpecs(directory);
  const refused: string[] = [];
  const hits = new Set<string>();
  let count = 0;
  for (const { id, provider, api, schema, request } of accepted()) {
    count++;
    const rules = /enerateContent$/.test(api) ? validateGenerateContent(request) : [];
    const spec = provider === "gemini" ? gemini.check(schema)(request) : [];
    if (rules.length + spec.length === 0) continue;
    if (exceptions[id] === undefined) refused.push(`${id}: ${[...rules, ...spec].join(" | ")}`);
    else hits.add(id);
  }
  t.diagnostic(`${count - refused.length - hits.size} of ${count} recorded requests accepted, ${hits.size} reasoned exceptions`);
  assert.deepEqual(refused, []);
  assert.ok(count > 700, `only ${count} requests were found`);
  assert.deepEqual(
    Object.keys(exceptions).filter((id) => !hits.has(id)),
    [],
    "exceptions that are needed no longer",
  );
  assert.ok(hits.size / count < 0.01);
});

/** Broken copies of an accepted request. */
const mistakes: readonly ((request: JsonObject) => Json)[] = [
  (request) => ({ ...request, max_tokens: 5 }),
  (request) => ({ ...request, contents: [{ role: "assistant", parts: [{ text: "x" }] }] }),
  (request) => ({ ...request, contents: [{ role: "user", parts: [{ type: "text", text: "x" }] }] }),
  (request) => ({ ...request, generationConfig: { max_tokens: 5 } }),
  (request) => ({ ...request, tools: [{ type: "function", function: {} }] }),
  (request) => ({ ...request, contents: "x" }),
];

test("of recorded requests with a planted mistake none is accepted", { skip }, async (t) => {
  const { gemini } = await loadSpecs(directory);
  const check = gemini.check("GenerateContentRequest");
  let count = 0;
  for (const { id, schema, request } of accepted()) {
    if (schema !== "GenerateContentRequest") continue;
    for (const [i, plant] of mistakes.entries()) {
      count++;
      const broken = plant(request);
      assert.ok(validateGenerateContent(broken).length + check(broken).length > 0, `${id}, mistake ${i}`);
    }
  }
  t.diagnostic(`${count} requests with a mistake refused`);
  assert.ok(count > 3000, String(count));
});
