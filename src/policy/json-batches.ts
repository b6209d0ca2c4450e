import type { ChatChunk } from "../canonical/chat.ts";
import type { GatewayError } from "../canonical/error.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Batches, StreamItem } from "../canonical/reply.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Warnings } from "../canonical/warnings.ts";
import { Fences } from "./fences.ts";

/** Says whether a finished answer is what was asked for; an error takes the place of its clean end. */
export type Judge = (document: string) => GatewayError | undefined;

type Chunk<Op extends Operation> = Operations[Op]["chunk"];

/** Characters of one answer that are gathered to be judged. */
const longestJudged = 4 * 1024 * 1024;

interface Heard<Op extends Operation> {
  readonly fences: Fences;
  text: string;
  /** Refused, called a tool, was cut or is too long: no document to be judged. */
  exempt: boolean;
  /** A part's beginning that waits for its text. */
  start: Chunk<Op> | undefined;
  /** A piece of text: the pattern for one that must be made. */
  delta: Chunk<Op> | undefined;
}

/** A translated stream without the fences around its JSON, whose documents are judged where it ends cleanly. */
export class JsonBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #judge: Judge;
  readonly #warnings: Warnings;
  readonly #choices = new Map<number, Heard<Op>>();
  #closing: (() => readonly Chunk<Op>[]) | undefined;

  /** @param closing of a stream that was to be relayed: see `Reply` */
  constructor(batches: Batches<Op>, judge: Judge, warnings: Warnings, closing?: (() => readonly Chunk<Op>[]) | undefined) {
    this.#batches = batches;
    this.#closing = closing;
    this.#judge = judge;
    this.#warnings = warnings;
  }

  async next(): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    const step = await this.#batches.next();
    if (step.done === true) {
      if (step.value.kind !== "finished") return step;
      const owed = this.#closing?.().flatMap((chunk) => this.#pass(chunk)) ?? [];
      this.#closing = undefined;
      if (owed.length > 0) return { done: false, value: [{ chunks: () => owed }] };
      return { done: true, value: this.#verdict(step.value) };
    }
    const items = step.value.map((item): StreamItem<Op> => {
      const chunks = item.chunks().flatMap((chunk) => this.#pass(chunk));
      return { chunks: () => chunks };
    });
    return { done: false, value: items };
  }

  return(terminal: Terminal): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    return this.#batches.return(terminal);
  }

  #pass(chunk: Chunk<Op>): readonly Chunk<Op>[] {
    // The error event of a stream that was to be relayed: its terminal says it again.
    if (chunk.type === "error") return [];
    if (!("choice" in chunk)) return [chunk];
    const heard = this.#of(chunk.choice);
    const text = textOf(chunk);
    if (text === undefined) {
      if (exempts(chunk)) heard.exempt = true;
      return [...this.#released(heard), chunk];
    }
    const passed = heard.fences.push(text);
    this.#hear(heard, passed);
    if (heard.fences.stripped) this.#warnings.add({ kind: "repaired", code: "json_fences_stripped", detail: told });
    if (passed === text && heard.start === undefined) return [chunk];
    if (chunk.type === "part-start") {
      if (passed !== "") return [withText(chunk, passed)];
      heard.start = chunk;
      return [];
    }
    heard.delta = chunk;
    if (passed === "") return [];
    const carrier = heard.start ?? chunk;
    heard.start = undefined;
    return [withText(carrier, passed)];
  }

  /** What is held back goes out before anything else of its choice. */
  #released(heard: Heard<Op>): readonly Chunk<Op>[] {
    const { start, delta, fences } = heard;
    const carrier = start ?? delta;
    if (carrier === undefined) return [];
    const rest = fences.release();
    heard.start = undefined;
    heard.delta = undefined;
    this.#hear(heard, rest);
    return rest === "" && start === undefined ? [] : [withText(carrier, rest)];
  }

  #hear(heard: Heard<Op>, text: string): void {
    if (heard.text.length + text.length > longestJudged) heard.exempt = true;
    else heard.text += text;
  }

  #of(choice: number): Heard<Op> {
    const found = this.#choices.get(choice);
    if (found) return found;
    const made: Heard<Op> = { fences: new Fences(), text: "", exempt: false, start: undefined, delta: undefined };
    this.#choices.set(choice, made);
    return made;
  }

  #verdict(clean: Terminal): Terminal {
    for (const { text, exempt } of this.#choices.values()) {
      const error = exempt ? undefined : this.#judge(text);
      if (error !== undefined) return { kind: "error", error };
    }
    return clean;
  }
}

const told = "the markdown fence around the answer's JSON was taken off.";

export function textOf(chunk: ChatChunk): string | undefined {
  if (chunk.type === "part-start") return chunk.content.type === "text" ? chunk.content.text : undefined;
  return chunk.type === "part-delta" && chunk.delta.type === "text" ? chunk.delta.text : undefined;
}

function exempts(chunk: ChatChunk): boolean {
  if (chunk.type === "finish") return chunk.finish.reason !== "stop";
  return chunk.type === "part-start" && (chunk.content.type === "refusal" || chunk.content.type === "tool-call");
}

function withText<C extends ChatChunk>(chunk: C, text: string): C {
  if (chunk.type === "part-start" && chunk.content.type === "text") return { ...chunk, content: { ...chunk.content, text } };
  if (chunk.type === "part-delta" && chunk.delta.type === "text") return { ...chunk, delta: { ...chunk.delta, text } };
  return chunk;
}
