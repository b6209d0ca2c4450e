import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Stack } from "../stack.ts";
import { ask, bodyOf, type CallerWire, callerWires, canaries, type Heard, providers } from "./ask.ts";
import { startGuardedStack } from "./guarded-stack.ts";
import {
  chunk,
  freePort,
  head,
  lastChunk,
  type RawRequest,
  type RawUpstream,
  sse,
  startRawUpstream,
  whole,
  wholeStream,
} from "./raw-upstream.ts";
import { streamOf } from "./streams.ts";
import { readError, readStream } from "./verdict.ts";

/* R3, the part without fallback: another try is made until the caller has seen content, and none after. */

const failures = ["connection", "headers", "status", "error-event", "preamble", "html"] as const;

function fail(kind: string, { socket, path }: RawRequest): void {
  const stream = streamOf(path);
  const preamble = stream.frames.slice(0, stream.preamble);
  switch (kind) {
    case "connection":
      socket.resetAndDestroy();
      break;
    case "headers":
      socket.end("HTTP/1.1 200 O");
      break;
    case "status":
      socket.end(whole(503, '{"error":{"type":"server_error","message":"down"}}'));
      break;
    case "error-event":
      socket.end(Buffer.concat([Buffer.from(head(200, sse)), chunk(stream.error), Buffer.from(lastChunk)]));
      break;
    case "html":
      socket.end(whole(200, "<html><body>Welcome</body></html>", { "content-type": "text/html" }));
      break;
    default:
      socket.end(Buffer.concat([Buffer.from(head(200, sse)), ...preamble.map(chunk)]));
  }
}

/** Models: `once.<failure>.…` fails the first time; `late.…` dies after content; `limited:<seconds>`; `always.…`. */
function serve(request: RawRequest): void {
  const { model, path, number, socket } = request;
  const [name = "", kind = ""] = model.split(".");
  const stream = streamOf(path);
  if (name === "always") socket.end(whole(500, '{"error":{"type":"server_error","message":"out of order"}}'));
  else if (name === "limited") {
    const error = '{"error":{"type":"rate_limit_error","message":"slow down"}}';
    socket.end(whole(429, error, { "retry-after": kind }));
  } else if (name === "late") {
    socket.end(Buffer.concat([Buffer.from(head(200, sse)), ...stream.frames.slice(0, stream.preamble + 1).map(chunk)]));
  } else if (number === 1) fail(kind, request);
  else if (request.body["stream"] === true) socket.end(wholeStream(stream.frames));
  else socket.end(whole(200, stream.reply));
}

describe("R3: another try before the first content only", { timeout: 120_000 }, () => {
  let upstream: RawUpstream;
  let stack: Stack;
  before(async () => {
    upstream = await startRawUpstream(serve);
    stack = await startGuardedStack({ upstream: upstream.url, yaml: "timeouts: { total: 20s }" });
  });
  after(async () => {
    await Promise.all([stack.close(), upstream.close()]);
  });
  const call = (caller: CallerWire, model: string, stream: boolean): Promise<Heard> =>
    ask(stack.address, caller, bodyOf(caller, model, stream), { key: canaries.key });
  const rowsOf = async (model: string) => (await stack.ledger()).filter((row) => row.upstream_model === model);

  for (const failure of failures) {
    test(`first attempt fails with: ${failure}`, async (t) => {
      let calls = 0;
      const one = async (caller: CallerWire, provider: (typeof providers)[number], stream: boolean): Promise<void> => {
        const model = `once.${failure}.${caller}.${provider}.${stream}`;
        const answer = await call(caller, `${provider}/${model}`, stream);
        const says = `${model}: ${answer.status} ${answer.text}`;
        assert.equal(answer.status, 200, says);
        assert.equal(answer.ended, "whole", says);
        assert.equal(answer.headers["x-polygate-attempts"], "2", says);
        assert.equal(upstream.count(model), 2, says);
        if (stream) {
          const verdict = readStream(caller, answer.text);
          assert.equal(verdict.openings, 1, says);
          assert.equal(verdict.cleanEnds, 1, says);
          assert.deepEqual(verdict.errors, [], says);
          assert.equal(verdict.content, 'Hello, wörld{"city":"Oslo"}', says);
        } else assert.match(answer.text, /Hello, wörld/);
        const rows = await rowsOf(model);
        assert.deepEqual(
          rows.map((row) => [Number(row.number), /^(?:error|truncated)$/.test(row.terminal), row.call_id]),
          [1, 2].map((number) => [number, number === 1, answer.headers["x-polygate-call-id"]]),
        );
        assert.equal(rows[1]?.terminal, "finished");
        calls++;
      };
      await Promise.all(
        callerWires.flatMap((caller) =>
          providers.flatMap((provider) =>
            [true, false]
              .filter((stream) => stream || !["error-event", "preamble"].includes(failure))
              .map((stream) => one(caller, provider, stream)),
          ),
        ),
      );
      t.diagnostic(`${calls} calls, each answered by its 2nd attempt, two rows each`);
    });
  }

  test("the connection is refused at first", async (t) => {
    const port = await freePort();
    // Waits of 240 and 480 ms, so that the provider is up again for the second attempt.
    const random = { next: () => 0.96, hex: (count: number) => Buffer.alloc(count, 7).toString("hex") };
    const refused = await startGuardedStack({ upstream: `http://127.0.0.1:${port}`, random });
    let opened: RawUpstream | undefined;
    try {
      const pending = ask(refused.address, "openai", bodyOf("openai", "oai/up", true), {
        key: canaries.key,
        onRequest: (request) => {
          request.on("finish", () => {
            setTimeout(async () => {
              opened = await startRawUpstream(({ socket, path }) => socket.end(wholeStream(streamOf(path).frames)), port);
            }, 120);
          });
        },
      });
      const answer = await pending;
      assert.equal(answer.status, 200, answer.text);
      assert.equal(readStream("openai", answer.text).cleanEnds, 1);
      const rows = await refused.ledger();
      assert.equal(String(rows.length), answer.headers["x-polygate-attempts"]);
      assert.equal(rows[0]?.error_code, "unreachable");
      assert.ok(rows.length >= 2);
      t.diagnostic(`answered by attempt ${rows.length}`);
    } finally {
      await refused.close();
      await opened?.close();
    }
  });

  test("no other try once content has been seen", async (t) => {
    for (const caller of callerWires) {
      for (const provider of providers) {
        const model = `late.x.${caller}.${provider}`;
        const answer = await call(caller, `${provider}/${model}`, true);
        assert.equal(answer.status, 200);
        assert.equal(readStream(caller, answer.text).errors.length, 1);
        assert.equal(upstream.count(model), 1);
        assert.equal((await rowsOf(model)).length, 1);
      }
    }
    t.diagnostic("4 streams, 0 retries");
  });

  test("Retry-After beyond the call's deadline: 429 at once, with Retry-After", async (t) => {
    const times: number[] = [];
    for (const caller of callerWires) {
      for (const provider of providers) {
        const model = `limited.3600.${caller}.${provider}`;
        const answer = await call(caller, `${provider}/${model}`, true);
        assert.equal(answer.status, 429, answer.text);
        assert.equal(answer.headers["retry-after"], "3600");
        assert.equal(upstream.count(model), 1);
        assert.ok(answer.ms < 1000, `${answer.ms} ms`);
        readError(caller, answer);
        times.push(answer.ms);
      }
    }
    t.diagnostic(`after ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  });

  test("Retry-After within the deadline is kept to", async (t) => {
    const model = "limited.1.openai";
    const answer = await call("openai", `oai/${model}`, false);
    assert.equal(answer.status, 429);
    assert.equal(upstream.count(model), 3);
    assert.ok(answer.ms >= 2000, `${answer.ms} ms`);
    t.diagnostic(`3 attempts in ${answer.ms.toFixed(0)} ms`);
  });

  test("a provider that always fails is asked exactly three times", async () => {
    const one = async (caller: CallerWire, provider: string, stream: boolean): Promise<void> => {
      const model = `always.x.${caller}.${provider}.${stream}`;
      const answer = await call(caller, `${provider}/${model}`, stream);
      assert.equal(answer.status, 500, answer.text);
      readError(caller, answer);
      assert.equal(answer.headers["x-polygate-attempts"], "3");
      assert.equal(upstream.count(model), 3);
      assert.equal((await rowsOf(model)).length, 3);
    };
    await Promise.all(
      callerWires.flatMap((caller) =>
        providers.flatMap((provider) => [true, false].map((stream) => one(caller, provider, stream))),
      ),
    );
  });
});
