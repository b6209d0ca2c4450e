import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Call, CallRecord } from "../canonical/call.ts";
import type { ChatChunk, ChatRequest, ChatResult, Message } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Part } from "../canonical/parts.ts";
import type { Handler, Reply, StreamItem } from "../canonical/reply.ts";
import { cancelled, finished, type Terminal } from "../canonical/terminal.ts";
import { Warnings } from "../canonical/warnings.ts";
import { AnswerStore } from "../conversations/answer-store.ts";
import { keepAnswers } from "./keep-answers.ts";
import type { References } from "./references.ts";

/** A wire whose bodies say `ref` where they refer to something; ids of ours begin with "our". */
const references: References = {
  wire: "w",
  refers: (body) => body["ref"] === true,
  referredBy: ({ content: [only] }) => (only?.type === "opaque" ? String(only.value["id"]) : undefined),
  isInstructions: ({ as }) => as === "instructions",
  isMade: (id) => id.startsWith("our"),
  isProviders: (id) => id.startsWith("theirs"),
  responseId: (callId) => `our-${callId}`,
  naming: (callId) => {
    let at = 0;
    return (part) => ({ ...part, itemId: `our-${callId}-${at++}` });
  },
  told: (said) => ({ said, tools: {} }),
  show: (said, { id }, { choices }) => ({ ...said, id, parts: choices[0]?.content.length ?? 0 }),
  forgotten: (id) => ({ id, deleted: true }),
};

const says = (role: Message["role"], text: string): Message => ({ role, content: [{ type: "text", text }] });
const refers = (id: string): Message => ({
  role: "assistant",
  content: [{ type: "opaque", origin: { wire: "w" }, kind: "item_reference", value: { id } }],
});
const signed: Part = { type: "reasoning", text: "hm", signature: "sig", origin: { wire: "other", provider: "p" } };
const result: ChatResult = {
  id: "chatcmpl-1",
  choices: [{ index: 0, content: [signed, { type: "text", text: "hi" }], finish: { reason: "stop", raw: null } }],
};

interface Asking {
  readonly id?: string;
  readonly request?: () => ChatRequest;
  readonly body?: JsonObject;
  readonly wire?: string;
  readonly keyId?: string;
  readonly continues?: string;
}

const undecoded = (): never => assert.fail("it was decoded");

function callOf({ id = "c1", request = undecoded, body = {}, wire = "w", keyId = "dev", continues }: Asking): Call<"chat"> {
  return {
    id,
    operation: "chat",
    model: "m",
    stream: false,
    strict: false,
    callerWire: wire,
    continues,
    get request() {
      return request();
    },
    source: { wire, path: "/", query: "", headers: {}, body: new Uint8Array(), json: body, members: new Map() },
    caller: { kind: "key", keyId, labels: {} },
    labels: {},
    signal: new AbortController().signal,
    deadline: 1,
    warnings: new Warnings(),
    record: new CallRecord(),
  };
}

/** What is answered: whole, or in pieces up to an end; relayed without either. */
interface Answer {
  readonly result?: ChatResult;
  readonly chunks?: readonly ChatChunk[];
  readonly terminal?: Terminal;
}

function setUp({ result, chunks, terminal = finished }: Answer, limits = {}) {
  const store = new AnswerStore({ now: () => 0 }, limits);
  const seen: Call[] = [];
  const given: Reply[] = [];
  const results: { readonly [Op in Operation]?: Operations[Op]["result"] } = { ...(result && { chat: result }) };
  const pieces: { readonly [Op in Operation]?: readonly Operations[Op]["chunk"][] } = { ...(chunks && { chat: chunks }) };
  const end = { done: true, value: terminal } as const;
  const answer = <Op extends Operation>({ operation }: Call<Op>): Reply<Op> => {
    const whole = results[operation];
    if (whole !== undefined) return { stream: false, result: whole };
    const left = pieces[operation]?.map((chunk) => [{ chunks: () => [chunk] }]);
    if (left === undefined) {
      return {
        stream: false,
        raw: new Uint8Array(),
        get result() {
          return undecoded();
        },
      };
    }
    const next = (): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> => {
      const value = left.shift();
      return Promise.resolve(value === undefined ? end : { done: false, value });
    };
    return { stream: true, relayed: false, batches: { next, return: () => Promise.resolve(end) } };
  };
  const next: Handler = (call) => {
    seen.push(call);
    const reply = answer(call);
    given.push(reply);
    return Promise.resolve(reply);
  };
  const pins = { find: (_: string, id: string) => (id === "theirs-1" ? { provider: "p", model: "m" } : undefined) };
  const handler = keepAnswers({ store, references, pins, clock: { wall: () => 5000 } })(next);
  return { store, seen, given, handler };
}

const asks = (...messages: readonly Message[]): ChatRequest => ({ model: "m", messages });

async function read(reply: Reply<"chat">): Promise<{ readonly chunks: readonly ChatChunk[]; readonly terminal: Terminal }> {
  assert.ok(reply.stream);
  const chunks: ChatChunk[] = [];
  for (let step = await reply.batches.next(); ; step = await reply.batches.next()) {
    if (step.done === true) return { chunks, terminal: step.value };
    for (const item of step.value) chunks.push(...item.chunks());
  }
}

async function thrownBy(run: Promise<unknown>): Promise<GatewayError> {
  const thrown: unknown = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof GatewayError, String(thrown));
  return thrown;
}

describe("keepAnswers", () => {
  it("leaves calls of other wires and relayed replies as they are, and decodes none of them", async () => {
    for (const call of [callOf({ wire: "other", body: { ref: true } }), callOf({})]) {
      const { handler, seen, given, store } = setUp({});
      assert.equal(await handler(call), given[0]);
      assert.equal(seen[0], call);
      assert.equal(store.size, 0);
    }
  });

  it("puts the conversation before the request's own messages, and the request's instructions before all", async () => {
    const { handler, seen } = setUp({ result });
    const rule = (text: string): Message => ({ ...says("system", text), as: "instructions" });
    const first = await handler(callOf({ request: () => asks(rule("old"), says("user", "one")) }));
    assert.ok(!first.stream);
    assert.deepEqual([first.result.id, first.result.createdAt], ["our-c1", 5]);
    const request = (): ChatRequest => ({ ...asks(rule("new"), says("user", "two")), previousResponse: "our-c1" });
    await handler(callOf({ id: "c2", request, body: { ref: true }, continues: "our-c1" }));
    const [, got] = seen;
    assert.ok(got?.completed && "messages" in got.completed);
    assert.deepEqual([got.continues, got.completed.previousResponse], [undefined, undefined]);
    const [a, b, c, d, e, ...more] = got.completed.messages;
    assert.deepEqual([a, b, e, more], [rule("new"), says("user", "one"), says("user", "two"), []]);
    // As their maker signed them.
    assert.deepEqual(c?.content, [{ ...signed, itemId: "our-c1-0" }]);
    assert.deepEqual(d?.content, [{ type: "text", text: "hi", itemId: "our-c1-1" }]);
    // And on from there, each turn once.
    const third = (): ChatRequest => ({ ...asks(says("user", "three")), previousResponse: "our-c2" });
    await handler(callOf({ id: "c3", request: third, body: { ref: true }, continues: "our-c2" }));
    const last = seen[2]?.completed;
    assert.ok(last && "messages" in last);
    assert.equal(last.messages.length, 7);
  });

  it("puts items in the places where they are named, each once, and leaves those of providers", async () => {
    const { handler, seen } = setUp({ result });
    await handler(callOf({ request: () => asks(says("user", "one")) }));
    const named = [says("user", "one"), refers("our-c1-0"), refers("our-c1-0"), refers("rs_theirs"), refers("our-c1-1")];
    await handler(callOf({ id: "c2", request: () => asks(...named), body: { ref: true } }));
    const got = seen[1]?.completed;
    assert.ok(got && "messages" in got);
    assert.deepEqual(
      got.messages.map(({ content }) => content.map(({ type }) => type)),
      [["text"], ["reasoning"], ["opaque"], ["text"]],
    );
    // What only a provider has in whole cannot be gone on from here.
    const onward = (): ChatRequest => ({ ...asks(says("user", "x")), previousResponse: "our-c2" });
    const error = await thrownBy(handler(callOf({ id: "c3", request: onward, body: { ref: true } })));
    assert.deepEqual([error.code, error.status, error.param], ["not_found", 400, "previous_response_id"]);
  });

  it("knows nobody else's answers, and none that was not to be kept", async () => {
    const { handler, seen, store } = setUp({ result });
    await handler(callOf({ request: () => asks(says("user", "one")) }));
    const onward = (): ChatRequest => ({ ...asks(), previousResponse: "our-c1" });
    const named = (): ChatRequest => asks(refers("our-c1-1"));
    for (const [request, status] of [
      [onward, 400],
      [named, 404],
    ] as const) {
      const error = await thrownBy(handler(callOf({ id: "c2", keyId: "ops", request, body: { ref: true } })));
      assert.deepEqual([error.code, error.status], ["not_found", status]);
      assert.match(error.message, /Send the whole conversation/);
    }
    assert.equal(seen.length, 1);
    const before = store.size;
    for (const more of [{ store: false }, { previousResponse: "theirs-9" }, { conversation: "conv" }, { promptTemplate: {} }])
      await handler(callOf({ id: "c3", request: () => ({ ...asks(), ...more }), body: { ref: true } }));
    assert.equal(store.size, before);
    const both = (): ChatRequest => ({ ...onward(), conversation: "conv" });
    assert.equal((await thrownBy(handler(callOf({ request: both, body: { ref: true } })))).param, "conversation");
  });

  it("keeps a stream before its caller is told the end, and only one that ends well", async () => {
    const finish = { reason: "stop", raw: null } as const;
    const chunks: readonly ChatChunk[] = [
      { type: "start", head: { id: "chatcmpl-1", model: "served" } },
      { type: "part-start", choice: 0, part: 0, content: { type: "text", text: "" } },
      { type: "part-delta", choice: 0, part: 0, delta: { type: "text", text: "hi" } },
      { type: "finish", choice: 0, finish },
    ];
    const error = new GatewayError("truncated", "");
    for (const terminal of [finished, cancelled, { kind: "truncated", error } as const]) {
      const { handler, store } = setUp({ chunks, terminal });
      const reply = await handler(callOf({ request: () => asks(says("user", "one")) }));
      assert.deepEqual([store.size, store.of("dev")?.answer("our-c1")], [1, undefined]);
      const told = await read(reply);
      assert.deepEqual(told.chunks[0], { type: "start", head: { id: "our-c1", model: "served", createdAt: 5 } });
      assert.deepEqual(told.chunks[1], {
        ...chunks[1],
        content: { type: "text", text: "", itemId: "our-c1-0" },
      });
      assert.equal(store.size, terminal.kind === "finished" ? 1 : 0);
      const content = store.of("dev")?.answer("our-c1")?.result.choices[0]?.content;
      const kept = [{ type: "text", text: "hi", itemId: "our-c1-0" }];
      assert.deepEqual(content, terminal.kind === "finished" ? kept : undefined);
    }
    const { handler, store } = setUp({ chunks });
    const broken = await handler(callOf({ request: () => asks(says("user", "one")) }));
    assert.ok(broken.stream);
    await broken.batches.next();
    await broken.batches.return(cancelled);
    assert.equal(store.size, 0);
  });

  it("leaves an answer to the provider that keeps it", async () => {
    const theirs = { ...result, id: "theirs-1" };
    const { handler, given, store } = setUp({ result: theirs });
    const reply = await handler(callOf({ request: () => asks() }));
    assert.ok(!reply.stream && given[0] !== undefined && !given[0].stream);
    assert.deepEqual([reply.result, store.size], [theirs, 0]);
    const streamed = setUp({
      chunks: [
        { type: "start", head: { id: "theirs-1" } },
        { type: "part-start", choice: 0, part: 0, content: { type: "text", text: "x" } },
      ],
    });
    const told = await read(await streamed.handler(callOf({ request: () => asks() })));
    assert.deepEqual(told.chunks, [
      { type: "start", head: { id: "theirs-1" } },
      { type: "part-start", choice: 0, part: 0, content: { type: "text", text: "x" } },
    ]);
    assert.equal(streamed.store.size, 0);
  });

  it("says so where a conversation is too large to be kept", async () => {
    const { handler, store } = setUp({ result }, { ownerBytes: 1000 });
    const call = callOf({ request: () => asks(says("user", "x".repeat(2000))) });
    await handler(call);
    assert.deepEqual(
      call.warnings.list.map(({ code }) => code),
      ["answer_not_kept"],
    );
    assert.equal(store.size, 0);
  });
});
