import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Call, CallRecord } from "../../canonical/call.ts";
import type { ChatChunk, ChatRequest, ChatResult } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { Operation } from "../../canonical/operations.ts";
import type { Handler, Reply } from "../../canonical/reply.ts";
import { finished, type Terminal } from "../../canonical/terminal.ts";
import { Warnings } from "../../canonical/warnings.ts";
import { guard } from "./guard.ts";
import type { GuardOptions } from "./rules.ts";
import { nothing } from "./testing/samples.ts";

const mail = "jane@example.com";

const request = (text: string): ChatRequest => ({ model: "m", messages: [{ role: "user", content: [{ type: "text", text }] }] });

function callOf(text: string, more: Partial<Call<"chat">> = {}): Call<"chat"> {
  const json: JsonObject = { messages: [{ role: "user", content: text }] };
  const body = new TextEncoder().encode(JSON.stringify(json));
  return {
    id: "call_0001",
    operation: "chat",
    model: "m",
    stream: false,
    strict: false,
    request: request(text),
    source: { wire: "openai-chat", path: "/", query: "", headers: {}, body, json, members: new Map() },
    caller: { kind: "open", keyId: "open", labels: {} },
    labels: {},
    signal: new AbortController().signal,
    deadline: 1,
    warnings: new Warnings(),
    record: new CallRecord(),
    ...more,
  };
}

const resultOf = (text: string): ChatResult => ({
  choices: [
    {
      index: 0,
      content: [{ type: "text", text }],
      finish: { reason: "stop", raw: "stop" },
      logprobs: { content: [{ token: text }] },
    },
  ],
});

/** Answers every call with the same, and keeps what it was sent. */
function answering(reply: unknown): { readonly next: Handler; readonly calls: Call[] } {
  const calls: Call[] = [];
  const next = async <Op extends Operation>(call: Call<Op>): Promise<Reply<Op>> => {
    calls.push(call);
    return asReply(reply);
  };
  return { next, calls };
}

/** What a test says is a reply is taken for one. */
function asReply<R>(reply: unknown): R;
function asReply(reply: unknown): unknown {
  return reply;
}

function streamOf(
  chunks: readonly ChatChunk[],
  terminal: Terminal = finished,
  raw?: Uint8Array,
): { reply: Reply<"chat">; ended: Terminal[] } {
  const ended: Terminal[] = [];
  const left = [...chunks];
  const reply: Reply<"chat"> = {
    stream: true,
    relayed: raw !== undefined,
    batches: {
      next: async () => {
        const chunk = left.shift();
        return chunk === undefined ? { done: true, value: terminal } : { done: false, value: [{ raw, chunks: () => [chunk] }] };
      },
      return: async (value) => {
        ended.push(value);
        return { done: true, value };
      },
    },
  };
  return { reply, ended };
}

async function read(
  reply: Reply<"chat">,
): Promise<{ readonly text: string; readonly terminal: Terminal; readonly raws: number }> {
  assert.ok(reply.stream);
  let text = "";
  let raws = 0;
  for (;;) {
    const step = await reply.batches.next();
    if (step.done === true) return { text, terminal: step.value, raws };
    for (const item of step.value) {
      if (item.raw !== undefined) raws++;
      for (const chunk of item.chunks()) {
        if (chunk.type === "part-start" && "text" in chunk.content) text += chunk.content.text;
        if (chunk.type === "part-delta" && "text" in chunk.delta) text += chunk.delta.text;
      }
    }
  }
}

const troubles: string[] = [];
const stepOf = (options: Partial<GuardOptions>) =>
  guard({ ...nothing, ...options }, { onTrouble: (message) => troubles.push(message) });
const input = (more: Partial<GuardOptions["input"]>): Partial<GuardOptions> => ({ input: { ...nothing.input, ...more } });
const output = (more: Partial<GuardOptions["output"]>): Partial<GuardOptions> => ({ output: { ...nothing.output, ...more } });
const code = (wanted: string) => (thrown: unknown) => thrown instanceof GatewayError && thrown.code === wanted;

describe("guard", () => {
  it("is not there where no rule is on", () => {
    const { next } = answering(undefined);
    assert.equal(stepOf({})(next), next);
  });

  it("leaves what it finds nothing in as it is: the call, its bytes, the relayed answer", async () => {
    const whole = { stream: false, result: resultOf("fine"), raw: new Uint8Array(1) };
    const { next, calls } = answering(whole);
    const call = callOf("fine");
    const step = stepOf({
      input: { ...nothing.input, pii: "redact" },
      output: { ...nothing.output, pii: "redact", maxCharacters: 100 },
    });
    assert.equal(await step(next)(call), whole);
    assert.equal(calls[0], call);
  });

  it("looks at no bytes twice: a clean body is not decoded", async () => {
    const { next } = answering({ stream: false, result: resultOf("x") });
    const call = callOf("für 3 €");
    const undecoded = Object.defineProperty({ ...call }, "request", { get: () => assert.fail("decoded") });
    await stepOf(input({ controlCharacters: "flag" }))(next)(undecoded);
    await stepOf(input({ pii: "redact" }))(next)(undecoded);
    assert.equal(call.warnings.list.length, 0);
  });

  it("drops the source of what it changes: it is never relayed", async () => {
    const { next, calls } = answering({ stream: false, result: resultOf("x") });
    await stepOf(input({ pii: "redact" }))(next)(callOf(`to ${mail}`));
    assert.equal(calls[0]?.source, undefined);
    assert.deepEqual(calls[0]?.request, request("to [redacted:email]"));
  });

  it("takes the signature off a thought that it changes", async () => {
    const { next, calls } = answering({ stream: false, result: resultOf("x") });
    const thoughts = (text: string, signature: string | undefined): ChatRequest => ({
      model: "m",
      messages: [{ role: "assistant", content: [{ type: "reasoning", text, signature }] }],
    });
    const step = stepOf(input({ pii: "redact" }))(next);
    await step(callOf("x", { source: undefined, request: thoughts(`of ${mail}`, "sig") }));
    assert.deepEqual(calls[0]?.request, thoughts("of [redacted:email]", undefined));
    await step(callOf("x", { source: undefined, request: thoughts("of nothing", "sig") }));
    assert.deepEqual(calls[1]?.request, thoughts("of nothing", "sig"));
  });

  it("takes control characters out without a mark", async () => {
    const { next, calls } = answering({ stream: false, result: resultOf("x") });
    await stepOf(input({ controlCharacters: "redact" }))(next)(callOf("a\u202eb\u001b[31mc"));
    assert.deepEqual(calls[0]?.request, request("abc"));
  });

  it("looks at the whole of a completed conversation", async () => {
    const { next, calls } = answering({ stream: false, result: resultOf("x") });
    await stepOf(input({ pii: "redact" }))(next)(callOf("fine", { completed: request(`earlier: ${mail}`) }));
    assert.deepEqual(calls[0]?.request, request("earlier: [redacted:email]"));
    assert.equal(calls[0]?.completed, undefined);
  });

  it("refuses texts that are too long, by their characters and not their bytes", async () => {
    const { next, calls } = answering({ stream: false, result: resultOf("x") });
    const step = stepOf(input({ maxCharacters: 104 }))(next);
    await step(callOf("é".repeat(100)));
    await assert.rejects(() => step(callOf("é".repeat(101))), code("content_policy"));
    assert.equal(calls.length, 1);
  });

  it("knows the gateway's own keys by their text", async () => {
    const { next, calls } = answering({ stream: false, result: resultOf("x") });
    const [own] = nothing.ownSecrets;
    await assert.rejects(
      () => stepOf(input({ secrets: "refuse" }))(next)(callOf(`my key: ${own}`)),
      (thrown) => {
        return thrown instanceof GatewayError && thrown.message.includes("own_secret") && !thrown.message.includes(String(own));
      },
    );
    assert.equal(calls.length, 0);
  });

  it("refuses what it could not look at, and says so to the operator", async () => {
    const { next, calls } = answering({ stream: false, result: resultOf("x") });
    const broken = callOf("x", { source: undefined });
    const call = Object.defineProperty({ ...broken }, "request", { get: () => JSON.parse("{") });
    await assert.rejects(() => stepOf(input({ pii: "flag" }))(next)(call), code("internal"));
    assert.equal(calls.length, 0);
    assert.match(troubles.at(-1) ?? "", /^a guard failed \(SyntaxError\), and the call was refused\.$/);

    const reply = Object.defineProperty({ stream: false }, "result", { get: () => JSON.parse("{") });
    await assert.rejects(() => stepOf(output({ pii: "flag" }))(answering(reply).next)(callOf("x")), code("internal"));
  });

  it("changes a whole answer, its log probabilities with it; refuses it; cuts it", async () => {
    const { next } = answering({ stream: false, result: resultOf(`to ${mail} 👍🏽`), raw: new Uint8Array(1) });
    const redacted = await stepOf(output({ pii: "redact" }))(next)(callOf("x"));
    const said = { type: "text", text: "to [redacted:email] 👍🏽", citations: undefined };
    assert.deepEqual(redacted, {
      stream: false,
      result: { choices: [{ index: 0, content: [said], finish: { reason: "stop", raw: "stop" }, logprobs: undefined }] },
    });
    await assert.rejects(() => stepOf(output({ pii: "refuse" }))(next)(callOf("x")), code("content_policy"));
    const cut = await stepOf(output({ maxCharacters: 21 }))(next)(callOf("x"));
    assert.ok(!cut.stream && "choices" in cut.result);
    // Not in the middle of a pair.
    assert.deepEqual(cut.result.choices[0]?.content, [{ type: "text", text: `to ${mail} ` }]);
    assert.equal(cut.result.choices[0]?.finish.reason, "length");
  });

  const pieces = (text: string): readonly ChatChunk[] => [
    { type: "start", head: {} },
    { type: "part-start", choice: 0, part: 0, content: { type: "text", text: "" } },
    ...[...text].map(
      (one): ChatChunk => ({
        type: "part-delta",
        choice: 0,
        part: 0,
        delta: { type: "text", text: one, logprobs: { content: [one] } },
      }),
    ),
  ];

  it("gives a stream that breaks off as far as it came, with nothing in it that would not have been let through", async () => {
    const error = new GatewayError("truncated", "broke off");
    const { reply } = streamOf(pieces(`to ${mail}`), { kind: "truncated", error });
    const guarded = await stepOf(output({ pii: "redact" }))(answering(reply).next)(callOf("x", { stream: true }));
    assert.deepEqual(await read(guarded), { text: "to [redacted:email]", terminal: { kind: "truncated", error }, raws: 0 });
  });

  it("ends a stream where a rule refuses, leaves its provider, and shows nothing in other words either", async () => {
    const { reply, ended } = streamOf(pieces(`to ${mail}, and on`), finished, new Uint8Array(1));
    const guarded = await stepOf(output({ pii: "refuse" }))(answering(reply).next)(callOf("x", { stream: true }));
    assert.ok(guarded.stream && !guarded.relayed);
    const seen: ChatChunk[] = [];
    let terminal: Terminal | undefined;
    for (let step = await guarded.batches.next(); ; step = await guarded.batches.next()) {
      if (step.done === true) {
        terminal = step.value;
        break;
      }
      for (const item of step.value) {
        assert.equal(item.raw, undefined);
        seen.push(...item.chunks());
      }
    }
    assert.equal(terminal.kind, "error");
    assert.equal(ended[0]?.kind, "error");
    assert.doesNotMatch(JSON.stringify(seen), /j|@|logprobs":\{/);
  });

  it("only reads a relayed stream where nothing would be changed", async () => {
    const { reply } = streamOf(pieces(`to ${mail}`), finished, new Uint8Array(1));
    const call = callOf("x", { stream: true });
    const flagged = await stepOf(output({ pii: "flag" }))(answering(reply).next)(call);
    assert.ok(flagged.stream && flagged.relayed);
    assert.equal((await read(flagged)).raws, pieces(`to ${mail}`).length);
    assert.deepEqual(
      call.warnings.list.map((one) => [one.code, one.at]),
      [["guard_pii", "choices[0]"]],
    );
  });

  it("takes a changed thought's signature off, and puts nothing back into thoughts", async () => {
    const thought = (text: string): readonly ChatChunk[] => [
      { type: "part-start", choice: 0, part: 0, content: { type: "reasoning", text: "" } },
      { type: "part-delta", choice: 0, part: 0, delta: { type: "reasoning", text } },
      { type: "part-delta", choice: 0, part: 0, delta: { type: "signature", signature: "sig" } },
      { type: "part-end", choice: 0, part: 0 },
    ];
    const chunksOf = async (reply: Reply<"chat">): Promise<string> => {
      assert.ok(reply.stream);
      const out: ChatChunk[] = [];
      for (let step = await reply.batches.next(); step.done !== true; step = await reply.batches.next())
        for (const item of step.value) out.push(...item.chunks());
      return JSON.stringify(out);
    };
    const step = stepOf({ input: { ...nothing.input, pii: "mask" }, output: { ...nothing.output, secrets: "redact" } });
    const kept = await chunksOf(
      await step(answering(streamOf(thought("think <EMAIL_1>")).reply).next)(callOf(`to ${mail}`, { stream: true })),
    );
    assert.ok(kept.includes("<EMAIL_1>") && kept.includes('"sig"') && !kept.includes(mail), kept);
    const key = ["AKIA", "IOSFODNN7EXAMPLE"].join("");
    const changed = await chunksOf(
      await step(answering(streamOf(thought(`think ${key}`)).reply).next)(callOf("x", { stream: true })),
    );
    assert.ok(changed.includes("[redacted:aws_key]") && !changed.includes("AKIA") && !changed.includes('"sig"'), changed);
  });
});
