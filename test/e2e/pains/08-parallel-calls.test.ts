import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { obj, objects, parseJson } from "../../conformance/json.ts";
import { naiveEvents } from "../../conformance/sse.ts";
import { wireJudges } from "../../conformance/wires/index.ts";
import { type RawUpstream, startRawUpstream, wholeStream } from "../reliability/raw-upstream.ts";
import { asked, type FourWires, providerOf, startFourWires, type WireName, wireNames } from "./kit/four-wires.ts";
import type { SaidCall, Speech } from "./kit/said.ts";
import { framesOf, requestOf } from "./kit/speech.ts";
import { told } from "./kit/told.ts";

/*
 * #8: parallel calls stay apart, however their pieces come. Anthropic's wire cannot interleave, Google's sends calls whole.
 * Ollama's own wire, and its habit of numbering every call 0 relayed to callers of its OpenAI-like API, are left to its issue.
 */

const callOf = (id: string, name: string, at: string): SaidCall => ({ id, name, args: { at, days: [1, 2], note: 'ü "}{' } });

interface Case {
  readonly upstreams: readonly WireName[];
  readonly calls: readonly SaidCall[];
  readonly text?: string | undefined;
  readonly finish: { readonly [upstream in WireName]?: string };
  /** The frames where the usual ones will not do. */
  readonly frames?: (frames: readonly string[]) => readonly string[];
  /** Not where the provider's own frames are passed on. */
  readonly translatedOnly?: boolean;
}

const two = [callOf("call_a", "look", "Oslo"), callOf("call_b", "hear", "Rome")];
const finish = { "openai-chat": "tool_calls", "openai-responses": "completed", "anthropic-messages": "tool_use", gemini: "STOP" };

const cases: { readonly [what: string]: Case } = {
  "pieces by turns (0, 1, 0, 1)": { upstreams: ["openai-chat", "openai-responses"], calls: two, text: "Well.", finish },
  "pieces by turns, nothing said before": { upstreams: ["openai-chat", "openai-responses"], calls: two, finish },
  "one call after the other": { upstreams: wireNames, calls: two, text: "Well.", finish },
  "three calls of one tool in three chunks": {
    upstreams: wireNames,
    calls: ["Oslo", "Rome", "Bern"].map((at, number) => callOf(`call_${number}`, "look", at)),
    finish,
  },
  "two ids, both with index 0": {
    upstreams: ["openai-chat"],
    calls: two,
    finish,
    // As servers send them that know whole calls only.
    frames: (frames) => [
      ...frames.slice(0, 1),
      ...two.map(
        ({ id, name, args }) =>
          `data: ${JSON.stringify({
            id: "c",
            model: "m",
            choices: [
              {
                index: 0,
                delta: { tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: JSON.stringify(args) } }] },
              },
            ],
          })}\n\n`,
      ),
      ...frames.slice(-3),
    ],
    translatedOnly: true,
  },
};

const speechOf = ({ calls, text, finish }: Case, wire: WireName, interleaved: boolean): Speech => ({
  calls,
  text,
  finish: finish[wire] ?? "",
  interleaved,
});

describe("#8: parallel tool calls", { timeout: 60_000 }, () => {
  let upstream: RawUpstream;
  let stack: FourWires;
  before(async () => {
    upstream = await startRawUpstream(({ path, body, socket }) => {
      const { wire, model } = requestOf(path, body);
      const [what, one] = Object.entries(cases)[Number(model)] ?? [];
      if (one === undefined || what === undefined) throw new Error(`no case ${model}`);
      const frames = framesOf(wire, speechOf(one, wire, what.includes("by turns")));
      socket.write(wholeStream(one.frames?.(frames) ?? frames));
    });
    stack = await startFourWires({ upstream: upstream.url });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });

  for (const [number, [what, one]] of Object.entries(cases).entries()) {
    for (const provider of one.upstreams) {
      for (const caller of wireNames) {
        if (one.translatedOnly === true && provider === caller) continue;
        test(`#8: ${what}: ${provider} → ${caller}`, async () => {
          const answer = await stack.post(caller, `${providerOf[provider]}/${number}`, asked[caller], { stream: true });
          assert.equal(answer.status, 200, answer.text);
          const { calls, text } = await told(caller, answer, true);
          const wanted = one.calls.map(({ name, args }) => ({ name, args }));
          assert.deepEqual(
            calls.map(({ name, args }) => ({ name, args })),
            wanted,
          );
          assert.equal(text, one.text ?? "");
          const events = naiveEvents(answer.text);
          if (provider !== caller) assert.deepEqual(wireJudges[caller].order(events, { complete: true }), []);
          // Google's own calls have no ids, and its SDK's users none to echo.
          if (provider !== "gemini" || caller !== "gemini") {
            assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
            assert.ok(calls.every(({ id }) => id !== ""));
          }
          const bodies = events.map(({ data }) => obj(parseJson(data)));
          if (caller === "openai-chat") {
            const begun = bodies
              .flatMap((body) => objects(objects(body["choices"]).flatMap(({ delta }) => objects(obj(delta)["tool_calls"]))))
              .filter((call) => call["id"] !== undefined);
            assert.deepEqual(
              begun.map(({ index }) => index),
              one.calls.map((_, at) => at),
            );
          }
          if (caller !== "anthropic-messages") return;
          const open = new Set<unknown>();
          const over = new Set<unknown>();
          for (const { type, index } of bodies) {
            if (type === "content_block_start") {
              assert.ok(!open.has(index) && !over.has(index), "a block starts once");
              open.add(index);
            }
            if (type === "content_block_delta") assert.ok(open.has(index), "a delta stands within its block");
            if (type !== "content_block_stop") continue;
            assert.ok(open.delete(index), "a block stops once");
            over.add(index);
          }
          assert.equal(open.size, 0);
          assert.equal(over.size, one.calls.length + (one.text === undefined ? 0 : 1));
        });
      }
    }
  }
});
