import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accumulate } from "../../canonical/accumulate.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { anthropicMessages } from "./index.ts";

const root = process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open";
const folders = ["anthropic/messages", "vertex/anthropic_messages", "ollama/anthropic_compat_messages"];
const chat = anthropicMessages.codecs.chat;

interface Recorded {
  readonly file: string;
  readonly request: Json | undefined;
  readonly headers: JsonObject;
  readonly status: number;
  readonly reply: Json | undefined;
}

function* recordings(): Generator<Recorded> {
  for (const folder of folders) {
    const path = join(root, folder);
    if (!existsSync(path)) continue;
    for (const file of readdirSync(path)) {
      const found: Json = JSON.parse(readFileSync(join(path, file), "utf8"));
      if (!isObject(found) || !isObject(found["request"]) || !isObject(found["response"])) throw new Error(`${file} is no recording`);
      const { request, response } = found;
      const headers = isObject(request["headers"]) ? request["headers"] : {};
      yield { file, request: request["body"], headers, status: Number(response["status"]), reply: response["body"] };
    }
  }
}

const skip = existsSync(root) ? false : "no recordings here";
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));

function events(body: string): { event: string | undefined; data: string }[] {
  return body.split(/\r?\n\r?\n/).flatMap((frame) => {
    const lines = frame.split(/\r?\n/);
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
    const event = lines.find((line) => line.startsWith("event:"))?.slice(6).trim();
    return data.length === 0 ? [] : [{ event, data: data.join("\n") }];
  });
}

test("every recorded request that was answered encodes back to what was sent", { skip }, () => {
  let same = 0;
  const wrong: string[] = [];
  for (const { file, request, headers, status } of recordings()) {
    if (!isObject(request) || !chat?.decodeRequest) continue;
    // Vertex keeps the model in the URL.
    const body: JsonObject = request["model"] === undefined ? { ...request, model: "m" } : request;
    const bag = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
    try {
      const decoded = chat.decodeRequest({ path: "/v1/messages", query: "", headers: bag, body });
      const target = { provider: "anthropic", model: decoded.model, stream: decoded.stream, quirks: {} };
      const canonical = decoded.request();
      const encoded = chat.encodeRequest(canonical, target);
      assert.deepEqual(plain(encoded.wireRequest.body), body);
      assert.deepEqual(encoded.warnings, []);
      if (canonical.extra !== undefined) assert.deepEqual(Object.keys(canonical.extra), ["anthropic_version"]);
      same++;
    } catch (error) {
      if (status < 400) wrong.push(`${file}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
      else same++;
    }
  }
  assert.deepEqual(wrong.slice(0, 12), []);
  console.info(`${same} requests`);
});

test("every recorded reply decodes", { skip }, () => {
  for (const { file, reply, status } of recordings()) {
    if (status !== 200 || !chat) continue;
    const target = { provider: "anthropic", model: "m", stream: true, quirks: {} };
    const { decoder } = chat.encodeRequest({ model: "m", messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] }, target);
    if (isObject(reply)) {
      const result = decoder.whole(reply);
      assert.equal(result.choices.length, 1, file);
      assert.notEqual(result.choices[0]?.finish.reason, "other", file);
    } else if (typeof reply === "string") {
      const chunks = events(reply).flatMap((event) => decoder.push(event));
      chunks.push(...decoder.end());
      assert.equal(decoder.ended, true, file);
      const result = accumulate(chunks);
      assert.notEqual(result.choices[0]?.finish.reason, "other", file);
      assert.equal(result.usage?.anomaly, undefined, file);
    }
  }
});
