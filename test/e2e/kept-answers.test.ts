import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { loadConfig } from "../../src/config/load.ts";
import { openLedgerReader } from "../../src/ledger/reader.ts";
import { knownNames, resolveProviders } from "../../src/providers/index.ts";
import { type RunningGateway, serve } from "../../src/server.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { type RawUpstream, startRawUpstream, whole } from "./reliability/raw-upstream.ts";

/* Answers that their provider keeps: later calls about them go to the deployment that has them, also after a restart. */

/** A stream up to its first word. */
const begun = (id: string): string =>
  [
    { type: "response.created", response: { id, object: "response", status: "in_progress", model: "m", output: [] } },
    { type: "response.output_text.delta", output_index: 0, content_index: 0, item_id: "msg_1", delta: "Well" },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");

describe("answers kept by one of several providers", () => {
  let one: Simulator;
  let two: Simulator;
  let background: RawUpstream;
  let dataDir: string;
  let running: RunningGateway;
  let dev: OpenAI;
  let ops: OpenAI;

  async function start(): Promise<void> {
    const yaml = `
server: { host: 127.0.0.1, port: 0 }
data_dir: ${dataDir}
keys:
  - { id: dev, secret: secret-of-dev-0123456789 }
  - { id: ops, secret: secret-of-ops-0123456789 }
providers:
  one: { wire: openai-responses, base_url: "${one.url}/v1", api_key: none }
  two: { wire: openai-responses, base_url: "${two.url}/v1", api_key: none }
  slow: { wire: openai-responses, base_url: "${background.url}/v1", api_key: none }
  ant: { wire: anthropic-messages, base_url: "${one.url}", api_key: none }
`;
    const file = join(dataDir, "polygate.yaml");
    const readFile = (path: string) => (path === file ? yaml : undefined);
    const config = loadConfig({ argvPath: file, env: {}, cwd: dataDir, readFile, known: knownNames });
    const providers = resolveProviders(config.providers, config.environment);
    running = await serve({ config, providers, onTrouble: (message) => assert.fail(message) });
    const client = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${running.address}/v1`, apiKey, maxRetries: 0 });
    dev = client("secret-of-dev-0123456789");
    ops = client("secret-of-ops-0123456789");
  }

  before(async () => {
    one = await startSimulator();
    two = await startSimulator();
    const answer = { id: "resp_slow", object: "response", background: true, model: "m", output: [] };
    const usage = { input_tokens: 3, output_tokens: 5, total_tokens: 8 };
    background = await startRawUpstream(({ head, body, socket }) => {
      if (body["stream"] === true) {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${begun("resp_running")}`);
        return;
      }
      const queued = head.startsWith("POST");
      socket.write(
        whole(200, JSON.stringify(queued ? { ...answer, status: "queued" } : { ...answer, status: "completed", usage })),
      );
    });
    dataDir = mkdtempSync(join(tmpdir(), "polygate-kept-"));
    await start();
  });
  after(async () => {
    await running.close(500);
    for (const upstream of [one, two, background]) await upstream.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const calls = (): number => one.journal.entries.length + two.journal.entries.length;
  const refused = async (asked: Promise<unknown>, status: number, sentence: RegExp): Promise<void> => {
    const before = calls();
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof OpenAI.APIError, String(error));
      assert.equal(error.status, status);
      assert.match(error.message, sentence);
      return true;
    });
    assert.equal(calls(), before, "a provider was asked");
  };

  for (const streamed of [false, true]) {
    test(`are read, gone on from and deleted there, by their owner alone${streamed ? ", streamed" : ""}`, async () => {
      const body = { model: "two/echo", input: "I am Ann" };
      const made = streamed ? await dev.responses.stream(body).finalResponse() : await dev.responses.create(body);
      assert.equal((await dev.responses.retrieve(made.id)).id, made.id);
      assert.equal((await dev.responses.inputItems.list(made.id)).data.length, 1);
      const next = await dev.responses.create({ model: "two/echo", input: "who am I", previous_response_id: made.id });
      assert.equal(next.previous_response_id, made.id);
      await refused(ops.responses.retrieve(made.id), 404, /not yours/);
      await refused(ops.responses.create({ ...body, previous_response_id: made.id }), 404, /not yours/);
      await refused(dev.responses.create({ model: "one/echo", input: "x", previous_response_id: made.id }), 400, /kept by two/);
      await refused(dev.responses.create({ model: "ant/echo", input: "x", previous_response_id: made.id }), 400, /kept by two/);
      await dev.responses.delete(made.id);
      await refused(dev.responses.retrieve(made.id), 404, /deleted/);
    });
  }

  test("are their owner's alone where a strict call's answer was translated", async () => {
    const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };
    const format = { type: "json_schema", name: "out", strict: true, schema } as const;
    const body = { model: "two/echo", input: "x", text: { format } };
    const { id } = await dev.responses.stream(body, { headers: { "x-polygate-strict": "refuse" } }).finalResponse();
    assert.equal((await dev.responses.retrieve(id)).id, id);
    await refused(ops.responses.retrieve(id), 404, /not yours/);
  });

  test("are found again after a restart", async () => {
    const made = await dev.responses.create({ model: "one/echo", input: "remember" });
    await running.close(500);
    await start();
    assert.equal((await dev.responses.retrieve(made.id)).id, made.id);
    await refused(ops.responses.retrieve(made.id), 404, /not yours/);
  });

  test("that nobody was to keep, or nobody knows, are not looked for at random", async () => {
    const { id } = await dev.responses.create({ model: "one/echo", input: "x", store: false });
    for (const unknown of [id, "resp_unknown"]) await refused(dev.responses.retrieve(unknown), 404, /not known which provider/);
    await refused(
      dev.responses.create({ model: "ant/echo", input: "x", previous_response_id: "resp_unknown" }),
      404,
      /whole conversation/,
    );
  });

  test("that were made in the background are booked once, with the call that brings their usage", async () => {
    const made = await dev.responses.create({ model: "slow/m", input: "x", background: true });
    for (let poll = 0; poll < 3; poll++) assert.equal((await dev.responses.retrieve(made.id)).status, "completed");
    await running.gateway.flush();
    const db = openLedgerReader(dataDir);
    assert.ok(db);
    const rows = await db.selectFrom("entries").selectAll().where("provider", "=", "slow").orderBy("seq").execute();
    await db.destroy();
    assert.deepEqual(
      rows.map(({ operation, input_uncached, output_visible }) => [operation, input_uncached, output_visible]),
      [
        ["chat", null, null],
        ["stored", 3n, 5n],
        ["stored", null, null],
        ["stored", null, null],
      ],
    );
  });

  test("are their owner's alone from their first word on", async () => {
    const running = await dev.responses.create({ model: "slow/m", input: "x", stream: true });
    for await (const event of running) {
      if (event.type !== "response.output_text.delta") continue;
      await refused(ops.responses.cancel("resp_running"), 404, /not yours/);
      assert.equal((await dev.responses.cancel("resp_running")).id, "resp_slow");
      break;
    }
  });
});
