import type { ChatChunk, ChatResult, Finish, ResultHead } from "../canonical/chat.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Part } from "../canonical/parts.ts";
import type { Batches, StreamItem } from "../canonical/reply.ts";
import type { Terminal } from "../canonical/terminal.ts";
import { PartsListener } from "../conversations/parts-listener.ts";

/** Keeps one answer. Holds nothing of its call. */
export interface Keeper {
  /** Gives the part the id of its item. */
  readonly name: (part: Part) => Part;
  /** Whether the provider keeps the answer of this id itself. */
  isElsewhere(id: string): boolean;
  /** What the answer says of itself: with the id that it is kept by. */
  head(told: ResultHead): ResultHead;
  keep(parts: readonly Part[], head: Omit<ChatResult, "choices">, finish: Finish): void;
  /** There is no answer. */
  drop(): void;
  /** It is too large to be kept. */
  refuse(): void;
}

/** Characters of one answer that are gathered at most. */
const longestAnswer = 8 * 1024 * 1024;

const unsaid: Finish = { reason: "other", raw: null };
const limited: Finish = { reason: "length", raw: null };

/** A stream whose answer is kept before its caller is told that it is whole. */
export class KeptBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #listener = new PartsListener({ most: longestAnswer, make: (parts) => parts, media: true });
  #keeper: Keeper | undefined;
  readonly #name: Keeper["name"];
  #head: Omit<ChatResult, "choices">;
  #elsewhere = false;
  #parts: readonly Part[] | undefined;
  #finish: Finish | undefined;

  constructor(batches: Batches<Op>, keeper: Keeper) {
    this.#batches = batches;
    this.#keeper = keeper;
    this.#name = keeper.name;
    this.#head = keeper.head({});
  }

  next(): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    return this.#batches.next().then(this.#heard);
  }

  return(terminal: Terminal): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    this.#settle(terminal);
    return this.#batches.return(terminal);
  }

  readonly #heard = (
    step: IteratorResult<readonly StreamItem<Op>[], Terminal>,
  ): IteratorResult<readonly StreamItem<Op>[], Terminal> => {
    if (step.done === true) {
      this.#settle(step.value);
      return step;
    }
    return { done: false, value: step.value.map((item) => this.#take(item)) };
  };

  #take(item: StreamItem<Op>): StreamItem<Op> {
    const given = item.chunks();
    if (!given.some(isNamed)) {
      for (const chunk of given) this.#hear(chunk);
      return item;
    }
    const chunks = given.map((chunk) => this.#named(chunk));
    for (const chunk of chunks) this.#hear(chunk);
    return { chunks: () => chunks };
  }

  #named<C extends Operations[Op]["chunk"]>(chunk: C): C {
    if (chunk.type === "start") {
      const { id } = chunk.head;
      if (id !== undefined && this.#keeper?.isElsewhere(id)) {
        this.#elsewhere = true;
        this.#done()?.drop();
      }
      return { ...chunk, head: this.#keeper?.head(chunk.head) ?? chunk.head };
    }
    return chunk.type === "part-start" && !this.#elsewhere ? { ...chunk, content: this.#name(chunk.content) } : chunk;
  }

  #hear(chunk: Operations[Op]["chunk"]): void {
    if (this.#keeper === undefined) return;
    if (chunk.type === "start") this.#head = { ...this.#head, ...chunk.head };
    else if (chunk.type === "usage") this.#head = { ...this.#head, usage: chunk.usage };
    else if ("choice" in chunk && chunk.choice === 0) {
      if (chunk.type === "finish") this.#finish = chunk.finish;
      this.#parts = this.#listener.hear(chunk) ?? this.#parts;
    }
    if (this.#listener.overflown) this.#done()?.refuse();
  }

  #settle(terminal: Terminal): void {
    const keeper = this.#done();
    switch (terminal.kind) {
      case "finished":
      case "limited": {
        const parts = this.#parts ?? this.#listener.end()[0] ?? [];
        keeper?.keep(parts, this.#head, this.#finish ?? (terminal.kind === "limited" ? limited : unsaid));
        return;
      }
      case "truncated":
      case "error":
      case "cancelled":
        keeper?.drop();
    }
  }

  /** The keeper, once: from then on nothing is kept. */
  #done(): Keeper | undefined {
    const keeper = this.#keeper;
    this.#keeper = undefined;
    return keeper;
  }
}

const isNamed = ({ type }: ChatChunk): boolean => type === "start" || type === "part-start";
