import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { type Simulator, startSimulator } from "../index.ts";
import { faults } from "./index.ts";
import { rawRequest, unchunk } from "./raw-client.ts";

let simulator: Simulator;
before(async () => {
  simulator = await startSimulator();
});
after(() => simulator.close());

const question = (fault: string, stream: boolean) =>
  JSON.stringify({ model: `fault:${fault}`, stream, messages: [{ role: "user", content: "one two three" }] });

const chat = (fault: string, stream = true, enough?: (body: Buffer) => boolean) =>
  rawRequest(simulator.port, "/v1/chat/completions", {}, question(fault, stream), enough);

const messages = (fault: string, enough?: (body: Buffer) => boolean) => {
  const body = JSON.stringify({
    model: `fault:${fault}`,
    max_tokens: 99,
    stream: true,
    messages: [{ role: "user", content: "one two three" }],
  });
  return rawRequest(simulator.port, "/v1/messages", { "anthropic-version": "2023-06-01" }, body, enough);
};

const text = (body: Buffer): string => Buffer.concat(unchunk(body).pieces).toString();
const events = (body: Buffer): number => text(body).split("\n\n").length - 1;
const status = (head: string): number => Number(head.split(" ")[1]);

test("the table names each fault once, with one line of description", () => {
  assert.equal(new Set(faults.map((fault) => fault.name)).size, faults.length);
  for (const fault of faults) assert.match(fault.summary, /^[^\n]{5,140}$/);
});

test("split and cut: pieces of the asked sizes that join to the proper body", async () => {
  const { body } = await chat("split:1");
  const { pieces, whole } = unchunk(body);
  assert.ok(whole && pieces.length > 500 && pieces.every((piece) => piece.length === 1));
  assert.match(text(body), /"content":" three".*data: \[DONE\]\n\n$/s);
  const cut = unchunk((await chat("cut:7")).body);
  assert.deepEqual(cut.pieces.map((piece) => piece.length).slice(0, 1), [7]);
  assert.equal(cut.pieces.length, 2);
  const sevens = unchunk((await chat("split:7", false)).body);
  assert.equal(JSON.parse(Buffer.concat(sevens.pieces).toString()).choices[0].message.content, "one two three");
});

test("cr, crlf, comments, bom change the framing and nothing else", async () => {
  const cr = text((await chat("cr")).body);
  assert.ok(cr.includes("\r\r") && !cr.includes("\n"));
  const crlf = text((await chat("crlf")).body);
  assert.equal(crlf.replaceAll("\r\n", "").includes("\n"), false);
  assert.match(text((await chat("comments")).body), /^: PROCESSING\n\ndata: /);
  assert.ok(text((await chat("bom")).body).startsWith("\ufeffdata: "));
});

test("stalls: k events, then silence until the peer leaves", async () => {
  const reply = await chat("stall:3", true, (body) => events(body) >= 3);
  assert.equal(events(reply.body), 3);
  assert.equal(reply.ended, "left");
  const entry = await simulator.journal.waitFor((one) => one.fault === "stall:3" && one.outcome === "aborted");
  assert.equal(entry.events, 3);
  assert.equal(entry.bill?.outputTokens, 2);
});

test("reset comes as a reset, with what was sent before it delivered", async () => {
  const reply = await chat("reset:2");
  assert.equal(reply.ended, "reset");
  assert.equal(events(reply.body), 2);
  const bytes = await chat("reset-bytes:11");
  assert.equal(bytes.ended, "reset");
  assert.equal(text(bytes.body).length, 11);
  const headers = await chat("reset-headers");
  assert.deepEqual([headers.ended, headers.head], ["reset", ""]);
  assert.equal((await simulator.journal.waitFor((one) => one.fault === "reset:2")).outcome, "broken");
});

test("fin leaves the chunked body open, truncate closes it without the stream's end marker", async () => {
  const fin = await chat("fin:2");
  assert.deepEqual([fin.ended, events(fin.body), unchunk(fin.body).whole], ["fin", 2, false]);
  const truncated = await chat("truncate:-1");
  assert.ok(unchunk(truncated.body).whole);
  assert.match(text(truncated.body), /"finish_reason":"stop"/);
  assert.doesNotMatch(text(truncated.body), /\[DONE\]/);
  assert.match(text((await messages("truncate:-1")).body), /event: message_delta\n[^\n]*\n\n$/);
});

test("short-body promises more than it sends", async () => {
  const reply = await chat("short-body:5", false);
  assert.equal(Number(/content-length: (\d+)/.exec(reply.head)?.[1]), reply.body.length + 5);
  assert.equal(reply.ended, "fin");
});

test("error events after status 200, first, later, and after the preamble", async () => {
  const first = await chat("error-event");
  assert.equal(status(first.head), 200);
  assert.match(text(first.body), /^data: \{"error":\{"message":"Overloaded"[^\n]*\}\n\n$/);
  assert.equal(events((await chat("error-event:3")).body), 4);
  const preamble = text((await messages("preamble-then-error")).body);
  assert.match(
    preamble,
    /^event: message_start.*event: content_block_start.*event: ping.*event: error\ndata: .*overloaded_error/s,
  );
  assert.doesNotMatch(preamble, /content_block_delta/);
  const whole = await chat("error-event", false);
  assert.equal(status(whole.head), 200);
  assert.ok(JSON.parse(whole.body.toString()).error);
});

test("statuses and their Retry-After in every spelling", async () => {
  const head = async (fault: string): Promise<string> => (await chat(fault)).head.toLowerCase();
  assert.match(await head("429"), /^http\/1.1 429 .*\r\nretry-after: 1\r\n/s);
  assert.match(await head("429:7"), /retry-after: 7\r\n/);
  assert.match(await head("429:ms:250"), /retry-after-ms: 250\r\n/);
  assert.match(await head("429:date:60"), /retry-after: \w{3}, \d\d \w{3} \d{4} [\d:]+ gmt\r\n/);
  assert.doesNotMatch(await head("429:none"), /retry-after/);
  for (const [fault, expected] of [
    ["401", 401],
    ["403", 403],
    ["404", 404],
    ["413", 413],
    ["500", 500],
    ["503", 503],
    ["529", 529],
    ["context-overflow", 400],
    ["html-502", 502],
    ["204", 204],
    ["redirect", 307],
  ] as const) {
    assert.equal(status((await chat(fault)).head), expected, fault);
  }
  assert.match((await messages("529")).body.toString(), /"type":"overloaded_error"/);
  assert.match((await chat("no-such-fault")).body.toString(), /no fault no-such-fault/);
});

test("bodies that are no answer", async () => {
  assert.match((await chat("html-200")).body.toString(), /<html>/);
  const empty = await chat("empty-200");
  assert.deepEqual([status(empty.head), empty.body.length], [200, 0]);
  assert.match((await chat("wrong-type")).head, /content-type: text\/plain/);
  assert.match(text((await chat("bad-json")).body) || (await chat("bad-json")).body.toString(), /data: \{"choices":\[\{\n\n/);
  assert.ok((await chat("bad-utf8")).body.includes(Buffer.from([0xff, 0xc0, 0x80])));
});

test("bombs: a big header, stacked encodings, gzip that inflates, lines and bodies without end", async () => {
  assert.ok((await chat("big-header")).head.length > 102_400);
  assert.match((await chat("stacked-encodings:5")).head, /content-encoding: gzip, gzip, gzip, gzip, gzip\r\n/);
  const bomb = await chat("gzip-bomb:3");
  assert.ok(bomb.body.length < 10_000);
  assert.equal(gunzipSync(bomb.body).length, 3 * 1024 * 1024);
  const enough = (body: Buffer): boolean => body.length > 100_000;
  const line = await chat("endless-line", true, enough);
  assert.equal(text(line.body).includes("\n"), false);
  const infinite = await chat("infinite-body", true, enough);
  assert.ok(events(infinite.body) > 100);
  assert.match((await chat("informational:3")).head, /^HTTP\/1.1 103/);
  assert.ok((await chat("nul-header")).head.includes("x-\0nul"));
});

test("usage missing, misplaced, doubled, cumulative", async () => {
  const usages = async (fault: string): Promise<number> => (text((await chat(fault)).body).match(/"usage":\{/g) ?? []).length;
  assert.equal(await usages("no-usage"), 0);
  assert.equal(await usages("usage-misplaced"), 1);
  assert.equal(await usages("usage-twice"), 2);
  assert.equal(await usages("usage-cumulative"), 4);
  assert.match(text((await chat("usage-misplaced")).body), /"finish_reason":"stop"\}\],"usage":\{/);
  const anthropic = async (fault: string): Promise<number> =>
    (text((await messages(fault)).body).match(/"usage":\{/g) ?? []).length;
  assert.equal(await anthropic("no-usage"), 0);
  assert.equal(await anthropic("usage-twice"), 3);
});

test("fail-then-ok counts by key, else by body", async () => {
  const ask = (key: string) =>
    rawRequest(simulator.port, "/v1/chat/completions", { "x-sim-key": key }, question("fail-then-ok:2", false));
  const seen = [];
  for (const key of ["a", "a", "b", "a"]) seen.push(status((await ask(key)).head));
  assert.deepEqual(seen, [529, 529, 529, 200]);
});

test("late headers and drips wait on the clock; a header asks for a fault too; another model may be named", async () => {
  assert.equal(status((await chat("late-headers:5")).head), 200);
  const drip = await chat("drip:1", false, (body) => unchunk(body).pieces.length >= 5);
  assert.ok(unchunk(drip.body).pieces.every((piece) => piece.length === 1));
  const body = JSON.stringify({ model: "echo", messages: [{ role: "user", content: "x" }] });
  const byHeader = await rawRequest(simulator.port, "/v1/chat/completions", { "x-sim-fault": "500" }, body);
  assert.equal(status(byHeader.head), 500);
  assert.match((await chat("no-usage@words:3", false)).body.toString(), /word0 word1 word2/);
});

test("echo-headers shows what arrived, credentials blanked", async () => {
  const body = question("echo-headers", false);
  const reply = await rawRequest(
    simulator.port,
    "/v1/chat/completions",
    { authorization: "Bearer sk-secret", "x-mine": "7" },
    body,
  );
  assert.match(reply.body.toString(), /"x-mine":"7"/);
  assert.doesNotMatch(reply.body.toString(), /sk-secret/);
});
