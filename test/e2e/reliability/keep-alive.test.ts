import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Stack } from "../stack.ts";
import { ask, bodyOf, callerWires, canaries, providers } from "./ask.ts";
import { startGuardedStack } from "./guarded-stack.ts";
import { chunk, head, lastChunk, type RawRequest, type RawUpstream, sse, startRawUpstream, whole } from "./raw-upstream.ts";
import { streamOf } from "./streams.ts";
import { readStream } from "./verdict.ts";

/* A provider that thinks for long: the caller gets headers and signs of life, which its SDK skips; another try stays possible. */

const silenceMs = 100;
const quietMs = 350;

/**
 * `late` is silent before its headers, `thinking` after its preamble, `pausing` in the middle; `fails` is silent and then gives
 * an error, each time; `recovers` does so the first time.
 */
function serve(request: RawRequest): void {
  const { model, socket, path, number } = request;
  const [name] = model.split(".");
  const { frames, preamble } = streamOf(path);
  const silentAfter = name === "thinking" ? preamble : name === "pausing" ? preamble + 1 : 0;
  const early = Buffer.concat([Buffer.from(head(200, sse)), ...frames.slice(0, silentAfter).map(chunk)]);
  const rest = Buffer.concat([...frames.slice(silentAfter).map(chunk), Buffer.from(lastChunk)]);
  const failing = name === "fails" || (name === "recovers" && number === 1);
  if (name === "thinking" || name === "pausing") socket.write(early);
  setTimeout(() => {
    if (failing) socket.end(whole(503, '{"error":{"type":"overloaded_error","message":"too much to do"}}'));
    else if (silentAfter > 0) socket.end(rest);
    else socket.end(Buffer.concat([early, rest]));
  }, quietMs);
}

describe("#29: keep-alive", { timeout: 120_000 }, () => {
  let upstream: RawUpstream;
  let stack: Stack;
  before(async () => {
    upstream = await startRawUpstream(serve);
    stack = await startGuardedStack({ upstream: upstream.url, pace: { silenceMs, keepAliveMs: silenceMs } });
  });
  after(async () => {
    await Promise.all([stack.close(), upstream.close()]);
  });

  const legs = callerWires.flatMap((caller) => providers.map((provider) => ({ caller, provider })));

  for (const name of ["late", "thinking", "pausing", "recovers"]) {
    test(`${name}: signs of life, one clean stream, and the SDK reads it`, async (t) => {
      const signs: number[] = [];
      const firstMs: number[] = [];
      await Promise.all(
        legs.map(async ({ caller, provider }) => {
          const model = `${name}.${caller}.${provider}`;
          const started = performance.now();
          let first: number | undefined;
          const answer = await ask(stack.address, caller, bodyOf(caller, `${provider}/${model}`, true), {
            key: canaries.key,
            onText: () => {
              first ??= performance.now() - started;
            },
          });
          const says = `${model}: ${answer.status}\n${answer.text}`;
          assert.equal(answer.status, 200, says);
          const verdict = readStream(caller, answer.text);
          assert.equal(verdict.openings, 1, says);
          assert.deepEqual(verdict.errors, [], says);
          assert.equal(verdict.cleanEnds, 1, says);
          assert.equal(verdict.content, 'Hello, wörld{"city":"Oslo"}', says);
          // One ping is the provider's own.
          const own = caller === "openai" ? verdict.comments : verdict.pings - (provider === "ant" ? 1 : 0);
          assert.ok(own >= 1, says);
          assert.ok(first !== undefined && first < quietMs, `the first sign came after ${first} ms`);
          signs.push(own);
          firstMs.push(first);
          assert.equal(upstream.count(model), name === "recovers" ? 2 : 1);

          const sdkModel = `${provider}/${model}.sdk`;
          const messages = [{ role: "user" as const, content: "hi" }];
          if (caller === "openai") {
            const final = await stack.openai.chat.completions.stream({ model: sdkModel, messages }).finalChatCompletion();
            assert.equal(final.choices[0]?.message.content, "Hello, wörld");
          } else {
            const final = await stack.anthropic.messages.stream({ model: sdkModel, messages, max_tokens: 9 }).finalMessage();
            assert.equal(final.content[0]?.type === "text" && final.content[0].text, "Hello, wörld");
          }
        }),
      );
      t.diagnostic(
        `${signs.join(", ")} signs of life of our own; the first after ${Math.min(...firstMs).toFixed(0)} to ${Math.max(...firstMs).toFixed(0)} ms`,
      );
    });
  }

  test("fails: an error after the headers goes into the stream, and the SDK throws", async (t) => {
    await Promise.all(
      legs.map(async ({ caller, provider }) => {
        const model = `fails.${caller}.${provider}`;
        const answer = await ask(stack.address, caller, bodyOf(caller, `${provider}/${model}`, true), { key: canaries.key });
        assert.equal(answer.status, 200);
        const verdict = readStream(caller, answer.text);
        assert.equal(verdict.errors.length, 1, answer.text);
        assert.equal(verdict.cleanEnds, 0);
        assert.equal(verdict.openings, 0);
        assert.equal(upstream.count(model), 3);
        const rows = (await stack.ledger()).filter((row) => row.upstream_model === model);
        assert.deepEqual(
          rows.map((row) => [row.terminal, row.error_code]),
          rows.map(() => ["error", "overloaded"]),
        );
        const messages = [{ role: "user" as const, content: "hi" }];
        const asked =
          caller === "openai"
            ? stack.openai.chat.completions.stream({ model: `${provider}/${model}.sdk`, messages }).finalChatCompletion()
            : stack.anthropic.messages.stream({ model: `${provider}/${model}.sdk`, messages, max_tokens: 9 }).finalMessage();
        await assert.rejects(asked);
      }),
    );
    t.diagnostic("4 calls of 3 attempts each, one error event each");
  });
});
