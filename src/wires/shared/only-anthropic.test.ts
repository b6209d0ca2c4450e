import assert from "node:assert/strict";
import { test } from "node:test";
import { Losses } from "./losses.ts";
import { onlyAnthropic } from "./only-anthropic.ts";

test("what only Anthropic has is reported: settings as lost, hints as not followed, nothings not at all", () => {
  const losses = new Losses();
  const request = { model: "m", messages: [], speed: "fast", mcpServers: [], container: null, betas: ["b"] };
  onlyAnthropic({ ...request, fallbackCreditToken: "t" }, losses);
  assert.deepEqual(
    losses.warnings.map(({ kind, at }) => [kind, at]),
    [
      ["dropped", "speed"],
      ["ignored", "fallback_credit_token"],
      ["ignored", "anthropic-beta"],
    ],
  );
});

test("a conversation that is to lie with Anthropic is refused, in the words by which its SDKs do without", () => {
  const losses = new Losses();
  const asked = { model: "m", messages: [], extraOrigin: "anthropic-messages", extra: { thread: { type: "create" } } };
  assert.throws(() => onlyAnthropic(asked, losses), { code: "unsupported", param: "thread" });
  onlyAnthropic({ ...asked, extra: { thread: null } }, losses);
  onlyAnthropic({ ...asked, extraOrigin: "openai-chat" }, losses);
});
