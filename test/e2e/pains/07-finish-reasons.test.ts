import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type RawUpstream, startRawUpstream } from "../reliability/raw-upstream.ts";
import { asked, type FourWires, providerOf, startFourWires, type WireName, wireNames } from "./kit/four-wires.ts";
import type { Speech } from "./kit/said.ts";
import { replyOf, requestOf } from "./kit/speech.ts";
import { told } from "./kit/told.ts";

/*
 * #7: why an answer ended follows from what was said: whole and streamed, whichever wire it was said on (upstream) and is told on
 * (ingress), relayed or translated. Bedrock's, Ollama's and Vertex' words belong to their providers' issue.
 */

const call = { id: "call_7", name: "look", args: { at: "Oslo" } };

interface Row {
  /** The provider's word on each wire; none: that wire cannot say this. */
  readonly says: { readonly [upstream in WireName]?: string };
  readonly speech: Omit<Speech, "finish">;
  /** The exact words that callers of each wire are told. */
  readonly told: { readonly [caller in WireName]: string };
}

const called = { "openai-chat": "tool_calls", "openai-responses": "completed", "anthropic-messages": "tool_use", gemini: "STOP" };
const stopped = { "openai-chat": "stop", "openai-responses": "completed", "anthropic-messages": "end_turn", gemini: "STOP" };
const cut = {
  "openai-chat": "length",
  "openai-responses": "incomplete/max_output_tokens",
  "anthropic-messages": "max_tokens",
  gemini: "MAX_TOKENS",
};
const cuts = {
  "openai-chat": "length",
  "openai-responses": "max_output_tokens",
  "anthropic-messages": "max_tokens",
  gemini: "MAX_TOKENS",
};

const rows: { readonly [what: string]: Row } = {
  "text and a tool, finish=stop": { speech: { text: "A moment.", calls: [call] }, says: stopped, told: called },
  "a tool only": { speech: { calls: [call] }, says: called, told: called },
  "a tool only, finish=stop": { speech: { calls: [call] }, says: stopped, told: called },
  "text cut by the limit": { speech: { text: "A mom", calls: [] }, says: cuts, told: cut },
  "a tool, cut by the limit": { speech: { text: "A moment.", calls: [call] }, says: cuts, told: cut },
  "the empty word on every chunk, then a tool": {
    speech: { text: "A moment.", calls: [call], emptyBefore: true },
    says: called,
    told: called,
  },
  "the empty word on every chunk, then the limit": {
    speech: { text: "A mom", calls: [], emptyBefore: true },
    says: cuts,
    told: cut,
  },
  "the empty word to the end, with a tool": {
    speech: { text: "A moment.", calls: [call], emptyBefore: true },
    says: { "openai-chat": "", "anthropic-messages": "" },
    told: called,
  },
  "the word for calls, and none are there": {
    speech: { text: "All done.", calls: [] },
    says: { "openai-chat": "tool_calls", "anthropic-messages": "tool_use" },
    told: stopped,
  },
};

describe("#7: why an answer ended", { timeout: 60_000 }, () => {
  let upstream: RawUpstream;
  let stack: FourWires;
  before(async () => {
    upstream = await startRawUpstream(({ path, body, socket }) => {
      const { wire, model, stream } = requestOf(path, body);
      const row = Object.values(rows)[Number(model)];
      socket.write(replyOf(wire, { calls: [], ...row?.speech, finish: row?.says[wire] ?? "" }, stream));
    });
    stack = await startFourWires({ upstream: upstream.url });
  });
  after(async () => {
    await stack.close();
    await upstream.close();
  });

  for (const [number, [what, { says, told: expected, speech }]] of Object.entries(rows).entries()) {
    for (const stream of [false, true]) {
      test(`#7: ${what} (${stream ? "streamed" : "whole"})`, async () => {
        const table: string[][] = [];
        const wanted: string[][] = [];
        for (const provider of wireNames.filter((wire) => says[wire] !== undefined)) {
          for (const caller of wireNames) {
            const answer = await stack.post(caller, `${providerOf[provider]}/${number}`, asked[caller], { stream });
            assert.equal(answer.status, 200, answer.text);
            const { finish, calls: made } = await told(caller, answer, stream);
            table.push([provider, caller, String(finish), ...made.map(({ name }) => name)]);
            wanted.push([provider, caller, expected[caller], ...speech.calls.map(({ name }) => name)]);
          }
        }
        assert.deepEqual(table, wanted);
      });
    }
  }
});
