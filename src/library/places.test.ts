import assert from "node:assert/strict";
import { test } from "node:test";
import { inOwnWords, placeOf } from "./places.ts";
import type { GenerateRequest } from "./request.ts";

const part = { type: "text" as const, text: "x" };

test("canonical places are found in the request that the program made", () => {
  const asked: Pick<GenerateRequest, "messages" | "system"> = {
    messages: [
      { role: "user", content: "x" },
      { role: "user", content: [part, part] },
      { role: "tool", toolCallId: "t", content: "x" },
      { role: "tool", toolCallId: "t", content: [part] },
    ],
  };
  const told = { ...asked, system: "s" };
  for (const [request, canonical, own] of [
    [{}, "messages[0].content[0]", "prompt"],
    [{ system: "s" }, "messages[0].content[0]", "system"],
    [{ system: "s" }, "messages[1]", "prompt"],
    [{}, "messages[7].content[0]", "messages[7].content[0]"],
    [asked, "messages[0].content[0]", "messages[0].content"],
    [asked, "messages[0]", "messages[0]"],
    [asked, "messages[1].content[1].cache", "messages[1].content[1].cache"],
    [told, "messages[2].content[1]", "messages[1].content[1]"],
    [told, "messages[0].content[0]", "system"],
    [asked, "messages[2].content[0]", "messages[2]"],
    [asked, "messages[2].content[0].content[0]", "messages[2].content"],
    [asked, "messages[3].content[0].content[0]", "messages[3].content[0]"],
    [asked, "tools[1].parameters.properties.max_tokens", "tools[1].parameters.properties.max_tokens"],
    [asked, "max_output_tokens", "maxTokens"],
    [asked, "reasoning.budget_tokens", "reasoning.budgetTokens"],
    [asked, "response_format.schema.anyOf[0]", "output.schema.anyOf[0]"],
    [asked, "seed", "seed"],
  ] as const)
    assert.equal(placeOf(request, canonical), own, canonical);
});

test("sentences name fields as they are here, and codes as they are", () => {
  assert.equal(inOwnWords("use top_p, not top_k (top_k_dropped)."), "use topP, not topK (top_k_dropped).");
});
