import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bodyOf, type CallerWire, callerWires, pathOf, providers } from "./ask.ts";
import { type ChildStack, startChildStack } from "./child-stack.ts";
import { KernelQueues, kernelQueuesKnown } from "./kernel-queues.ts";
import { chunk, head, type RawUpstream, sse, startRawUpstream, whole } from "./raw-upstream.ts";
import { streamOf } from "./streams.ts";
import { percentile } from "./verdict.ts";

/*
 * R5: callers who read slowly or not at all hold their providers back; what is read ahead for them stays small. The kernel
 * keeps some megabytes for each connection on its own: they are counted and taken off.
 */

const streamBytes = 16 * 1024 * 1024;
const readers = 50;
const keptAhead = 256 * 1024;
const mostHeld = 64 * 1024 * 1024;
/**
 * The process itself grows by more than what is held: the kernel first takes some 5 MB for each of the connections, and what
 * has run through stays with V8 and malloc. Without back-pressure it would be 700 MB.
 */
const mostRss = 160 * 1024 * 1024;
/** What one write of the provider's may have got rid of before it is counted. */
const uncounted = 32 * 1024;
const legs = callerWires.flatMap((caller) => providers.map((provider) => ({ caller, provider })));

/** A provider's side of one stream. */
interface Sent {
  readonly socket: Socket;
  accepted: number;
  lastAcceptedAt: number;
  goneAt: number | undefined;
}

interface Reader {
  readonly sent: () => Sent | undefined;
  readonly socket: Socket;
  /** The bytes of both sides can be compared. */
  readonly relayed: boolean;
}

/** Content events of 8 KB, so that 16 MB of them cost this small machine little. */
async function startFlood(sent: Map<string, Sent>): Promise<RawUpstream> {
  return startRawUpstream(({ model, socket, path, gone }) => {
    const stream = streamOf(path);
    const entry: Sent = { socket, accepted: 0, lastAcceptedAt: performance.now(), goneAt: undefined };
    sent.set(model, entry);
    void gone.then((at) => {
      entry.goneAt = at;
    });
    const block = chunk((stream.frames[stream.preamble] ?? "").replace("Hel", "Hel".repeat(2730)).repeat(2));
    const pump = (): void => {
      if (entry.accepted >= streamBytes || socket.destroyed) return;
      socket.write(block, (error) => {
        if (error) return;
        entry.accepted += block.length;
        entry.lastAcceptedAt = performance.now();
        pump();
      });
    };
    socket.write(Buffer.concat([Buffer.from(head(200, sse)), ...stream.frames.slice(0, stream.preamble).map(chunk)]), pump);
  });
}

/** Opens a call and reads nothing of its answer until told to. */
function open(address: string, caller: CallerWire, model: string, stream = true): Socket {
  const body = JSON.stringify(bodyOf(caller, model, stream));
  const socket = connect(Number(new URL(address).port), "127.0.0.1");
  socket.pause();
  socket.on("error", () => {});
  socket.write(
    `POST ${pathOf(caller)} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return socket;
}

/** What was taken from the provider and not given to the caller, but for what the kernel holds; none while an end is closing. */
function aheadOf({ sent, socket }: Reader, upstreamPort: number, queues: KernelQueues): readonly number[] {
  const entry = sent();
  if (entry === undefined) return [];
  const fromProvider = queues.between(upstreamPort, entry.socket.remotePort ?? 0);
  const toCaller = queues.between(socket.remotePort ?? 0, socket.localPort ?? 0);
  if (fromProvider === undefined || toCaller === undefined) return [];
  return [entry.accepted - socket.bytesRead - fromProvider - toCaller];
}

/** The same load with callers who read as fast as they can: what a busy gateway needs anyway is no growth. */
async function warmUp(address: string): Promise<void> {
  const busy = Array.from({ length: readers }, (_, i) => {
    const { caller, provider } = legs[i % legs.length] ?? { caller: "openai", provider: "oai" };
    const socket = open(address, caller, `${provider}/warm.${i}`);
    return new Promise<void>((resolve) => {
      socket.on("data", () => socket.bytesRead > streamBytes / 8 && socket.destroy());
      socket.on("close", () => resolve());
      socket.resume();
    });
  });
  await Promise.all(busy);
}

async function withReaders(
  writeIdleMs: number,
  work: (readers: readonly Reader[], stack: ChildStack, upstream: RawUpstream) => Promise<void>,
): Promise<void> {
  const sent = new Map<string, Sent>();
  const upstream = await startFlood(sent);
  const stack = await startChildStack({ upstream: upstream.url, pace: { writeIdleMs }, keys: false });
  await warmUp(stack.address);
  try {
    const opened = Array.from({ length: readers }, (_, i): Reader => {
      const { caller, provider } = legs[i % legs.length] ?? { caller: "openai", provider: "oai" };
      const socket = open(stack.address, caller, `${provider}/slow.${i}`);
      return { socket, sent: () => sent.get(`slow.${i}`), relayed: (caller === "openai") === (provider === "oai") };
    });
    await work(opened, stack, upstream);
    for (const { socket } of opened) socket.destroy();
    await until(() => opened.every((reader) => reader.sent()?.goneAt !== undefined));
  } finally {
    await Promise.all([stack.close(), upstream.close()]);
  }
}

const gone = (reader: Reader): boolean => reader.sent()?.goneAt !== undefined;
const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;

describe("R5: slow readers", { timeout: 120_000 }, () => {
  test("who read at a trickle are served as slowly as they read", async (t) => {
    await withReaders(30_000, async (opened, stack, upstream) => {
      const base = await stack.stats();
      const timers = opened.map(({ socket }) => {
        socket.on("data", () => socket.pause());
        return setInterval(() => socket.resume(), 100);
      });
      const ahead: number[] = [];
      let rss = base.rssBytes;
      let held = base.heldBytes;
      for (let round = 0; round < 12; round++) {
        await sleep(250);
        const { rssBytes, heldBytes } = await stack.stats();
        rss = Math.max(rss, rssBytes);
        held = Math.max(held, heldBytes);
        if (!kernelQueuesKnown) continue;
        const queues = new KernelQueues();
        ahead.push(...opened.filter(({ relayed }) => relayed).flatMap((reader) => aheadOf(reader, upstream.port, queues)));
      }
      for (const timer of timers) clearInterval(timer);
      const read = opened.map(({ socket }) => socket.bytesRead);
      const grown = rss - base.rssBytes;
      const more = held - base.heldBytes;
      t.diagnostic(
        `${readers} readers took ${megabytes(Math.min(...read))} to ${megabytes(Math.max(...read))} of 16 MB each; read ahead p50 ${kibibytes(percentile(ahead, 0.5))}, p90 ${kibibytes(percentile(ahead, 0.9))}; held in all ${megabytes(more)} more; RSS ${megabytes(base.rssBytes)} grew by ${megabytes(grown)}`,
      );
      assert.ok(!opened.some(gone), "a caller who reads must not be cut off");
      assert.ok(Math.max(...read) < streamBytes);
      // The two sides are looked at a moment apart while bytes run: the odd figure says nothing, most of them do.
      if (kernelQueuesKnown) assert.ok(percentile(ahead, 0.9) <= keptAhead + uncounted);
      assert.ok(more <= mostHeld && grown <= mostRss);
    });
  });

  test("who read nothing are cut off, and their providers told", async (t) => {
    const writeIdleMs = 1500;
    await withReaders(writeIdleMs, async (opened, stack, upstream) => {
      const base = await stack.stats();
      let rss = base.rssBytes;
      let held = base.heldBytes;
      const ahead: number[] = [];
      while (!opened.some(gone)) {
        await sleep(200);
        const { rssBytes, heldBytes } = await stack.stats();
        rss = Math.max(rss, rssBytes);
        held = Math.max(held, heldBytes);
        if (!kernelQueuesKnown) continue;
        const queues = new KernelQueues();
        const now = performance.now();
        const settled = opened.filter((reader) => reader.relayed && now - (reader.sent()?.lastAcceptedAt ?? now) > 300);
        ahead.push(...settled.filter((reader) => !gone(reader)).flatMap((reader) => aheadOf(reader, upstream.port, queues)));
      }
      await until(() => opened.every(gone));
      const waits = opened.map((reader) => (reader.sent()?.goneAt ?? 0) - (reader.sent()?.lastAcceptedAt ?? 0));
      t.diagnostic(
        `${readers} stalled; read ahead p50 ${kibibytes(percentile(ahead, 0.5))}, max ${kibibytes(Math.max(...ahead))} (n=${ahead.length}); held in all ${megabytes(held - base.heldBytes)} more; RSS ${megabytes(base.rssBytes)} grew by ${megabytes(rss - base.rssBytes)}; provider told ${Math.min(...waits).toFixed(0)} to ${Math.max(...waits).toFixed(0)} ms after it was last read from (write idle ${writeIdleMs} ms)`,
      );
      if (kernelQueuesKnown) {
        assert.ok(ahead.length > 0 && percentile(ahead, 0.9) <= keptAhead + uncounted);
        assert.ok(Math.max(...ahead) <= 2 * keptAhead);
      }
      assert.ok(held - base.heldBytes <= mostHeld && rss - base.rssBytes <= mostRss);
      assert.ok(Math.min(...waits) >= writeIdleMs - 500 && Math.max(...waits) <= writeIdleMs + 1000);
      const rows = (await stack.ledger()).filter(({ model }) => model.startsWith("slow"));
      assert.deepEqual(
        rows.map(({ terminal }) => terminal),
        rows.map(() => "cancelled"),
      );
      assert.equal(rows.length, readers);
    });
  });

  test("who do not take a whole answer are cut off too", async (t) => {
    const writeIdleMs = 500;
    const upstream = await startRawUpstream(({ path, socket }) => {
      const body = streamOf(path).reply.replace("Hello", "Hello".repeat(4_000_000));
      socket.write(whole(200, body));
    });
    const stack = await startChildStack({ upstream: upstream.url, pace: { writeIdleMs }, keys: false });
    try {
      const sockets = [open(stack.address, "openai", "oai/x", false), open(stack.address, "anthropic", "ant/x", false)];
      await sleep(2500);
      for (const socket of sockets) {
        const closed = new Promise((resolve) => socket.on("close", resolve));
        // Who reads nothing learns of the end only by writing, and again.
        socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n", () => socket.write("\r\n"));
        const alive = await Promise.race([closed.then(() => false), sleep(1000).then(() => true)]);
        assert.equal(alive, false);
        assert.equal(socket.bytesRead, 0);
      }
      t.diagnostic(`2 callers with 20 MB each were gone 2.5 s later (write idle ${writeIdleMs} ms)`);
    } finally {
      await Promise.all([stack.close(), upstream.close()]);
    }
  });
});

async function until(holds: () => boolean, withinMs = 8000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms`);
    await sleep(20);
  }
}
