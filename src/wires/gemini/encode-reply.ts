import { append } from "../../canonical/accumulate.ts";
import type { ChatChunk, ChatResult, Choice, Delta, Finish, ResultHead } from "../../canonical/chat.ts";
import type { WireEvent } from "../../canonical/event.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Citation, Part } from "../../canonical/parts.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { object } from "../shared/read.ts";
import type { ReplyEncoder, ReplyMeta } from "../wire.ts";
import { encodeCitations } from "./citations.ts";
import { parseArguments } from "./encode-calls.ts";
import { errorObject } from "./errors.ts";
import { candidateOf, encodeFinish, feedbackOf } from "./finish.ts";
import { encodeLogprobs } from "./logprobs.ts";
import { name as wireName } from "./name.ts";
import { isOwnSeal, replyPart } from "./reply-parts.ts";
import { encodeUsage } from "./usage.ts";

const nothing: readonly WireEvent[] = [];

/** A candidate being told. */
interface Told {
  /** Parts that can only be told whole, as far as they came. */
  readonly held: Map<number, Part>;
  /** Of each part that is told as it comes, whether it is a thought. */
  readonly spoken: Map<number, boolean>;
  readonly citations: Citation[];
  readonly logprobs: Json[];
  /** The text so far, for the places that citations name. */
  said: string;
  finish: Finish | undefined;
}

/**
 * Writes an answer as Gemini's, whole or as a stream of answers. Calls are told whole, when they end. The finish reasons wait
 * for the end, so that the last event has the usage with them.
 */
export class CandidateEncoder implements ReplyEncoder<"chat"> {
  readonly warnings: Warning[] = [];
  /**
   * An empty text, as Google itself sends some. No SSE comment: the official SDKs for Python and Go take each line that is no
   * data for an error.
   */
  readonly keepAlive = { data: '{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"index":0}]}' } as const;
  readonly #meta: ReplyMeta;
  readonly #told = new Map<number, Told>();
  #head: ResultHead = {};
  /** What stands behind the candidates in each event. */
  #tail = "";
  #usage: Usage | undefined;

  constructor(meta: ReplyMeta) {
    this.#meta = meta;
    this.#setHead({});
  }

  whole(result: ChatResult): JsonObject {
    const [first] = result.choices;
    const feedback = first === undefined || first.content.length > 0 ? undefined : feedbackOf(first.finish);
    return {
      ...(feedback === undefined && { candidates: result.choices.map((choice) => this.#candidate(choice)) }),
      ...this.#envelope(result),
      ...(feedback && { promptFeedback: feedback }),
      ...(result.usage && { usageMetadata: encodeUsage(result.usage) }),
    };
  }

  push(chunk: ChatChunk): readonly WireEvent[] {
    switch (chunk.type) {
      case "part-delta":
        return this.#delta(chunk.choice, chunk.part, chunk.delta);
      case "part-start":
        return this.#start(chunk.choice, chunk.part, chunk.content);
      case "part-end":
        return this.#end(chunk.choice, chunk.part);
      case "start":
        // What each event repeats may not change, should a damaged stream tell it late.
        if (this.#told.size === 0) this.#setHead(chunk.head);
        return nothing;
      case "finish":
        this.#choice(chunk.choice).finish = chunk.finish;
        return nothing;
      case "usage":
        this.#usage = chunk.usage;
        return nothing;
      case "ping":
      case "progress":
      case "error":
        return nothing;
    }
  }

  end(terminal: Terminal): readonly WireEvent[] {
    switch (terminal.kind) {
      case "cancelled":
        return nothing;
      case "truncated":
      case "error": {
        // The SDKs for JavaScript and Java throw at the first; those for Python and Go look into no data, but throw at the
        // second's name, which they do not know.
        const data = JSON.stringify({ error: errorObject(terminal.error) });
        return [{ data }, { event: "error", data }];
      }
      case "finished":
      case "limited": {
        this.#choice(0);
        const out: WireEvent[] = [];
        for (const [index, told] of this.#told) {
          for (const [part, content] of [...told.held]) {
            if (terminal.kind === "limited" && isCut(content)) {
              this.#warn({ kind: "dropped", code: "call_cut", at: `candidates[${index}]`, detail: "a call that was not whole." });
            } else for (const event of this.#end(index, part)) out.push(event);
          }
        }
        out.push({ data: JSON.stringify(this.#last(terminal.kind === "limited")) });
        return out;
      }
    }
  }

  /** The event that ends the stream. A part without text, as readers take a content without parts for a broken one. */
  #last(limited: boolean): JsonObject {
    const feedback = feedbackOf(this.#told.get(0)?.finish);
    const reason = limited ? "length" : "stop";
    const candidates = [...this.#told].map(([index, told]) => ({
      content: { parts: [{ text: "" }], role: "model" },
      ...besides(told, told.finish),
      finishReason: encodeFinish(
        limited && told.finish === undefined ? { reason, raw: null } : (told.finish ?? { reason, raw: null }),
      ),
      index,
    }));
    return {
      ...(feedback === undefined && { candidates }),
      ...this.#envelope(this.#head),
      ...(feedback && { promptFeedback: feedback }),
      ...(this.#usage && { usageMetadata: encodeUsage(this.#usage) }),
    };
  }

  #envelope(head: ResultHead): JsonObject {
    return {
      modelVersion: head.model ?? this.#meta.model,
      responseId: head.id ?? this.#meta.id,
      ...object(head.extra?.[wireName]),
    };
  }

  #setHead(head: ResultHead): void {
    this.#head = head;
    this.#tail = `}],${JSON.stringify(this.#envelope(head)).slice(1)}`;
  }

  #candidate({ index, content, finish, logprobs }: Choice): JsonObject {
    const parts = content.flatMap((part) => replyPart(part, (warning) => this.#warn(warning)) ?? []);
    const citations = content.flatMap((part) => (part.type === "text" ? (part.citations ?? []) : []));
    const said = content.map((part) => (part.type === "text" ? part.text : "")).join("");
    return {
      content: { parts, role: "model" },
      ...besides({ citations, logprobs: logprobs === undefined ? [] : [logprobs], said }, finish),
      finishReason: encodeFinish(finish),
      index,
    };
  }

  #choice(index: number): Told {
    const told = this.#told.get(index);
    if (told !== undefined) return told;
    const made: Told = { held: new Map(), spoken: new Map(), citations: [], logprobs: [], said: "", finish: undefined };
    this.#told.set(index, made);
    return made;
  }

  #start(index: number, part: number, content: Part): readonly WireEvent[] {
    const told = this.#choice(index);
    if ((content.type === "text" || content.type === "refusal" || content.type === "reasoning") && !isOwnSeal(content.seal)) {
      told.spoken.set(part, content.type === "reasoning");
      if (content.type === "reasoning") this.#hidden(content);
      if (content.type === "text") for (const citation of content.citations ?? []) told.citations.push(citation);
      return this.#say(told, index, content.text, content.type === "reasoning");
    }
    told.held.set(part, content);
    return nothing;
  }

  #delta(index: number, part: number, delta: Delta): readonly WireEvent[] {
    const told = this.#choice(index);
    const held = told.held.get(part);
    if ("logprobs" in delta && delta.logprobs !== undefined) told.logprobs.push(delta.logprobs);
    if (held !== undefined) {
      if (delta.type === "citation") told.citations.push(delta.citation);
      else told.held.set(part, append(held, delta));
      return nothing;
    }
    switch (delta.type) {
      case "text":
      case "refusal":
      case "reasoning":
        return this.#say(told, index, delta.text, told.spoken.get(part) ?? delta.type === "reasoning");
      case "citation":
        told.citations.push(delta.citation);
        return nothing;
      case "signature":
        this.#hidden({ type: "reasoning", text: "", signature: delta.signature });
        return nothing;
      case "arguments":
      case "audio":
      case "opaque":
        return nothing;
    }
  }

  #end(index: number, part: number): readonly WireEvent[] {
    const told = this.#choice(index);
    const held = told.held.get(part);
    if (held === undefined) return nothing;
    told.held.delete(part);
    if (held.type === "text") told.said += held.text;
    const made = replyPart(held, (warning) => this.#warn(warning));
    return made === undefined ? nothing : [this.#event(index, JSON.stringify(made))];
  }

  #say(told: Told, index: number, said: string, thought: boolean): readonly WireEvent[] {
    if (said === "") return nothing;
    if (!thought) told.said += said;
    return [this.#event(index, `{"text":${JSON.stringify(said)}${thought ? ',"thought":true' : ""}}`)];
  }

  #event(index: number, part: string): WireEvent {
    return { data: `{"candidates":[{"content":{"parts":[${part}],"role":"model"},"index":${index}${this.#tail}` };
  }

  #hidden(part: Part): void {
    replyPart(part, (warning) => this.#warn(warning));
  }

  #warn(warning: Warning): void {
    const same = this.warnings.some(({ code, at }) => code === warning.code && at === warning.at);
    if (!same) this.warnings.push(warning);
  }
}

/** A call whose arguments were cut in their middle: nobody may run it. */
const isCut = (part: Part): boolean =>
  part.type === "tool-call" && part.kind !== "custom" && parseArguments(part.arguments) === undefined;

/** What a candidate tells besides its content: as its provider told it, else what other wires say of it. */
function besides(told: Pick<Told, "citations" | "logprobs" | "said">, finish: Finish | undefined): JsonObject {
  const own = candidateOf(finish);
  if (own !== undefined) return own;
  const groundingMetadata = encodeCitations(told.citations, told.said);
  const logprobsResult = encodeLogprobs(told.logprobs);
  return {
    ...(groundingMetadata && { groundingMetadata }),
    ...(logprobsResult && { logprobsResult }),
  };
}
