import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Call, CallRecord } from "../canonical/call.ts";
import type { ChatRequest } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";
import type { Handler } from "../canonical/reply.ts";
import { finished } from "../canonical/terminal.ts";
import { Warnings } from "../canonical/warnings.ts";
import { turnOf } from "../conversations/turn.ts";
import { TurnStore } from "../conversations/turn-store.ts";
import { parseJsonBody } from "../framing/json-body.ts";
import { keepParts } from "./keep-parts.ts";

const call: Part = { type: "tool-call", id: "call_1", name: "f", arguments: "{}" };
const signed: readonly Part[] = [{ type: "reasoning", text: "hm", signature: "sig", origin: { wire: "w" } }, call];
const history: ChatRequest = { model: "m", messages: [{ role: "assistant", content: [call] }] };

/** A caller's body that mentions `id` somewhere deep, and what is decoded of it, if anybody asks. */
function callOf(id: string, decode: () => ChatRequest, keyId = "dev"): Call<"chat"> {
  const body = Buffer.from(JSON.stringify({ tools: [], messages: [null, 1, { deep: [{ id }] }] }));
  return {
    id: "c",
    operation: "chat",
    model: "m",
    stream: false,
    strict: false,
    get request() {
      return decode();
    },
    source: { wire: "w", path: "/", query: "", headers: {}, body, ...parseJsonBody(body) },
    caller: { kind: "key", keyId, labels: {} },
    labels: {},
    signal: new AbortController().signal,
    deadline: 1,
    warnings: new Warnings(),
    record: new CallRecord(),
  };
}

const undecoded = (): never => assert.fail("it was decoded");

function setUp(kept: readonly Part[] | undefined) {
  const store = new TurnStore({ now: () => 0 });
  const turn = kept && turnOf(kept);
  if (turn !== undefined) store.remember("dev", turn);
  const seen: Call[] = [];
  const relayed: Handler = (each) => {
    seen.push(each);
    return Promise.resolve({
      stream: false,
      raw: new Uint8Array(),
      losable: false,
      get result() {
        return undecoded();
      },
    });
  };
  return { store, seen, handler: keepParts(store)(relayed) };
}

describe("keepParts", () => {
  it("decodes neither request nor reply of who has nothing stored", async () => {
    const { handler, seen } = setUp(undefined);
    const sent = callOf("call_1", undecoded);
    await handler(sent);
    assert.equal(seen[0], sent);
  });

  it("decodes no request that mentions no stored call, and none of another owner", async () => {
    const { handler, seen } = setUp(signed);
    const calls = [callOf("call_2", undecoded), callOf("call_1", undecoded, "ops")];
    for (const sent of calls) await handler(sent);
    assert.deepEqual(seen, calls);
  });

  it("completes a request that lacks what is stored, and leaves the reply to be relayed", async () => {
    const { handler, seen } = setUp(signed);
    const sent = callOf("call_1", () => history);
    await handler(sent);
    const [got] = seen;
    assert.ok(got?.completed && "messages" in got.completed);
    assert.deepEqual([got.source, got.request], [sent.source, history]);
    assert.deepEqual(got.completed.messages[0]?.content, signed);
    assert.deepEqual(
      sent.warnings.list.map(({ kind, code, at }) => [kind, code, at]),
      [["repaired", "parts_put_back", "messages[0]"]],
    );
  });

  it("keeps the source of a request that lacks nothing", async () => {
    const { handler, seen } = setUp(signed);
    const sent = callOf("call_1", () => ({ ...history, messages: [{ role: "assistant", content: signed }] }));
    await handler(sent);
    assert.equal(seen[0], sent);
  });

  it("reads a relayed stream only from where it holds what callers lose", async () => {
    const store = new TurnStore({ now: () => 0 });
    let losable = false;
    const read: number[] = [];
    const handler = keepParts(store)(() => {
      let given = 0;
      const item = (number: number) => ({
        raw: new Uint8Array(),
        chunks: () => read.splice(read.length, 0, number).map(undecoded),
      });
      return Promise.resolve({
        stream: true,
        relayed: true,
        losable: () => losable,
        batches: {
          next: () => Promise.resolve(given < 4 ? { done: false, value: [item(++given)] } : { done: true, value: finished }),
          return: (terminal) => Promise.resolve({ done: true, value: terminal }),
        },
      });
    });
    const reply = await handler(callOf("", undecoded));
    assert.ok(reply.stream);
    for (let step = 1; step <= 5; step++) {
      losable = step >= 3;
      await reply.batches.next();
    }
    assert.deepEqual(read, [3, 4]);
  });

  it("leaves a relayed stream of a wire that loses nothing as it is", async () => {
    const batches = {
      next: () => Promise.resolve({ done: true as const, value: finished }),
      return: () => Promise.resolve({ done: true as const, value: finished }),
    };
    const handler = keepParts(new TurnStore({ now: () => 0 }))(() => Promise.resolve({ stream: true, relayed: true, batches }));
    const reply = await handler(callOf("", undecoded));
    assert.ok(reply.stream && reply.batches === batches);
  });
});
