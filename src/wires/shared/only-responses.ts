import type { ChatRequest } from "../../canonical/chat.ts";
import { GatewayError } from "../../canonical/error.ts";

/** A hint that was not followed. */
export interface Unheard {
  readonly code: string;
  readonly at: string;
  readonly detail: string;
}

/** What is included in every answer, or carried over by other settings. */
const included = new Set(["reasoning.encrypted_content", "message.output_text.logprobs"]);

/**
 * What only the Responses API has, for encoders of other wires: gives the hints they cannot follow, to be reported. Throws
 * `unsupported` naming the field where a part of the conversation lies with a provider, so that nobody else knows it.
 */
export function onlyResponses(request: ChatRequest): readonly Unheard[] {
  refuseKept(request);
  const unheard: Unheard[] = [];
  const ignore = (asked: boolean, at: string, detail: string): void => {
    if (asked) unheard.push({ code: `${at.replace(".", "_")}_ignored`, at, detail });
  };
  const more = request.include?.filter((name) => !included.has(name)) ?? [];
  ignore(more.length > 0, "include", `this provider's API cannot tell ${more.join(", ")}.`);
  ignore(request.maxToolCalls !== undefined, "max_tool_calls", "this provider's API does not count calls of its own tools.");
  ignore(request.truncation === "auto", "truncation", "this provider's API does not cut prompts that are too long.");
  ignore(request.background === true, "background", "this provider's API answers at once or not at all.");
  ignore(request.compaction !== undefined, "context_management", "this provider's API compacts no conversations.");
  const { context, grade } = request.reasoning ?? {};
  ignore(
    context !== undefined && context !== "auto",
    "reasoning.context",
    "this provider's API decides which thoughts are read.",
  );
  ignore(grade !== undefined && grade !== "standard", "reasoning.mode", `this provider's API has no mode ${grade}.`);
  const spaced = request.messages.findIndex(({ content }) =>
    content.some((part) => part.type === "tool-call" && part.namespace !== undefined),
  );
  if (spaced >= 0) {
    const detail = "this provider's API has no namespaces of tools; their names were sent.";
    unheard.push({ code: "namespace_ignored", at: `messages[${spaced}]`, detail });
  }
  return unheard;
}

function refuseKept({ previousResponse, conversation, promptTemplate, messages }: ChatRequest): void {
  const whole = "only its provider has it. Send the whole input instead";
  if (previousResponse !== undefined) refuse("previous_response_id", `names an earlier answer, and ${whole}`);
  if (conversation !== undefined) refuse("conversation", `names a conversation, and ${whole}`);
  if (promptTemplate !== undefined) refuse("prompt", `names a prompt template, and ${whole}`);
  for (const [index, { content }] of messages.entries()) {
    for (const part of content) {
      if (part.type !== "opaque" || part.kind !== "item_reference") continue;
      refuse(`messages[${index}]`, `is an item_reference to an earlier item, and ${whole}`);
    }
  }
}

function refuse(param: string, what: string): never {
  throw new GatewayError("unsupported", `\`${param}\` ${what}, or choose a model whose provider speaks the Responses API.`, {
    param,
  });
}
