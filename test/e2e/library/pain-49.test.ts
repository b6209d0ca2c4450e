import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "node:test";
import { CallError, createGateway } from "../../../src/index.ts";
import { openLedgerReader } from "../../../src/ledger/reader.ts";
import { folder } from "./folder.ts";
import { failure, startRig } from "./kit.ts";
import { providersAt } from "./providers-at.ts";

/* #49: the gateway inside a program. Aborts, errors and instances behave as a program may expect. */

const waits = { model: "oai/fault:stall-headers", prompt: "Never." };

test("#49 an abort 50 ms into a call that is no stream rejects within 100 ms and closes the provider's socket", async (t) => {
  await using rig = await startRig();
  const { journal } = rig.simulator;
  const controller = new AbortController();
  const arrived = journal.waitFor(({ model }) => model === "fault:stall-headers");
  const pending = failure(rig.gateway.generate({ ...waits, signal: controller.signal }));
  const entry = await arrived;
  await once50(controller);
  const abortedAt = performance.now();
  const error = await pending;
  const took = performance.now() - abortedAt;
  assert.ok(error instanceof CallError);
  assert.deepEqual([error.name, error.code, error.cause], ["AbortError", "cancelled", controller.signal.reason]);
  assert.ok(took < 100, `${took} ms`);
  await journal.waitFor(({ number, outcome }) => number === entry.number && outcome === "aborted");
  assert.equal(getEventListeners(controller.signal, "abort").length, 0, "the caller's signal is let go of");
  t.diagnostic(
    `#49 abort of a call at 50 ms: rejected after ${took.toFixed(1)} ms, socket closed after ${(performance.now() - abortedAt).toFixed(1)} ms`,
  );
});

/** Aborts 50 ms from now: the time is what the rule names. */
const once50 = (controller: AbortController): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(() => {
      controller.abort();
      resolve();
    }, 50);
  });

test("#49 a signal that was aborted before refuses at once, and nothing is sent", async () => {
  await using rig = await startRig();
  const signal = AbortSignal.abort(new Error("not today"));
  const error = await failure(rig.gateway.generate({ model: "oai/echo", prompt: "x", signal }));
  const streamed = await failure(rig.gateway.generateStream({ model: "oai/echo", prompt: "x", signal }).result);
  for (const one of [error, streamed]) {
    assert.ok(one instanceof CallError);
    assert.deepEqual([one.name, one.cause], ["AbortError", signal.reason]);
  }
  assert.equal(rig.simulator.journal.entries.length, 0);
});

test("#49 timeoutMs bounds the whole call, with an error that is no abort", async () => {
  await using rig = await startRig();
  const error = await failure(rig.gateway.generate({ ...waits, timeoutMs: 60 }));
  assert.ok(error instanceof CallError);
  assert.deepEqual([error.name, error.code], ["CallError", "timeout"]);
  await rig.simulator.journal.waitFor(({ outcome }) => outcome === "aborted");
});

test("#49 a stream is aborted by its signal, by leaving the loop, by cancel and by disposal; each closes the socket", async () => {
  await using rig = await startRig();
  const { journal } = rig.simulator;
  const model = "oai/fault:stall:5";
  const ways: readonly ((signal: AbortController) => Promise<unknown>)[] = [
    async (controller) => {
      const stream = rig.gateway.generateStream({ model, prompt: "One two three four five six.", signal: controller.signal });
      return failure(
        (async () => {
          for await (const event of stream) if (event.type === "text") controller.abort();
        })(),
      );
    },
    async () => {
      const stream = rig.gateway.generateStream({ model, prompt: "One two three four five six." });
      for await (const _ of stream) break;
      return failure(stream.result);
    },
    async () => {
      const stream = rig.gateway.generateStream({ model, prompt: "One two three four five six." });
      const { result } = stream;
      await journal.waitFor(({ outcome }) => outcome === "open");
      await stream.cancel();
      return failure(result);
    },
    async () => {
      let result: Promise<unknown>;
      {
        await using stream = rig.gateway.generateStream({ model, prompt: "One two three four five six." });
        result = stream.result;
        await journal.waitFor(({ outcome }) => outcome === "open");
      }
      return failure(result);
    },
  ];
  for (const [index, way] of ways.entries()) {
    const error = await way(new AbortController());
    assert.ok(error instanceof CallError, String(error));
    assert.equal(error.name, "AbortError");
    await journal.waitFor(({ number, outcome }) => number === journal.entries[index]?.number && outcome === "aborted");
  }
});

test("#49 a stream's 401 is caught in for await; whoever does not look is not punished: 0 unhandled rejections", async (t) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    await using rig = await startRig();
    const request = { model: "oai/fault:401", prompt: "x" };
    let caught: unknown;
    const stream = rig.gateway.generateStream(request);
    try {
      for await (const _ of stream) assert.fail("nothing can come");
    } catch (thrown) {
      caught = thrown;
    }
    assert.ok(caught instanceof CallError);
    assert.deepEqual([caught.code, caught.attempts, caught.provider], ["provider_credential", 1, "oai"]);
    const again = await stream[Symbol.asyncIterator]().next();
    assert.equal(again.done, true, "a failure is thrown once");
    // Asked for and not looked at, or not even asked for.
    const forgotten = rig.gateway.generateStream(request);
    void forgotten.result;
    void forgotten.text;
    rig.gateway.generateStream(request);
    rig.gateway.generateStream({ model: "", prompt: "x" });
    const broken = rig.gateway.generateStream({ model: "oai/fault:reset:3", prompt: "One two three four five." });
    assert.match(String(await failure(drained(broken))), /truncated|broke|connection/i);
    await rig.gateway.flush();
    await new Promise(setImmediate);
  } finally {
    process.off("unhandledRejection", note);
  }
  assert.deepEqual(unhandled, []);
  t.diagnostic(`#49 a stream's 401 caught in the loop, ${unhandled.length} unhandled rejections`);
});

test("#49 the next attempt has a signal of its own: one that timed out does not abort it", async () => {
  let asked = 0;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    asked++;
    // The first attempt hears nothing, and is given up by the timer for the first token.
    if (asked === 1) return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    response.end(`${chunk({ role: "assistant", content: "second" }, null)}${chunk({}, "stop")}data: [DONE]\n\n`);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    await using gateway = await createGateway({
      dataDir: false,
      providers: providersAt(`http://127.0.0.1:${address.port}`),
      timeouts: { firstToken: 400 },
    });
    const controller = new AbortController();
    const stream = gateway.generateStream({ model: "oai/m", prompt: "x", signal: controller.signal });
    const result = await stream.result;
    assert.deepEqual([result.text, result.attempts, asked], ["second", 2, 2]);
    assert.equal(controller.signal.aborted, false);
    assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("#49 two instances share nothing: settings, credentials, books, closing", async () => {
  const [one, two] = [folder(), folder()];
  await using rig = await startRig({ dataDir: one });
  const { simulator } = rig;
  const other = await createGateway({
    dataDir: two,
    strict: "refuse",
    providers: { only: { wire: "openai-chat", baseUrl: `${simulator.url}/v1`, apiKey: "the-other-credential" } },
  });
  assert.equal((await other.generate({ model: "only/echo", prompt: "b" })).text, "b");
  assert.equal((await rig.gateway.generate({ model: "oai/echo", prompt: "a" })).text, "a");
  const [b, a] = simulator.journal.entries;
  assert.ok(b?.credential !== undefined && a?.credential === undefined);
  const lost = { model: "ant/echo", prompt: "x", seed: 7 };
  assert.equal((await rig.gateway.generate(lost)).warnings.length > 0, true, "this one warns");
  const unknown = await failure(other.generate(lost));
  assert.ok(unknown instanceof CallError && unknown.code === "model_not_found", "that one does not know the other's providers");
  const refused = await failure(other.generate({ model: "only/echo", prompt: "x", topK: 3 }));
  assert.ok(refused instanceof CallError && refused.code === "unsupported", "and refuses");
  await other.close();
  const closed = await failure(other.generate({ model: "only/echo", prompt: "x" }));
  assert.ok(closed instanceof CallError && /closed/.test(closed.message));
  assert.equal((await rig.gateway.generate({ model: "oai/echo", prompt: "still here" })).text, "still here");
  await rig.gateway.flush();
  assert.deepEqual(await booked(one), ["oai", "ant", "oai"]);
  assert.deepEqual(await booked(two), ["only"]);
});

test("closing ends what is under way, and may be repeated", async () => {
  const rig = await startRig();
  const { journal } = rig.simulator;
  const pending = failure(rig.gateway.generate(waits));
  const stream = rig.gateway.generateStream({ model: "oai/fault:stall:3", prompt: "One two three four." });
  const result = failure(stream.result);
  await journal.waitFor(({ model }) => model === "fault:stall-headers");
  await journal.waitFor(({ model }) => model === "fault:stall:3");
  await Promise.all([rig.gateway.close(), rig.gateway.close()]);
  for (const error of [await pending, await result]) assert.ok(error instanceof CallError && error.name === "AbortError");
  await rig[Symbol.asyncDispose]();
});

async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

async function booked(dataDir: string): Promise<readonly string[]> {
  const db = openLedgerReader(dataDir);
  assert.ok(db);
  try {
    return (await db.selectFrom("entries").select("provider").orderBy("started_at").execute()).map(({ provider }) => provider);
  } finally {
    await db.destroy();
  }
}
