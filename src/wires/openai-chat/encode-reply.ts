import type { ChatChunk, ChatResult, Finish } from "../../canonical/chat.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import type { Warning } from "../../canonical/warnings.ts";
import { urlOf } from "../shared/openai/media.ts";
import type { ReplyEncoder, ReplyMeta } from "../wire.ts";
import { encodeCitation } from "./citations.ts";
import { encodeMessage } from "./encode-message.ts";
import { errorObject } from "./errors.ts";
import { encodeFinish } from "./finish.ts";
import { encodeUsage } from "./usage.ts";

/** What a caller asked of the form of its answer. */
export interface ReplyForm {
  /** `stream_options.include_usage` */
  readonly usage: boolean;
  /** The caller uses the legacy `functions`, so calls come as `function_call`. */
  readonly legacy: boolean;
}

const serviceTiers = new Set(["auto", "default", "flex", "scale", "priority", "fast"]);
const done: WireEvent = { data: "[DONE]" };

/** The Responses API tells moderation in another shape. */
const isOwn = (moderation: Json | undefined): boolean =>
  isObject(moderation) && !Object.values(moderation).some((found) => isObject(found) && found["type"] === "moderation_result");

const isCall = ({ type }: Part): boolean => type === "tool-call";

/** A choice being told: what each of its parts is, for the deltas that follow. */
interface Told {
  /** Part number → the index of its tool call. */
  readonly calls: Map<number, number>;
  /** Part number → custom tools take `input`. */
  readonly custom: Set<number>;
  finished: boolean;
}

/** Writes an answer for a caller of this wire. */
export class ChatEncoder implements ReplyEncoder<"chat"> {
  readonly #meta: ReplyMeta;
  readonly #form: ReplyForm;
  readonly #told = new Map<number, Told>();
  /** All of an event up to its choices. */
  #head = "";
  /** The beginning and end of the commonest event, text of the first choice. */
  #textHead = "";
  #tail = "";
  #usage: Usage | undefined;
  readonly warnings: Warning[] = [];
  readonly keepAlive = { comment: "keep-alive" } as const;

  constructor(meta: ReplyMeta, form: ReplyForm) {
    this.#meta = meta;
    this.#form = form;
    this.#tail = form.usage ? ',"usage":null}' : "}";
  }

  whole(result: ChatResult): JsonObject {
    const warn = (warning: Warning): void => this.#warn(warning);
    return {
      ...this.#envelope("chat.completion", result),
      choices: result.choices.map(({ index, content, finish, logprobs }) => ({
        index,
        message: encodeMessage(content, this.#form.legacy, `choices[${index}].message`, warn),
        logprobs: wholeLogprobs(logprobs),
        finish_reason: encodeFinish(finish, content.some(isCall), this.#form.legacy),
      })),
      ...(result.usage && { usage: encodeUsage(result.usage) }),
    };
  }

  push(chunk: ChatChunk): readonly WireEvent[] {
    switch (chunk.type) {
      case "part-delta": {
        const { delta, choice } = chunk;
        if (delta.type === "text" && choice === 0 && delta.logprobs === undefined && this.#textHead !== "") {
          return [{ data: `${this.#textHead}${JSON.stringify(delta.text)}},"finish_reason":null}]${this.#tail}` }];
        }
        return this.#delta(chunk);
      }
      case "part-start":
        return this.#partStart(chunk.choice, chunk.part, chunk.content);
      case "start": {
        if (this.#head !== "") return [];
        this.#open(chunk.head);
        const out: WireEvent[] = [];
        this.#choice(0, out);
        return out;
      }
      case "finish": {
        const out: WireEvent[] = [];
        this.#finish(chunk.choice, chunk.finish, out);
        return out;
      }
      case "usage":
        this.#usage = chunk.usage;
        return [];
      case "part-end":
      case "ping":
      case "progress":
      case "error":
        return [];
    }
  }

  end(terminal: Terminal): readonly WireEvent[] {
    const out: WireEvent[] = [];
    switch (terminal.kind) {
      case "finished":
      case "limited": {
        this.#choice(0, out);
        const reason = terminal.kind === "limited" ? "length" : "stop";
        for (const index of this.#told.keys()) this.#finish(index, { reason, raw: null }, out);
        if (this.#form.usage && this.#usage !== undefined) {
          out.push({ data: `${this.#head}[],"usage":${JSON.stringify(encodeUsage(this.#usage))}}` });
        }
        out.push(done);
        return out;
      }
      case "truncated":
      case "error":
        return [{ data: JSON.stringify({ error: errorObject(terminal.error) }) }];
      case "cancelled":
        return out;
    }
  }

  #warn(warning: Warning): void {
    const same = this.warnings.some((known) => known.code === warning.code);
    if (!same) this.warnings.push(warning);
  }

  #envelope(object: string, head: ChatResult | (ChatChunk & { type: "start" })["head"]): JsonObject {
    const tier = head.serviceTier === "standard" ? "default" : head.serviceTier;
    return {
      id: head.id ?? this.#meta.id,
      object,
      created: head.createdAt ?? this.#meta.createdAt,
      model: head.model ?? this.#meta.model,
      ...(tier !== undefined && serviceTiers.has(tier) && { service_tier: tier }),
      ...(head.fingerprint !== undefined && { system_fingerprint: head.fingerprint }),
      ...(isOwn(head.moderation) && { moderation: head.moderation }),
    };
  }

  #open(head: (ChatChunk & { type: "start" })["head"]): void {
    this.#head = `${JSON.stringify(this.#envelope("chat.completion.chunk", head)).slice(0, -1)},"choices":`;
  }

  /** The choice, its role told first. */
  #choice(index: number, out: WireEvent[]): Told {
    const told = this.#told.get(index);
    if (told !== undefined) return told;
    if (this.#head === "") this.#open({});
    const made: Told = { calls: new Map(), custom: new Set(), finished: false };
    this.#told.set(index, made);
    if (index === 0) this.#textHead = `${this.#head}[{"index":0,"delta":{"content":`;
    out.push(this.#event(index, { role: "assistant", content: "", refusal: null }));
    return made;
  }

  #event(index: number, delta: JsonObject, logprobs?: Json, finish: string | null = null): WireEvent {
    const choice: JsonObject = { index, delta, ...(logprobs !== undefined && { logprobs }), finish_reason: finish };
    return { data: `${this.#head}[${JSON.stringify(choice)}]${this.#tail}` };
  }

  #finish(index: number, finish: Finish, out: WireEvent[]): void {
    const told = this.#choice(index, out);
    if (told.finished) return;
    told.finished = true;
    out.push(this.#event(index, {}, undefined, encodeFinish(finish, told.calls.size > 0, this.#form.legacy)));
  }

  #partStart(index: number, part: number, content: Part): readonly WireEvent[] {
    const out: WireEvent[] = [];
    const told = this.#choice(index, out);
    const say = (delta: JsonObject): void => {
      out.push(this.#event(index, delta));
    };
    switch (content.type) {
      case "text":
        if (content.text !== "") say({ content: content.text });
        for (const citation of content.citations ?? []) this.#cite(index, citation, out);
        break;
      case "refusal":
        if (content.text !== "") say({ refusal: content.text });
        break;
      case "reasoning":
        if (content.text !== "") say({ reasoning_content: content.text });
        this.#hidden(content.redacted !== undefined || content.encrypted !== undefined || content.signature !== undefined);
        break;
      case "tool-call": {
        const call = told.calls.size;
        told.calls.set(part, call);
        const { id, name, arguments: written } = content;
        if (this.#form.legacy) {
          if (call === 0) say({ function_call: { name, arguments: written } });
          else this.#warn({ kind: "dropped", code: "parallel_call_dropped", detail: "functions allow one call; use tools." });
        } else if (content.kind === "custom") {
          told.custom.add(part);
          say({ tool_calls: [{ index: call, id, type: "custom", custom: { name, input: written } }] });
        } else say({ tool_calls: [{ index: call, id, type: "function", function: { name, arguments: written } }] });
        break;
      }
      case "audio":
        if (content.id !== undefined) say({ audio: { id: content.id } });
        break;
      case "image":
        if (content.source.kind === "base64" || content.source.kind === "url") {
          const url = urlOf(content.source) ?? "";
          say({ images: [{ type: "image_url", image_url: { url } }] });
          break;
        }
        this.#unseen(content.type);
        break;
      case "opaque":
        this.#unseen(content.kind);
        break;
      case "video":
      case "document":
      case "tool-result":
        this.#unseen(content.type);
        break;
    }
    return out;
  }

  #delta({ choice: index, part, delta }: ChatChunk & { type: "part-delta" }): readonly WireEvent[] {
    const out: WireEvent[] = [];
    const told = this.#choice(index, out);
    switch (delta.type) {
      case "text":
        out.push(this.#event(index, { content: delta.text }, delta.logprobs));
        break;
      case "reasoning":
        if (delta.text !== "") out.push(this.#event(index, { reasoning_content: delta.text }));
        break;
      case "refusal":
        out.push(this.#event(index, { refusal: delta.text }, delta.logprobs));
        break;
      case "arguments": {
        const call = told.calls.get(part);
        if (call === undefined) break;
        if (this.#form.legacy) {
          if (call === 0) out.push(this.#event(index, { function_call: { arguments: delta.text } }));
        } else {
          const inner = told.custom.has(part) ? { custom: { input: delta.text } } : { function: { arguments: delta.text } };
          out.push(this.#event(index, { tool_calls: [{ index: call, ...inner }] }));
        }
        break;
      }
      case "citation":
        this.#cite(index, delta.citation, out);
        break;
      case "audio": {
        const { id, data, transcript, expiresAt } = delta;
        const audio = {
          ...(id !== undefined && { id }),
          ...(data !== undefined && { data }),
          ...(transcript !== undefined && { transcript }),
          ...(expiresAt !== undefined && { expires_at: expiresAt }),
        };
        out.push(this.#event(index, { audio }));
        break;
      }
      case "signature":
        this.#hidden(true);
        break;
      case "opaque":
        this.#unseen("opaque");
        break;
    }
    return out;
  }

  #cite(index: number, citation: Parameters<typeof encodeCitation>[0], out: WireEvent[]): void {
    const annotation = encodeCitation(citation);
    if (annotation !== undefined) out.push(this.#event(index, { annotations: [annotation] }));
    else this.#warn({ kind: "dropped", code: "citation_dropped", detail: "this API shows citations of URLs only." });
  }

  #hidden(hidden: boolean): void {
    if (hidden)
      this.#warn({ kind: "dropped", code: "reasoning_signature_hidden", detail: "this API shows the text of reasoning only." });
  }

  #unseen(kind: string): void {
    this.#warn({ kind: "dropped", code: "part_hidden", detail: `this API cannot show a part of type ${kind}.` });
  }
}

/** Log probabilities as one object, wherever they came in pieces. */
function wholeLogprobs(logprobs: Json | undefined): Json {
  if (!Array.isArray(logprobs)) return logprobs ?? null;
  const pieces = logprobs.filter((piece): piece is JsonObject => isObject(piece));
  const joined = (field: string): Json => {
    const lists = pieces.map((piece) => piece[field]).filter((list) => Array.isArray(list));
    return lists.length === 0 ? null : lists.flat();
  };
  return { content: joined("content"), refusal: joined("refusal") };
}
