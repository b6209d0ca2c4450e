import { accumulate } from "../canonical/accumulate.ts";
import type { Call } from "../canonical/call.ts";
import type { ChatChunk } from "../canonical/chat.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Part } from "../canonical/parts.ts";
import type { Batches, Reply, StreamItem } from "../canonical/reply.ts";
import type { Terminal } from "../canonical/terminal.ts";

/* What was said, in the form that OpenTelemetry's conventions for generative AI give it. Only where the operator wants it. */

/** A chat's messages as JSON; undefined for what is no chat, or cannot be read. */
export function inputOf(call: Call): string | undefined {
  try {
    const { request } = call;
    return "messages" in request
      ? JSON.stringify(request.messages.map(({ role, content }) => ({ role, parts: content.map(partOf) })))
      : undefined;
  } catch {
    return undefined;
  }
}

/** An answer's choices as JSON. */
function outputOf(result: Operations[Operation]["result"]): string | undefined {
  if (!("choices" in result)) return undefined;
  return JSON.stringify(
    result.choices.map(({ content, finish }) => ({
      role: "assistant",
      parts: content.map(partOf),
      finish_reason: finish.reason,
    })),
  );
}

/** The same of a whole reply; undefined where it cannot be read. */
export function wholeOutput(reply: { readonly result: Operations[Operation]["result"] }): string | undefined {
  try {
    return outputOf(reply.result);
  } catch {
    return undefined;
  }
}

function partOf(part: Part): JsonObject {
  switch (part.type) {
    case "text":
    case "refusal":
      return { type: "text", content: part.text };
    case "reasoning":
      return { type: "reasoning", content: part.text };
    case "tool-call":
      return { type: "tool_call", id: part.id, name: part.name, arguments: part.arguments };
    case "tool-result":
      return { type: "tool_call_response", id: part.toolCallId, response: part.content.map(partOf) };
    case "image":
    case "audio":
    case "video":
    case "document":
    case "opaque":
      return { type: part.type };
  }
}

type StreamReply<Op extends Operation> = Extract<Reply<Op>, { stream: true }>;

/** Of one answer. */
const mostChunks = 20_000;

/** A stream that is listened to on its way; `onEnd` is told once what was heard, as JSON, however it ended. */
export function listened<Op extends Operation>(
  reply: StreamReply<Op>,
  onEnd: (output: string | undefined) => void,
): StreamReply<Op> {
  return { ...reply, batches: new ListenedBatches(reply.batches, reply.closing, onEnd) };
}

class ListenedBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #closing: StreamReply<Op>["closing"];
  readonly #onEnd: (output: string | undefined) => void;
  readonly #chunks: ChatChunk[] = [];
  #over = false;

  constructor(batches: Batches<Op>, closing: StreamReply<Op>["closing"], onEnd: (output: string | undefined) => void) {
    this.#batches = batches;
    this.#closing = closing;
    this.#onEnd = onEnd;
  }

  async next(): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    const step = await this.#batches.next();
    if (step.done === true) this.#end(step.value.kind === "finished");
    else for (const item of step.value) this.#hear(() => item.chunks());
    return step;
  }

  async return(terminal: Terminal): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    const step = await this.#batches.return(terminal);
    this.#end(false);
    return step;
  }

  /** What cannot be read is not heard, and goes on all the same. */
  #hear(chunks: () => readonly ChatChunk[]): void {
    if (this.#chunks.length >= mostChunks) return;
    try {
      this.#chunks.push(...chunks());
    } catch {
      // Whoever it is meant for will find out.
    }
  }

  #end(whole: boolean): void {
    if (this.#over) return;
    this.#over = true;
    if (whole && this.#closing !== undefined) this.#hear(this.#closing);
    this.#onEnd(outputOf(accumulate(this.#chunks)));
  }
}
