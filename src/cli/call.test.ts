import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { LedgerWriter } from "../ledger/attempt-log.ts";
import { openLedger } from "../ledger/open.ts";
import { attemptEnd, attemptStart, realClock, temporaryDirectory } from "../ledger/testing/attempts.ts";
import { callShowCommand } from "./call.ts";
import { Session } from "./testing/session.ts";

let directory: ReturnType<typeof temporaryDirectory>;
let writer: LedgerWriter | undefined;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  await writer?.close();
  writer = undefined;
  directory.remove();
});

async function show(id: string, json = false): Promise<{ readonly code: number; readonly text: string }> {
  const session = new Session();
  const code = await callShowCommand({ dataDir: directory.dataDir, id, json, ports: session });
  return { code, text: [...session.lines, ...session.errors].join("\n") };
}

/** A call that failed once, then was translated with losses; and another whose id begins with its id. */
async function book(): Promise<string> {
  writer = await openLedger({ dataDir: directory.dataDir, clock: realClock });
  const start = attemptStart(1);
  const id = start.callId;
  writer.begin(start).settle(
    attemptEnd({
      terminal: "error",
      errorCode: "overloaded",
      status: 503,
      finishReason: undefined,
      finishRaw: undefined,
      usage: undefined,
      servedModel: undefined,
    }),
  );
  const warnings = [
    { kind: "dropped", code: "seed_dropped", at: "seed", detail: "the Anthropic API has no such setting" },
    { kind: "approximated", code: "evil", at: "messages[0]\u001b[2J" },
  ] as const;
  writer
    .begin({
      ...start,
      id: `${id}.2`,
      number: 2,
      provider: "anthropic",
      providerWire: "anthropic-messages",
      relayed: false,
      upstreamModel: "claude",
    })
    .settle(
      attemptEnd({
        servedModel: "claude-1",
        finishRaw: "end_turn",
        headersMs: 3.25,
        firstContentMs: 40,
        durationMs: 1234.5,
        upstreamRequestId: "req_9",
        warnings,
      }),
    );
  writer.begin({ ...attemptStart(2), id: `${id}0.1`, callId: `${id}0` }).void(attemptEnd());
  await writer.flush();
  return id;
}

test("prints the attempts of a call, and what was lost on the way, where and why, while the gateway is writing", async () => {
  const { code, text } = await show(await book());
  assert.equal(code, 0);
  assert.equal(
    text,
    `call       call_000000000001
asked for  openai/gpt (chat, streamed, openai-chat, key dev)
began      2023-11-14T22:13:20.001Z
attempts   2

attempt 1 at openai
  model     gpt
  wire      openai-chat, relayed
  ended     error, overloaded, HTTP 503
  usage     none told
  timing    over after 13 ms
  warnings  none

attempt 2 at anthropic
  model     claude, served by claude-1
  wire      anthropic-messages, translated
  ended     finished, finish reason stop (end_turn), HTTP 200
  usage     input 10, cache read 3, cache write (5 min) 2, cache write (1 h) 1, output 5, reasoning 4
  timing    headers after 3.3 ms, first content after 40 ms, over after 1,235 ms
  their id  req_9
  warnings
    KIND          CODE          WHERE            WHY
    dropped       seed_dropped  seed             the Anthropic API has no such setting
    approximated  evil          messages[0]?[2J`,
  );
});

test("--json", async () => {
  const id = await book();
  const { code, text } = await show(id, true);
  const told = JSON.parse(text);
  assert.equal(code, 0);
  assert.equal(told.id, id);
  assert.deepEqual(
    told.attempts.map(({ number, provider, relayed, status, warnings }: Record<string, unknown>) => [
      number,
      provider,
      relayed,
      status,
      Array.isArray(warnings) && warnings.length,
    ]),
    [
      [1, "openai", true, 503, 0],
      [2, "anthropic", false, 200, 2],
    ],
  );
  assert.deepEqual(told.attempts[1].warnings[0], {
    kind: "dropped",
    code: "seed_dropped",
    at: "seed",
    detail: "the Anthropic API has no such setting",
  });
});

test("an id that the ledger does not know is answered with a sentence, with a ledger and without", async () => {
  for (const made of [false, true]) {
    const id = made ? await book() : "call_0";
    for (const strange of [`${id}x`, "", "call_%", `${id}.1`]) {
      const { code, text } = await show(strange);
      assert.equal(code, 1, strange);
      if (made) assert.match(text, /^The ledger \S+ledger\.sqlite knows no call ".*x-polygate-call-id/);
      else assert.match(text, /^There is no ledger at \S+ledger\.sqlite yet/);
    }
  }
});
