import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import { describe, it } from "node:test";
import type { ChatChunk } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Batches, StreamItem } from "../canonical/reply.ts";
import { cancelled, finished, type Terminal } from "../canonical/terminal.ts";
import { sseWriter } from "../framing/event-writer.ts";
import { FakeClock } from "../transport/testing/fake-clock.ts";
import { anthropicMessages } from "../wires/anthropic-messages/index.ts";
import { openaiChat } from "../wires/openai-chat/index.ts";
import type { ReplyEncoder, Wire } from "../wires/wire.ts";
import { StreamAnswer } from "./stream-answer.ts";
import { HeldSocket } from "./testing/held-socket.ts";

const timers = { writeIdleMs: 60_000, keepAliveMs: 15_000 };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const item = (raw: string): StreamItem<"chat"> => ({ raw: Buffer.from(raw), chunks: () => [] });
const chunks = (...list: readonly ChatChunk[]): StreamItem<"chat"> => ({ chunks: () => list });
const text = (said: string): ChatChunk => ({ type: "part-delta", choice: 0, part: 0, delta: { type: "text", text: said } });
const opening: readonly ChatChunk[] = [
  { type: "start", head: { id: "i", model: "m", createdAt: 1 } },
  { type: "part-start", choice: 0, part: 0, content: { type: "text", text: "" } },
];

/** Batches that a test gives out one by one. */
class FedBatches implements Batches<"chat"> {
  readonly #steps: (readonly StreamItem<"chat">[] | Terminal)[] = [];
  #waiting: (() => void) | undefined;
  asked = 0;
  returned: Terminal | undefined;

  feed(...steps: readonly (readonly StreamItem<"chat">[] | Terminal)[]): void {
    this.#steps.push(...steps);
    this.#waiting?.();
  }

  async next(): Promise<IteratorResult<readonly StreamItem<"chat">[], Terminal>> {
    this.asked++;
    if (this.#steps.length === 0) await new Promise<void>((resolve) => (this.#waiting = resolve));
    const step = this.#steps.shift();
    assert.ok(step);
    return "kind" in step ? { done: true, value: step } : { done: false, value: step };
  }

  async return(terminal: Terminal): Promise<IteratorResult<readonly StreamItem<"chat">[], Terminal>> {
    this.returned ??= terminal;
    return { done: true, value: terminal };
  }
}

function encoderOf(wire: Wire): ReplyEncoder<"chat"> {
  const body = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "hi" }], stream: true };
  const decoded = wire.codecs.chat?.decodeRequest?.({ path: "/", query: "", headers: {}, body });
  assert.ok(decoded);
  return decoded.encoder({ id: "call_1", createdAt: 1, model: "m" });
}

/** A request that arrived on a connection in memory, and its answer begun. */
async function answering(relayed: boolean, encoder = encoderOf(openaiChat)) {
  const clock = new FakeClock();
  const socket = new HeldSocket();
  const batches = new FedBatches();
  const response = await new Promise<ServerResponse>((resolve) => {
    createServer((_, response) => resolve(response)).emit("connection", socket);
    socket.push("GET / HTTP/1.0\r\n\r\n");
  });
  const answer = new StreamAnswer(response, encoder, sseWriter, "call_1", clock, timers);
  const over: Promise<Terminal | string> = answer.run(batches, relayed).catch(String);
  return { clock, socket, batches, response, answer, over };
}

describe("StreamAnswer", () => {
  it("passes relayed bytes on as they are, and adds nothing to their end", async () => {
    const { batches, socket, over, clock } = await answering(true);
    const terminal: Terminal = { kind: "error", error: new GatewayError("overloaded", "x") };
    batches.feed([item("a: b\n\n"), item(": c\r\n\r\n")], [item("Grüße")], terminal);
    assert.deepEqual(await over, terminal);
    assert.equal(socket.body, "a: b\n\n: c\r\n\r\nGrüße");
    assert.equal(clock.pending, 0);
  });

  it("encodes what is not relayed, and what of a relayed stream was replaced", async () => {
    const { batches, socket, over } = await answering(false);
    batches.feed([chunks(...opening, text("he"))], [chunks(text("y"))], finished);
    assert.deepEqual(await over, finished);
    assert.match(socket.body, /"content":"he".*"content":"y".*"finish_reason":"stop".*data: \[DONE\]\n\n$/s);
    const mixed = await answering(true);
    mixed.batches.feed([item("raw"), chunks(...opening, text("new"))], finished);
    await mixed.over;
    assert.match(mixed.socket.body, /^raw.*"content":"new"/s);
    assert.doesNotMatch(mixed.socket.body, /DONE/);
  });

  it("ends as the terminal says: no end marker where something is missing", async () => {
    for (const wire of [openaiChat, anthropicMessages]) {
      for (const kind of ["error", "truncated", "cancelled"] as const) {
        const { batches, socket, over } = await answering(false, encoderOf(wire));
        const error = new GatewayError("truncated", "It broke off.");
        const terminal: Terminal = kind === "cancelled" ? cancelled : { kind, error };
        batches.feed([chunks(...opening, text("he"))], terminal);
        assert.deepEqual(await over, terminal);
        assert.doesNotMatch(socket.body, /\[DONE\]|message_stop/);
        assert.equal(socket.body.match(/It broke off\./g)?.length ?? 0, kind === "cancelled" ? 0 : 1);
      }
    }
  });

  it("takes no further batch while the caller takes no bytes", async () => {
    const { batches, socket, over, clock } = await answering(true);
    socket.hold();
    batches.feed([item("x".repeat(100))], [item("y".repeat(100))], finished);
    await settled();
    assert.equal(batches.asked, 1);
    assert.equal(clock.pending, 2);
    clock.advance(timers.keepAliveMs * 2);
    socket.release();
    assert.deepEqual(await over, finished);
    assert.doesNotMatch(socket.body, /keep-alive/);
    assert.equal(batches.asked, 3);
    assert.equal(clock.pending, 0);
  });

  it("cuts a caller off who takes nothing for too long, and does not spin meanwhile", async () => {
    const { batches, socket, over, clock, response } = await answering(true);
    socket.hold();
    batches.feed([item("x".repeat(100))]);
    await settled();
    let fired = 0;
    const after = clock.after.bind(clock);
    clock.after = (ms, task) => {
      fired++;
      return after(ms, task);
    };
    clock.advance(timers.writeIdleMs - 1);
    await settled();
    assert.equal(batches.returned, undefined);
    assert.ok(fired <= 4, `${fired} timers`);
    assert.doesNotMatch(socket.body, /keep-alive/);
    clock.advance(1);
    assert.deepEqual(await over, cancelled);
    assert.deepEqual(batches.returned, cancelled);
    assert.equal(response.destroyed, true);
    assert.equal(clock.pending, 0);
  });

  it("gives the provider up when the caller goes away in the middle of a wait, or before it", async () => {
    const stuck = await answering(true);
    stuck.socket.hold();
    stuck.batches.feed([item("x".repeat(100))]);
    await settled();
    stuck.socket.destroy();
    assert.deepEqual(await stuck.over, cancelled);
    const gone = await answering(true);
    gone.socket.destroy();
    await settled();
    gone.batches.feed([item("x")]);
    assert.deepEqual(await gone.over, cancelled);
    for (const { batches, clock, response } of [stuck, gone]) {
      assert.deepEqual(batches.returned, cancelled);
      assert.equal(clock.pending, 0);
      assert.equal(response.listenerCount("drain"), 0);
    }
  });

  it("breaks every silence of the set length, and only silences", async () => {
    for (const [wire, sign] of [
      [openaiChat, /: keep-alive\n\n/g],
      [anthropicMessages, /event: ping\n/g],
    ] as const) {
      const { batches, socket, over, clock } = await answering(true, encoderOf(wire));
      const signs = async (): Promise<number> => {
        await settled();
        return socket.body.match(sign)?.length ?? 0;
      };
      for (let at = 0; at < 10; at++) {
        clock.advance(timers.keepAliveMs - 1);
        batches.feed([item("x")]);
        await settled();
      }
      assert.equal(await signs(), 0);
      clock.advance(timers.keepAliveMs - 1);
      assert.equal(await signs(), 0);
      clock.advance(1);
      assert.equal(await signs(), 1);
      for (const count of [2, 3, 4]) {
        clock.advance(timers.keepAliveMs);
        assert.equal(await signs(), count);
      }
      batches.feed(finished);
      await over;
      clock.advance(timers.keepAliveMs * 3);
      assert.equal(await signs(), 4);
      assert.equal(clock.pending, 0);
    }
  });

  it("lets go of everything when an encoder or a decoder throws", async () => {
    const encoder = encoderOf(openaiChat);
    encoder.push = () => {
      throw new TypeError("bug");
    };
    const inEncoder = await answering(false, encoder);
    inEncoder.batches.feed([chunks(text("x"))]);
    const inDecoder = await answering(false);
    inDecoder.batches.feed([{ chunks: () => assert.fail("bug") }]);
    for (const { over, batches, clock } of [inEncoder, inDecoder]) {
      assert.match(String(await over), /bug/);
      assert.equal(batches.returned?.kind, "error");
      assert.equal(clock.pending, 0);
    }
  });

  it("has Node watch a caller who leaves the last bytes lying, and no other", async () => {
    const { batches, socket, over } = await answering(false);
    batches.feed([chunks(...opening)]);
    await settled();
    socket.hold();
    batches.feed(finished);
    await over;
    assert.equal(socket.timeoutMs, timers.writeIdleMs);
    const quick = await answering(false);
    quick.batches.feed([chunks(...opening)], finished);
    await quick.over;
    assert.equal(quick.socket.timeoutMs, undefined);
  });
});
