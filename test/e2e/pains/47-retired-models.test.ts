import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { openLedgerReader } from "../../../src/ledger/reader.ts";
import { knownNames, resolveProviders } from "../../../src/providers/index.ts";
import { type RunningGateway, serve } from "../../../src/server.ts";
import { systemClock } from "../../../src/transport/clock.ts";

/* pains.md #47: what was retired says so and names its successor; nothing is put in its place in silence. */

const dataDir = mkdtempSync(join(tmpdir(), "polygate-47-"));
const asked: string[] = [];
/** Models that this Anthropic still serves; one of them by another one. */
const served: { readonly [model: string]: string } = {
  "claude-opus-4-8": "claude-opus-4-8",
  "claude-haiku-4-5": "claude-haiku-4-5",
  "claude-3-haiku-20240307": "claude-haiku-4-5",
};

const upstream = createServer((request, response) => {
  let text = "";
  request.on("data", (piece) => {
    text += piece;
  });
  request.on("end", () => {
    const { model }: { readonly model: string } = JSON.parse(text);
    asked.push(model);
    const by = served[model];
    const error = { type: "error", error: { type: "not_found_error", message: `model: ${model}` } };
    const message = {
      ...{ id: "msg_1", type: "message", role: "assistant", model: by, content: [{ type: "text", text: "Hi." }] },
      ...{ stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 1000, output_tokens: 100 } },
    };
    response.writeHead(by === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(by === undefined ? error : message));
  });
});

let running: RunningGateway;

before(async () => {
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const at = upstream.address();
  assert.ok(at !== null && typeof at === "object");
  const yaml = `
server: { port: 0 }
data_dir: ${dataDir}
providers: { anthropic: { base_url: "http://127.0.0.1:${at.port}", api_key: none } }
aliases: { claude-3-opus-20240229: anthropic/claude-opus-4-8 }
`;
  const config = loadConfig({
    argvPath: "/c.yaml",
    env: {},
    cwd: "/",
    readFile: (path) => (path === "/c.yaml" ? yaml : undefined),
    known: knownNames,
  });
  const providers = resolveProviders(config.providers, config.environment);
  // The day of the catalogue: what is retired then is retired.
  const clock = { ...systemClock, wall: () => Date.parse("2026-11-20T12:00:00Z") };
  running = await serve({ config, providers, clock, onTrouble: () => {} });
});

after(async () => {
  await running.close(100);
  upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function ask(
  model: string,
): Promise<{ readonly status: number; readonly text: string; readonly header: (name: string) => string | null }> {
  const response = await fetch(`${running.address}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
  });
  return { status: response.status, text: await response.text(), header: (name) => response.headers.get(name) };
}

describe("#47", () => {
  it("a retired model is not found, and its successor is named with the line that would put it in its place", async () => {
    const { status, text } = await ask("anthropic/claude-opus-4-20250514");
    assert.equal(status, 404);
    assert.match(text, /2026-06-15/);
    assert.match(text, /successor is `anthropic\/claude-opus-4-8`/);
    assert.match(text, /aliases: \{ anthropic\/claude-opus-4-20250514: anthropic\/claude-opus-4-8 \}/);
  });

  it("a name that never was is not said to be retired", async () => {
    const { status, text } = await ask("anthropic/claude-nonsense");
    assert.equal(status, 404);
    assert.doesNotMatch(text, /retired/);
  });

  it("the operator's alias is followed, and both names are in the books", async () => {
    const { status, header } = await ask("claude-3-opus-20240229");
    assert.equal(status, 200);
    assert.equal(asked.at(-1), "claude-opus-4-8");
    assert.equal(header("x-polygate-model"), "claude-opus-4-8");
    const row = (await rows()).at(-1);
    assert.deepEqual([row?.requested_model, row?.upstream_model], ["claude-3-opus-20240229", "claude-opus-4-8"]);
  });

  it("one that is served by another model warns, is booked as what served, and priced so", async () => {
    const { status, header } = await ask("anthropic/claude-3-haiku-20240307");
    assert.equal(status, 200);
    assert.match(header("x-polygate-warnings") ?? "", /model_retired/);
    assert.equal(header("x-polygate-model"), "claude-haiku-4-5");
    // $1 and $5 per million, not the $0.25 and $1.25 of the one that was asked for.
    assert.equal(header("x-polygate-cost-usd"), "0.0015");
    const row = (await rows()).at(-1);
    assert.deepEqual(
      [row?.upstream_model, row?.served_model, row?.cost_nano],
      ["claude-3-haiku-20240307", "claude-haiku-4-5", 1_500_000n],
    );
  });

  it("a current model is served without a word", async () => {
    const { header } = await ask("anthropic/claude-haiku-4-5");
    assert.doesNotMatch(header("x-polygate-warnings") ?? "", /model_ret/);
  });
});

async function rows() {
  await running.gateway.flush();
  const db = openLedgerReader(dataDir);
  assert.ok(db !== undefined);
  return db
    .selectFrom("entries")
    .selectAll()
    .orderBy("seq")
    .execute()
    .finally(() => db.destroy());
}
