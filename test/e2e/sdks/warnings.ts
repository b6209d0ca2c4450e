import assert from "node:assert/strict";
import type { WireName } from "./driver.ts";
import type { Row } from "./upstreams.ts";

/** Warnings that are as they must be; any other is a failure. */
interface Expected {
  readonly codes: readonly string[];
  /** Absent: of every wire. */
  readonly callers?: readonly WireName[] | undefined;
  readonly upstreams?: readonly WireName[] | undefined;
  readonly checks?: RegExp | undefined;
  readonly why: string;
}

const conversations = /^(three turns|signatures|parallel)/;
const signatures = /^signatures/;

const expected: readonly Expected[] = [
  {
    codes: ["max_tokens_defaulted"],
    upstreams: ["anthropic-messages"],
    why: "it demands a limit, and callers of other wires need not name one",
  },
  {
    codes: ["parts_put_back"],
    upstreams: ["openai-responses", "anthropic-messages", "gemini"],
    checks: conversations,
    why: "what the SDK could not echo is put back",
  },
  {
    codes: ["reasoning_dropped", "reasoning_signature_hidden"],
    upstreams: ["openai-responses", "anthropic-messages"],
    checks: signatures,
    why: "the caller's wire shows thoughts in a form of its own; what is put back replaces it",
  },
  { codes: ["reasoning_dropped"], upstreams: ["openai-chat"], checks: signatures, why: "it has no place for earlier thoughts" },
  {
    codes: ["reasoning_approximated", "reasoning_details_ignored", "reasoning_display_ignored"],
    checks: signatures,
    why: "wires have either an effort or a budget, and not all say what is shown",
  },
  {
    codes: ["reasoning_setting_dropped"],
    upstreams: ["gemini"],
    checks: signatures,
    why: "which of Google's words a model takes, its name must tell",
  },
  {
    codes: ["empty_text_removed", "empty_message_removed", "unknown_field_dropped"],
    checks: conversations,
    why: "SDKs echo empty texts and fields of their own",
  },
  {
    codes: ["message_name_dropped"],
    callers: ["openai-chat"],
    checks: conversations,
    why: "LangChain names the tool in its result",
  },
  { codes: ["answer_schema", "schema_not_strict"], checks: /^object/, why: "strict schemas take fewer keywords" },
  {
    codes: ["tool_field_dropped"],
    callers: ["anthropic-messages"],
    why: "@ai-sdk/anthropic asks for eager streaming of tool input",
  },
  { codes: ["anthropic-beta_ignored"], callers: ["anthropic-messages"], checks: /^PDF/, why: "@ai-sdk/anthropic names a beta" },
  { codes: ["document_title_ignored"], upstreams: ["gemini"], checks: /^PDF/, why: "it has no name for a medium" },
  {
    codes: ["parallel_tool_calls_dropped"],
    callers: ["anthropic-messages"],
    upstreams: ["gemini"],
    checks: /^object/,
    why: "@ai-sdk/anthropic forbids a second call beside the object",
  },
];

/** Every warning of a call is one that such a call must have. */
export function assertExpected(
  caller: WireName,
  upstream: WireName,
  check: string,
  rows: readonly Pick<Row, "warnings">[],
): void {
  const warnings: readonly { readonly code: string }[] = rows.flatMap((row) => JSON.parse(row.warnings ?? "[]"));
  const allowed = expected.filter(
    ({ callers, upstreams, checks }) =>
      (callers?.includes(caller) ?? true) && (upstreams?.includes(upstream) ?? true) && (checks?.test(check) ?? true),
  );
  const others = warnings.filter(({ code }) => !allowed.some(({ codes }) => codes.includes(code)));
  assert.deepEqual(others, [], "no warnings but those that are due");
}
