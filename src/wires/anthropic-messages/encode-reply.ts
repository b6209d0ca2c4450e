import type { ChatChunk, ChatResult, Finish, ResultHead } from "../../canonical/chat.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import type { Warning } from "../../canonical/warnings.ts";
import type { ReplyEncoder, ReplyMeta } from "../wire.ts";
import { BlockWriter, wireEvent } from "./block-writer.ts";
import { errorBody } from "./errors.ts";
import { encodeFinish } from "./finish.ts";
import { wholeBlock } from "./serve-blocks.ts";
import { type Draft, put } from "./spelling.ts";
import { encodeDeltaUsage, encodeUsage } from "./usage.ts";

const nothing: readonly WireEvent[] = [];
const ping: WireEvent = { event: "ping", data: '{"type":"ping"}' };

/** Writes an answer as an Anthropic message, whole or as a stream of serial blocks. */
export class MessageEncoder implements ReplyEncoder<"chat"> {
  readonly keepAlive = ping;
  readonly warnings: Warning[] = [];
  readonly #meta: ReplyMeta;
  readonly #blocks = new BlockWriter(this.warnings);
  #head: ResultHead | undefined;
  #started = false;
  #usage: Usage | undefined;
  #finish: Finish | undefined;
  readonly #held = { refused: false, called: false };
  #failed = false;

  constructor(meta: ReplyMeta) {
    this.#meta = meta;
  }

  whole(result: ChatResult): JsonObject {
    const [choice, ...others] = result.choices;
    for (const other of others) this.#unseen(other.index);
    const content = (choice?.content ?? []).flatMap<Draft>((part) => wholeBlock(part, this.warnings) ?? []);
    for (const part of choice?.content ?? []) this.#note(part);
    const { container = choice?.finish.container, contextManagement = choice?.finish.contextManagement } = result;
    return {
      ...this.#envelope({ ...result, container, contextManagement }),
      content,
      stop_reason: encodeFinish(choice?.finish, this.#held),
      stop_sequence: choice?.finish.stopSequence ?? null,
      stop_details: stopDetails(choice?.finish),
      usage: encodeUsage(result.usage, result.serviceTier),
    };
  }

  push(chunk: ChatChunk): readonly WireEvent[] {
    switch (chunk.type) {
      case "part-delta":
        if (chunk.choice !== 0) return this.#unseen(chunk.choice);
        return this.#blocks.delta(chunk.part, chunk.delta);
      case "start":
        this.#head = chunk.head;
        return nothing;
      case "part-start":
        if (chunk.choice !== 0) return this.#unseen(chunk.choice);
        this.#note(chunk.content);
        return this.#begin(this.#blocks.start(chunk.part, chunk.content));
      case "part-end":
        return chunk.choice === 0 ? this.#blocks.stop(chunk.part) : nothing;
      case "finish":
        if (chunk.choice === 0) this.#finish = chunk.finish;
        return nothing;
      case "usage":
        this.#usage = chunk.usage;
        return nothing;
      case "ping":
        return this.#begin([ping]);
      case "progress":
        return nothing;
      case "error":
        return this.#fail(chunk.error);
    }
  }

  end(terminal: Terminal): readonly WireEvent[] {
    switch (terminal.kind) {
      case "cancelled":
        return nothing;
      case "truncated":
      case "error":
        return this.#fail(terminal.error);
      case "finished":
      case "limited": {
        if (this.#failed) return nothing;
        const limited = terminal.kind === "limited";
        const delta: Draft = {
          stop_reason: limited ? "max_tokens" : encodeFinish(this.#finish, this.#held),
          stop_sequence: (limited ? undefined : this.#finish?.stopSequence) ?? null,
          stop_details: limited ? null : stopDetails(this.#finish),
          container: this.#finish?.container ?? this.#head?.container ?? null,
        };
        const last: Draft = { type: "message_delta", delta, usage: encodeDeltaUsage(this.#usage) };
        put(last, "context_management", this.#finish?.contextManagement ?? this.#head?.contextManagement);
        return [
          ...this.#begin(this.#blocks.end()),
          { event: "message_delta", data: JSON.stringify(last) },
          { event: "message_stop", data: '{"type":"message_stop"}' },
        ];
      }
    }
  }

  #note({ type }: Part): void {
    if (type === "refusal") this.#held.refused = true;
    else if (type === "tool-call") this.#held.called = true;
  }

  /** The message_start before the first event; it waits for usage that came with the head. */
  #begin(events: readonly WireEvent[]): readonly WireEvent[] {
    if (this.#started) return events;
    this.#started = true;
    const usage = encodeUsage(this.#usage, this.#head?.serviceTier);
    const message = {
      ...this.#envelope(this.#head ?? {}),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage,
    };
    return [wireEvent({ type: "message_start", message }), ...events];
  }

  #envelope(head: ResultHead): Draft {
    const envelope: Draft = {
      id: head.id ?? this.#meta.id,
      type: "message",
      role: "assistant",
      model: head.model ?? this.#meta.model,
      container: head.container ?? null,
    };
    put(envelope, "context_management", head.contextManagement);
    put(envelope, "diagnostics", head.diagnostics);
    return envelope;
  }

  #fail(error: Parameters<typeof errorBody>[0]): readonly WireEvent[] {
    if (this.#failed) return nothing;
    this.#failed = true;
    return [{ event: "error", data: JSON.stringify(errorBody(error, error.message, null)) }];
  }

  #unseen(choice: number): readonly WireEvent[] {
    const at = `choices[${choice}]`;
    if (!this.warnings.some((warning) => warning.at === at)) {
      this.warnings.push({ kind: "dropped", code: "choice_unseen", at, detail: "an Anthropic message holds one answer" });
    }
    return nothing;
  }
}

/** Another wire's details of a stop are not Anthropic's. */
function stopDetails(finish: Finish | undefined): Json {
  const details = finish?.details;
  return isObject(details) && details["type"] === "refusal" ? details : null;
}
