import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { accumulate } from "../src/canonical/accumulate.ts";
import type { ChatRequest } from "../src/canonical/chat.ts";
import { isObject, type Json, type JsonObject } from "../src/canonical/json.ts";
import { inputTokens } from "../src/canonical/usage.ts";
import { estimateTokens } from "../src/catalog/estimate-tokens.ts";
import { SseDecoder } from "../src/framing/sse-decoder.ts";
import { anthropicMessages } from "../src/wires/anthropic-messages/index.ts";
import { openaiChat } from "../src/wires/openai-chat/index.ts";
import { openaiResponses } from "../src/wires/openai-responses/index.ts";
import type { Wire } from "../src/wires/wire.ts";

/* How near the gateway's own counts come to what providers counted, over all recordings. */

const root = process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open";
const skip = existsSync(root) ? false : "no recordings here";

const wires: { readonly [api: string]: Wire | undefined } = {
  chat_completions: openaiChat,
  openai_compat_chat: openaiChat,
  openai_compat_chat_completions: openaiChat,
  messages: anthropicMessages,
  anthropic_messages: anthropicMessages,
  anthropic_compat_messages: anthropicMessages,
  count_tokens: anthropicMessages,
  responses: openaiResponses,
  responses_input_tokens: openaiResponses,
};

interface Counted {
  readonly provider: string;
  readonly off: number;
}

function* counted(): Generator<Counted> {
  for (const provider of readdirSync(root, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue;
    for (const api of readdirSync(join(root, provider.name))) {
      const wire = wires[api];
      if (wire === undefined) continue;
      for (const file of readdirSync(join(root, provider.name, api))) {
        const found: Json = JSON.parse(readFileSync(join(root, provider.name, api, file), "utf8"));
        const off = isObject(found) ? offBy(found, wire, provider.name) : undefined;
        if (off !== undefined) yield { provider: provider.name, off };
      }
    }
  }
}

/** By what part of the true count the estimate is off; undefined where nobody counted, or the provider added what nobody can know. */
function offBy({ request, response }: JsonObject, wire: Wire, provider: string): number | undefined {
  if (!isObject(request) || !isObject(response) || response["status"] !== 200 || !isObject(request["body"])) return undefined;
  const body: JsonObject = { ...request["body"], model: request["body"]["model"] ?? "m" };
  try {
    const decoded = wire.codecs.chat?.decodeRequest?.({ path: "", query: "", headers: {}, body });
    const asked = decoded?.request();
    if (decoded === undefined || asked === undefined || reachesOut(asked)) return undefined;
    const told = tokensTold(asked, response["body"], wire, provider);
    if (told === undefined || told.tokens === 0) return undefined;
    const guess = estimateTokens(asked, `${told.model ?? ""} ${decoded.model}`);
    return Math.abs(guess - told.tokens) / told.tokens;
  } catch {
    return undefined;
  }
}

/** Tools that the provider runs, and answers it keeps, put into the prompt what the request does not hold. */
const reachesOut = ({
  tools = [],
  mcpServers,
  webSearch,
  previousResponse,
  conversation,
  promptTemplate,
}: ChatRequest): boolean =>
  tools.some(({ type }) => type === "hosted") ||
  [mcpServers, webSearch, previousResponse, conversation, promptTemplate].some((value) => value !== undefined);

function tokensTold(asked: ChatRequest, reply: Json | undefined, wire: Wire, provider: string) {
  if (isObject(reply) && Object.keys(reply).every((name) => ["input_tokens", "object"].includes(name))) {
    return { tokens: Number(reply["input_tokens"]), model: undefined };
  }
  const target = { provider, model: asked.model, stream: false, callId: "call_1", quirks: {} };
  const decoder = wire.codecs.chat?.encodeRequest(asked, target).decoder;
  if (decoder === undefined) return undefined;
  const frames = new SseDecoder();
  const result =
    typeof reply === "string"
      ? accumulate([
          ...[...frames.push(Buffer.from(reply)), ...frames.end()].flatMap((event) => decoder.push(event)),
          ...decoder.end(),
        ])
      : decoder.whole(isObject(reply) ? reply : {});
  return result.usage && { tokens: inputTokens(result.usage), model: result.model };
}

const at = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

test("estimates come near what providers counted", { skip }, (t) => {
  const all = [...counted()];
  const show = (name: string, found: readonly Counted[]): { readonly median: number; readonly p90: number } => {
    const sorted = found.map(({ off }) => off).sort((a, b) => a - b);
    const [median, p90] = [at(sorted, 0.5), at(sorted, 0.9)];
    t.diagnostic(
      `${name}: ${found.length} prompts, off by ${(median * 100).toFixed(0)} % (median), ${(p90 * 100).toFixed(0)} % (p90)`,
    );
    return { median, p90 };
  };
  for (const [provider, found] of Map.groupBy(all, ({ provider }) => provider)) show(provider, found);
  const { median, p90 } = show("all", all);
  assert.ok(all.length > 2000, String(all.length));
  assert.ok(median < 0.1, String(median));
  assert.ok(p90 < 0.6, String(p90));
});
