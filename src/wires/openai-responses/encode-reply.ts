import type { ChatChunk, ChatResult, Finish } from "../../canonical/chat.ts";
import type { GatewayError } from "../../canonical/error.ts";
import type { WireEvent } from "../../canonical/event.ts";
import { explode } from "../../canonical/explode.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import type { Usage } from "../../canonical/usage.ts";
import type { Warning } from "../../canonical/warnings.ts";
import type { ReplyEncoder, ReplyMeta } from "../wire.ts";
import { errorObject } from "./errors.ts";
import { ItemWriter } from "./item-writer.ts";
import { seedOf } from "./made-ids.ts";
import { ResponseObject, stateOf, translated } from "./response-object.ts";

const nothing: readonly WireEvent[] = [];

/** Writes an answer as a response, whole or as the events that make it. */
export class ResponseEncoder implements ReplyEncoder<"chat"> {
  readonly #meta: ReplyMeta;
  readonly #echo: JsonObject;
  readonly #items: ItemWriter;
  #response: ResponseObject | undefined;
  #usage: Usage | undefined;
  #finish: Finish | undefined;
  #sequence = 0;
  /** Events of the call that is under way; none are kept of a whole answer. */
  #out: WireEvent[] | undefined;
  readonly warnings: Warning[] = [];
  readonly keepAlive = { comment: "keep-alive" } as const;

  /** @param echo what the response repeats of its request */
  constructor(meta: ReplyMeta, echo: JsonObject) {
    this.#meta = meta;
    this.#echo = echo;
    const emit = (type: string, members: JsonObject): void => this.#emit(type, members);
    this.#items = new ItemWriter(seedOf(meta.id), emit, (warning) => this.#warn(warning));
  }

  whole(result: ChatResult): JsonObject {
    for (const chunk of explode(result)) {
      if (chunk.type === "part-start" || chunk.type === "part-delta" || chunk.type === "part-end") this.#part(chunk);
    }
    const [choice, ...others] = result.choices;
    for (const other of others) this.#unseen(other.index);
    const { status, why, output, usage } = stateOf(choice?.finish, [], result.usage);
    this.#items.end(status === "incomplete" ? "provider" : undefined);
    return new ResponseObject(translated(result), this.#meta, this.#echo).in({
      status,
      why,
      output: [...output, ...this.#items.output],
      usage,
    });
  }

  push(chunk: ChatChunk): readonly WireEvent[] {
    switch (chunk.type) {
      case "part-delta": {
        const { delta } = chunk;
        const slot = delta.type === "text" && delta.logprobs === undefined ? this.#items.slot(chunk.part) : undefined;
        if (delta.type === "text" && chunk.choice === 0 && slot?.textHead !== undefined && slot.add !== undefined) {
          slot.add(delta.text);
          if (delta.text === "") return nothing;
          const data = `${slot.textHead}${JSON.stringify(delta.text)},"sequence_number":${this.#sequence++}}`;
          return [{ event: "response.output_text.delta", data }];
        }
        return this.#tell(() => this.#part(chunk));
      }
      case "part-start":
      case "part-end":
        return this.#tell(() => this.#part(chunk));
      case "start":
        return this.#response === undefined ? this.#tell(() => this.#begin(chunk.head)) : nothing;
      case "finish":
        if (chunk.choice === 0) this.#finish = chunk.finish;
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
      case "error":
        return this.#tell(() => this.#fail(terminal.error));
      case "finished":
      case "limited":
        return this.#tell(() => this.#complete(terminal.kind === "limited"));
    }
  }

  #tell(write: () => void): readonly WireEvent[] {
    const out: WireEvent[] = [];
    this.#out = out;
    write();
    this.#out = undefined;
    return out;
  }

  #emit(type: string, members: JsonObject): void {
    if (this.#out === undefined) return;
    this.#out.push({ event: type, data: JSON.stringify({ type, sequence_number: this.#sequence++, ...members }) });
  }

  #begin(head: ConstructorParameters<typeof ResponseObject>[0]): ResponseObject {
    const response = new ResponseObject(translated(head), this.#meta, this.#echo);
    this.#response = response;
    const begun = response.in({ status: "in_progress", output: [] });
    this.#emit("response.created", { response: begun });
    this.#emit("response.in_progress", { response: begun });
    return response;
  }

  #part(chunk: Extract<ChatChunk, { type: "part-start" | "part-delta" | "part-end" }>): void {
    if (chunk.choice !== 0) {
      this.#unseen(chunk.choice);
      return;
    }
    if (this.#out !== undefined && this.#response === undefined) this.#begin({});
    if (chunk.type === "part-start") this.#items.start(chunk.part, chunk.content);
    else if (chunk.type === "part-delta") this.#items.delta(chunk.part, chunk.delta);
    else this.#items.stop(chunk.part);
  }

  #complete(limited: boolean): void {
    const response = this.#response ?? this.#begin({});
    const { status, why } = stateOf(limited ? { reason: "length", raw: null } : this.#finish, [], undefined);
    this.#items.end(limited ? "us" : status === "incomplete" ? "provider" : undefined);
    const type = status === "incomplete" ? "response.incomplete" : "response.completed";
    this.#emit(type, { response: response.in({ status, why, output: this.#items.output, usage: this.#usage }) });
  }

  /** As OpenAI does: the error, at which SDKs throw, and the failed response, for those who read on. */
  #fail(error: GatewayError): void {
    const response = this.#response ?? this.#begin({});
    const said = errorObject(error);
    const { code = null, message = "", param = null }: { readonly [field: string]: Json | undefined } = said;
    this.#emit("error", { code, message, param, error: said });
    const failed = { status: "failed", error, output: this.#items.ended, usage: this.#usage };
    this.#emit("response.failed", { response: response.in(failed) });
  }

  #unseen(choice: number): void {
    const at = `choices[${choice}]`;
    this.#warn({ kind: "dropped", code: "choice_unseen", at, detail: "a response holds one answer" });
  }

  #warn(warning: Warning): void {
    if (!this.warnings.some(({ code, at }) => code === warning.code && at === warning.at)) this.warnings.push(warning);
  }
}
