import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isObject, type Json } from "../canonical/json.ts";
import { type Simulator, startSimulator } from "./index.ts";

const sse =
  'event: message_start\ndata: {"type":"message_start"   }\n\nevent: content_block_delta\ndata: {"delta":{"type":"signature_delta","signature":"recorded-signature-of-a-thought"}}\n\n';
const records = {
  "a.stream": {
    response: {
      status: 200,
      headers: { "Content-Type": "text/event-stream", "set-cookie": "x", "request-id": "req_1" },
      body: sse,
    },
  },
  "b.error": {
    response: {
      status: 529,
      headers: { "content-type": "application/json", "retry-after": "3", date: "then" },
      body: { type: "error", error: {} },
    },
  },
  "c.binary": { response: { status: 200, headers: {}, body: { base64: "/wAB" } } },
};

let directory: string;
let simulator: Simulator;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), "simulator-"));
  mkdirSync(join(directory, "deep"));
  for (const [id, record] of Object.entries(records))
    writeFileSync(join(directory, "deep", `${id}.json`), JSON.stringify(record));
  simulator = await startSimulator({ replay: directory, journalFile: join(directory, "journal.jsonl") });
});
after(() => rmSync(directory, { recursive: true }));

const ask = (body: object, headers: { readonly [name: string]: string } = {}, path = "/v1/messages") =>
  fetch(simulator.url + path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "anthropic-version": "2023-06-01", ...headers },
  });

const plain = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "x" }] };

test("a recording is served byte for byte, with the headers that speak to clients", async () => {
  const reply = await ask({ ...plain, model: "recording:a.stream", stream: true });
  assert.equal(await reply.text(), sse);
  assert.equal(reply.headers.get("content-type"), "text/event-stream");
  assert.equal(reply.headers.get("request-id"), "req_1");
  assert.equal(reply.headers.get("set-cookie"), null);
  const failed = await ask(plain, { "x-sim-recording": "b.error" });
  assert.deepEqual([failed.status, failed.headers.get("retry-after")], [529, "3"]);
  assert.deepEqual(await failed.json(), { type: "error", error: {} });
  const binary = await ask({}, { "x-sim-recording": "c.binary" }, "/any/path");
  assert.deepEqual([...new Uint8Array(await binary.arrayBuffer())], [255, 0, 1]);
});

test("a recording takes faults, may be missing, and is served to requests that break the rules, which the journal tells", async () => {
  const cut = await ask({ ...plain, model: "recording:a.stream", stream: true }, { "x-sim-fault": "truncate:1" });
  assert.equal(await cut.text(), sse.slice(0, sse.indexOf("\n\n") + 2));
  assert.equal((await ask({ ...plain, model: "recording:none" })).status, 404);
  const odd = await ask({ messages: [] }, { "x-sim-recording": "b.error" });
  assert.equal(odd.status, 529);
  const entry = await simulator.journal.waitFor((one) => one.recording === "b.error" && one.errors.length > 0);
  assert.match(entry.errors.join(), /max_tokens/);
});

test("signatures that a recording issued are taken back", async () => {
  await (await ask({ ...plain, model: "recording:a.stream", stream: true })).text();
  const replay = (signature: string) =>
    ask({
      ...plain,
      messages: [
        plain.messages[0],
        { role: "assistant", content: [{ type: "thinking", thinking: "", signature }] },
        plain.messages[0],
      ],
    });
  assert.equal((await replay("recorded-signature-of-a-thought")).status, 200);
  assert.equal((await replay("another-signature-of-a-thought")).status, 400);
});

test("the journal's file holds one line of JSON per request that ended", async () => {
  await simulator.close();
  const lines = readFileSync(join(directory, "journal.jsonl"), "utf8").trim().split("\n");
  assert.equal(lines.length, simulator.journal.received);
  for (const line of lines) assert.equal(typeof JSON.parse(line).outcome, "string");
});

const recordings = process.env["POLYGATE_RECORDINGS"] ?? join(import.meta.dirname, "../../../shared/recordings/open");
const skip = !existsSync(join(recordings, "index.jsonl")) && process.env["CI"] !== "true" && "no recordings here";

test("real recordings are served as they were recorded", { skip }, async () => {
  const real = await startSimulator({ replay: recordings });
  const rows = readFileSync(join(recordings, "index.jsonl"), "utf8").trim().split("\n");
  let streams = 0;
  for (let i = 0; i < rows.length; i += 97) {
    const row: Json = JSON.parse(rows[i] ?? "");
    if (!isObject(row)) continue;
    const record: Json = JSON.parse(readFileSync(join(recordings, String(row["file"])), "utf8"));
    const response = isObject(record) && isObject(record["response"]) ? record["response"] : {};
    const { body, status } = response;
    if (typeof status !== "number" || typeof body !== "string") continue;
    streams++;
    const reply = await fetch(`${real.url}/x`, {
      method: "POST",
      body: "{}",
      redirect: "manual",
      headers: { "x-sim-recording": String(row["id"]) },
    });
    assert.equal(reply.status, status);
    assert.deepEqual(Buffer.from(await reply.arrayBuffer()), Buffer.from(body), String(row["id"]));
  }
  await real.close();
  assert.ok(streams > 10, String(streams));
});
