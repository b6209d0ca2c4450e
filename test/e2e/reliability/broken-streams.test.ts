import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import type { LedgerRow, Stack } from "../stack.ts";
import { ask, bodyOf, type CallerWire, callerWires, canaries, providers } from "./ask.ts";
import { startGuardedStack } from "./guarded-stack.ts";
import { chunk, head, lastChunk, type RawRequest, type RawUpstream, sse, startRawUpstream } from "./raw-upstream.ts";
import { anthropicStream, openaiStream, type RecordedLike, streamOf } from "./streams.ts";
import { readError, readStream } from "./verdict.ts";

/* R2: the provider's connection dies after every event of a stream, in every way, for both callers, relayed and translated. */

const deaths = ["reset", "fin", "unterminated", "short", "error-event"] as const;
type Death = (typeof deaths)[number];

/** Carries out `<death>.<events before it>.<anything>`. */
function die({ model, path, socket }: RawRequest): void {
  const [death, count = "0"] = model.split(".");
  const stream = streamOf(path);
  const before = stream.frames.slice(0, Number(count));
  const announced = Buffer.byteLength(stream.frames.join(""));
  const framed = death === "short" ? before.map((frame) => Buffer.from(frame)) : before.map(chunk);
  const start = death === "short" ? head(200, { ...sse, "content-length": String(announced) }) : head(200, sse);
  const bytes = Buffer.concat([Buffer.from(start), ...framed]);
  switch (death) {
    case "reset":
      socket.write(bytes, () => socket.resetAndDestroy());
      break;
    case "error-event":
      socket.end(Buffer.concat([bytes, chunk(stream.error), Buffer.from(lastChunk)]));
      break;
    case "unterminated":
      socket.end(Buffer.concat([bytes, Buffer.from(lastChunk)]));
      break;
    default:
      socket.end(bytes);
  }
}

interface Case {
  readonly caller: CallerWire;
  readonly provider: (typeof providers)[number];
  readonly stream: RecordedLike;
  readonly death: Death;
  readonly events: number;
  /** Unique, so that the ledger's rows can be told apart. */
  readonly model: string;
}

function cases(caller: CallerWire): readonly Case[] {
  return providers.flatMap((provider) => {
    const stream = provider === "oai" ? openaiStream : anthropicStream;
    return deaths.flatMap((death) =>
      stream.frames.map((_, events) => ({
        caller,
        provider,
        stream,
        death,
        events,
        model: `${death}.${events}.${caller}.${provider}`,
      })),
    );
  });
}

/** Content has come, but not the whole answer: what the caller has seen must be taken back by an error. */
const broken = ({ stream, death, events }: Case): boolean =>
  events > stream.preamble && (events < stream.whole || death === "error-event");
const nothingSaid = ({ stream, events }: Case): boolean => events <= stream.preamble;

const sdkThrows = async (stack: Stack, { caller, provider, model }: Case): Promise<boolean> => {
  const name = `${provider}/${model}.sdk`;
  const messages = [{ role: "user" as const, content: "hi" }];
  try {
    if (caller === "openai") {
      for await (const _ of await stack.openai.chat.completions.create({ model: name, messages, stream: true }));
    } else {
      for await (const _ of await stack.anthropic.messages.create({ model: name, messages, max_tokens: 9, stream: true }));
    }
    return false;
  } catch {
    return true;
  }
};

async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
    }),
  );
}

describe("R2: the provider dies in the middle of a stream", { timeout: 120_000 }, () => {
  let upstream: RawUpstream;
  let stack: Stack;
  before(async () => {
    upstream = await startRawUpstream(die);
    stack = await startGuardedStack({ upstream: upstream.url });
  });
  after(async () => {
    await Promise.all([stack.close(), upstream.close()]);
  });

  for (const caller of callerWires) {
    test(`caller speaks ${caller}`, async (t) => {
      const all = cases(caller);
      let clean = 0;
      let wholes = 0;
      let errorEvents = 0;
      let statuses = 0;
      let threw = 0;
      await inTurns(all, 24, async (one) => {
        const { provider, model } = one;
        const answer = await ask(stack.address, caller, bodyOf(caller, `${provider}/${model}`, true), { key: canaries.key });
        const says = `${model}: ${answer.status} ${answer.ended}\n${answer.text.slice(-600)}`;
        if (nothingSaid(one)) {
          assert.ok(answer.status >= 500 && answer.status <= 599, says);
          readError(caller, answer);
          assert.equal(answer.headers["x-polygate-attempts"], "3", says);
          assert.equal(upstream.count(model), 3, says);
          statuses++;
        } else {
          const verdict = readStream(caller, answer.text);
          assert.equal(answer.status, 200, says);
          assert.equal(upstream.count(model), 1, says);
          assert.equal(verdict.openings, 1, says);
          if (broken(one)) {
            if (verdict.cleanEnds > 0) clean++;
            assert.equal(verdict.cleanEnds, 0, says);
            assert.equal(verdict.errors.length, 1, says);
            assert.equal(verdict.after, 0, says);
            errorEvents++;
          } else {
            // OpenAI's answer is whole with its finish reason: what failed to come is the usage and the end marker.
            assert.equal(verdict.errors.length, 0, says);
            assert.equal(verdict.content, 'Hello, wörld{"city":"Oslo"}', says);
            wholes++;
          }
        }
        const failed = await sdkThrows(stack, one);
        assert.equal(failed, nothingSaid(one) || broken(one), `the SDK on ${model}`);
        if (failed) threw++;
      });

      const rows = new Map<string, LedgerRow[]>();
      for (const row of await stack.ledger()) rows.set(row.upstream_model, [...(rows.get(row.upstream_model) ?? []), row]);
      let withUsage = 0;
      for (const one of all) {
        for (const model of [one.model, `${one.model}.sdk`]) {
          const own = rows.get(model) ?? [];
          const says = `${model}: ${inspect(own)}`;
          assert.equal(own.length, nothingSaid(one) ? 3 : 1, says);
          for (const row of own) {
            if (broken(one) || nothingSaid(one)) assert.match(row.terminal, /^(?:truncated|error)$/, says);
            else assert.equal(row.terminal, "finished", says);
            if (one.events >= one.stream.usage) {
              assert.equal(Number(row.input_uncached), 9, says);
              withUsage++;
            }
          }
        }
      }
      t.diagnostic(
        `${all.length * 2} streams: ${errorEvents} broken with one error event each, ${clean} of them ended cleanly, ${statuses} error statuses after 3 attempts, ${wholes} whole; the SDK threw ${threw} times; ${withUsage} rows with observed usage`,
      );
    });
  }
});
