import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";
import { validateHistory } from "./history.ts";

const user: Message = { role: "user", content: [{ type: "text", text: "q" }] };
const calls = (...ids: readonly string[]): Message => ({
  role: "assistant",
  content: ids.map((id) => ({ type: "tool-call", id, name: "f", arguments: "{}" })),
});
const results = (role: "tool" | "user", ...ids: readonly string[]): Message => ({
  role,
  content: ids.map((toolCallId) => ({ type: "tool-result", toolCallId, content: [] })),
});

test("results in any order, in one message or several, of either role", () => {
  validateHistory([]);
  validateHistory([user, calls("a", "b"), results("user", "b", "a"), calls("a"), results("tool", "a"), user]);
  validateHistory([user, calls("a"), calls("b"), results("tool", "b"), user, results("tool", "a")]);
});

test("orphans, repeats and unanswered calls are refused with the message's index", () => {
  const bad: readonly [readonly Message[], string][] = [
    [[user, calls("a")], "messages[1]"],
    [[user, calls("a", "b"), results("tool", "a"), user], "messages[1]"],
    [[user, calls("a"), results("tool", "a"), calls("b"), results("tool", "a")], "messages[4]"],
    [[user, calls("a", "a"), results("tool", "a")], "messages[1]"],
    [[user, calls("a"), results("tool", "a", "a")], "messages[2]"],
    [[results("tool", "a")], "messages[0]"],
    [[user, calls("a"), user, calls("b"), results("tool", "a", "b")], "messages[1]"],
  ];
  for (const [messages, param] of bad) {
    assert.throws(
      () => validateHistory(messages),
      (error) => error instanceof GatewayError && error.param === param && error.message.startsWith(param),
    );
  }
});
