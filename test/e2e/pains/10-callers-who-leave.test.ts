import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ask } from "../reliability/ask.ts";
import {
  chunk,
  head,
  type RawRequest,
  type RawUpstream,
  sse,
  startRawUpstream,
  whole,
  wholeStream,
} from "../reliability/raw-upstream.ts";
import { asked, type FourWires, pairs, providerOf, startFourWires, type WireName } from "./kit/four-wires.ts";
import { framesOf, replyOf, requestOf } from "./kit/speech.ts";

/* #10: who goes away stops what he has set going, and pays what he used: one row, nothing guessed. See also R4, ../reliability/aborts.test.ts. */

const finishes = { "openai-chat": "stop", "anthropic-messages": "end_turn", "openai-responses": "completed", gemini: "STOP" };
const speech = (wire: WireName) => ({ text: "Hello there.", calls: [], finish: finishes[wire] });

/** How long the provider may notice it after the caller, in milliseconds. */
const mostMs = 500;

/** Where a call is when its caller leaves. */
const phases = ["no headers", "no first token", "five chunks", "not streamed"] as const;

/** What a provider has said by then. */
function spoken(wire: WireName, phase: string): Buffer | string {
  const frames = framesOf(wire, speech(wire));
  const first = frames.findIndex((frame) => frame.includes("Hello "));
  if (phase === "not streamed") return head(200, { "content-type": "application/json" }) + chunk('{"id":').toString();
  const early = [Buffer.from(head(200, sse)), ...frames.slice(0, first).map(chunk)];
  if (phase === "no first token") return Buffer.concat(early);
  if (phase === "five chunks") return Buffer.concat([...early, ...Array.from({ length: 5 }, () => chunk(frames[first] ?? ""))]);
  return "";
}

const zero = (text: string): string => text.replaceAll(/"(\w*tokens?(?:Count)?)":\d+/gi, '"$1":0');

/** The same answer from a provider that counts nothing. */
function unbilled(wire: WireName, stream: boolean): Buffer | string {
  if (stream) return wholeStream(framesOf(wire, speech(wire)).map(zero));
  const [, body = ""] = String(replyOf(wire, speech(wire), false)).split("\r\n\r\n");
  return whole(200, zero(body));
}

describe("#10: callers who leave", { timeout: 60_000 }, () => {
  let upstream: RawUpstream;
  let stack: FourWires;
  const visits = new Map<string, (request: RawRequest) => void>();
  before(async () => {
    upstream = await startRawUpstream((request) => {
      const { wire, model, stream } = requestOf(request.path, request.body);
      const phase = (model.split(".")[0] ?? "").replaceAll("-", " ");
      request.socket.write(phase === "unbilled" ? unbilled(wire, stream) : spoken(wire, phase));
      visits.get(model)?.(request);
    });
    const priced = (["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const).map((wire) => {
      const version = wire.startsWith("openai") ? "/v1" : "";
      const prices = "{ unbilled: { input: 1, output: 2 } }";
      return `  priced-${wire}: { wire: ${wire}, base_url: "${upstream.url}${version}", api_key: none, prices: ${prices} }`;
    });
    stack = await startFourWires({ upstream: upstream.url, yaml: `${priced.join("\n")}\nobserve: { metrics: public }` });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });

  /** Gives the milliseconds from the caller's leaving to the provider's seeing it. */
  async function leave(caller: WireName, provider: WireName, phase: string, model: string): Promise<number> {
    const visited = new Promise<RawRequest>((resolve) => visits.set(model, resolve));
    const five = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<() => void>();
    const answer = stack
      .post(caller, `${providerOf[provider]}/${model}`, asked[caller], {
        stream: phase !== "not streamed",
        onRequest: (request) => gone.resolve(() => request.destroy()),
        onText: (text) => {
          if (text.split("Hello ").length > 5) five.resolve();
        },
      })
      .catch(() => undefined);
    const visit = await visited;
    if (phase === "five chunks") await five.promise;
    const left = performance.now();
    (await gone.promise)();
    await answer;
    return (await visit.gone) - left;
  }

  const inFlight = async (): Promise<string | undefined> => {
    const { text } = await ask(stack.address, "openai", "", { method: "GET", path: "/metrics" });
    return /^polygate_calls_in_flight (\S+)$/m.exec(text)?.[1];
  };

  for (const phase of phases) {
    test(`#10: ${phase}: the provider sees it, one row, cancelled, nothing is held`, async (t) => {
      const visited = await Promise.all(
        pairs.map(async ({ caller, upstream: provider }) => {
          const model = `${phase}.${caller}.${provider}`.replaceAll(" ", "-");
          return { model, ms: await leave(caller, provider, phase, model) };
        }),
      );
      while ((await inFlight()) !== "0") await new Promise((resolve) => setImmediate(resolve));
      const rows = await stack.ledger();
      for (const { model, ms } of visited) {
        assert.ok(ms <= mostMs, `${model}: ${ms} ms`);
        assert.deepEqual(
          rows.filter((row) => row.upstream_model === model).map(({ terminal, number }) => [terminal, Number(number)]),
          [["cancelled", 1]],
          model,
        );
      }
      const times = visited.map(({ ms }) => ms).sort((one, other) => one - other);
      t.diagnostic(`#10: ${phase}: ${times.length} calls, seen after ${times[0]?.toFixed(0)} to ${times.at(-1)?.toFixed(0)} ms`);
    });
  }

  test("#10: usage of zero is zero, not an estimate: it costs nothing", async (t) => {
    for (const { caller, upstream: provider } of pairs) {
      for (const stream of [false, true]) {
        const heard = await stack.post(caller, `priced-${provider}/unbilled`, asked[caller], { stream });
        assert.equal(heard.status, 200, heard.text);
      }
    }
    const rows = (await stack.ledger()).filter((row) => row.upstream_model === "unbilled");
    assert.equal(rows.length, pairs.length * 2);
    for (const row of rows) {
      const said = `${row.provider} → ${row.caller_wire}`;
      const { cost_nano, input_uncached, output_visible, usage_estimated } = row;
      assert.deepEqual([cost_nano, input_uncached, output_visible, usage_estimated], [0n, 0n, 0n, 0n], said);
    }
    t.diagnostic(`#10: ${rows.length} answers with usage {0,0,0}, ${rows.length} rows that cost 0`);
  });
});
