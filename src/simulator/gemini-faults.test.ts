import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GoogleGenAI } from "@google/genai";
import { type RawReply, rawRequest, unchunk } from "./faults/raw-client.ts";
import { type Simulator, startSimulator } from "./index.ts";

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator();
});
after(() => simulator.close());

const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text: "one two three" }] }] });

const ask = (fault: string, method = "streamGenerateContent?alt=sse", enough?: (bytes: Buffer) => boolean): Promise<RawReply> =>
  rawRequest(simulator.port, `/v1beta/models/fault:${fault}:${method}`, { "x-goog-api-key": "k" }, body, enough);

const text = (bytes: Buffer): string => Buffer.concat(unchunk(bytes).pieces).toString();
const events = (bytes: Buffer): number => text(bytes).split("\r\n\r\n").length - 1;
const status = (head: string): number => Number(head.split(" ")[1]);

test("stalls, resets, truncations count this wire's events", { timeout: 10_000 }, async () => {
  const stalled = await ask("stall:2", undefined, (bytes) => events(bytes) >= 2);
  assert.deepEqual([stalled.ended, events(stalled.body)], ["left", 2]);
  const entry = await simulator.journal.waitFor((one) => one.fault === "stall:2" && one.outcome === "aborted");
  assert.deepEqual([entry.events, entry.bill?.outputTokens, entry.wire], [2, 2, "gemini"]);
  const reset = await ask("reset:1");
  assert.deepEqual([reset.ended, events(reset.body)], ["reset", 1]);
  const cut = await ask("truncate:-1");
  assert.ok(unchunk(cut.body).whole);
  assert.doesNotMatch(text(cut.body), /finishReason/);
});

test("an error in mid-stream: an event, or unframed as the service has sent it; an array closes after it", async () => {
  const event = text((await ask("error-event:1")).body);
  assert.match(event, /"text":"one".*\r\n\r\ndata: \{"error":\{"code":503,[^\n]*"status":"UNAVAILABLE"\}\}\r\n\r\n$/s);
  const bare = text((await ask("error-flat:1")).body);
  assert.match(bare, /\r\n\r\n\{\n {2}"error": \{\n {4}"code": 503,.*\}\n\}$/s);
  const array = JSON.parse(text((await ask("error-event:1", "streamGenerateContent")).body));
  assert.equal(array.length, 2);
  assert.equal(array[1].error.code, 503);
  const whole = await ask("error-event", "generateContent");
  assert.equal(status(whole.head), 200);
  assert.ok(JSON.parse(whole.body.toString()).error);
});

test("the SDK sees an error in mid-stream in both forms", async () => {
  const client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: simulator.url } });
  const read = async (fault: string): Promise<void> => {
    const stream = await client.models.generateContentStream({ model: `fault:${fault}`, contents: "one two three" });
    for await (const chunk of stream) assert.equal(chunk.text, "one");
  };
  await assert.rejects(read("error-event:1"), /UNAVAILABLE/);
  // What is not framed the SDK only reads when it comes in one piece of its own.
  await assert.rejects(read("error-flat:0"), /UNAVAILABLE/);
  await assert.rejects(read("error-flat:1"), /UNAVAILABLE|Incomplete JSON segment/);
});

test("usage missing, only at first, doubled", async () => {
  const usages = async (fault: string): Promise<number> =>
    (text((await ask(fault)).body).match(/"usageMetadata":\{/g) ?? []).length;
  assert.equal(await usages("no-usage"), 0);
  assert.equal(await usages("usage-misplaced"), 1);
  assert.equal(await usages("usage-twice"), 5);
  assert.doesNotMatch((await ask("no-usage", "generateContent")).body.toString(), /usageMetadata/);
});

test("statuses in Google's shape; the wait stands in the body and in no header", async () => {
  const table: readonly (readonly [string, number, string])[] = [
    ["401", 400, "INVALID_ARGUMENT"],
    ["403", 403, "PERMISSION_DENIED"],
    ["404", 404, "NOT_FOUND"],
    ["429", 429, "RESOURCE_EXHAUSTED"],
    ["500", 500, "INTERNAL"],
    ["503", 503, "UNAVAILABLE"],
  ];
  for (const [fault, code, name] of table) {
    const reply = await ask(fault);
    const { error } = JSON.parse(reply.body.toString());
    assert.deepEqual([status(reply.head), error.code, error.status], [code, code, name], fault);
  }
  const limited = await ask("429:ms:250");
  assert.doesNotMatch(limited.head.toLowerCase(), /retry-after/);
  assert.match(limited.body.toString(), /"retryDelay": "0\.25s"/);
  assert.doesNotMatch((await ask("429:none")).body.toString(), /RetryInfo/);
});

test("framing and bodies that are no answer", { timeout: 10_000 }, async () => {
  const lf = text((await ask("lf")).body);
  assert.ok(lf.includes("\n\n") && !lf.includes("\r"));
  const cr = text((await ask("cr")).body);
  assert.ok(cr.includes("\r\r") && !cr.includes("\n"));
  assert.doesNotMatch(text((await ask("crlf")).body), /\r\r/);
  assert.match((await ask("html-200")).body.toString(), /<html>/);
  const infinite = await ask("infinite-body", undefined, (bytes) => bytes.length > 100_000);
  assert.ok(events(infinite.body) > 100);
});

test("a fault works on every operation, with another model behind it", async () => {
  const counted = await ask("429", "countTokens");
  assert.equal(status(counted.head), 429);
  const embedded = await rawRequest(
    simulator.port,
    "/v1beta/models/fault:no-usage:embedContent",
    { "x-goog-api-key": "k" },
    JSON.stringify({ content: { parts: [{ text: "x" }] } }),
  );
  assert.deepEqual(Object.keys(JSON.parse(embedded.body.toString())), ["embedding"]);
  assert.match((await ask("no-usage@words:3", "generateContent")).body.toString(), /word0 word1 word2/);
});
