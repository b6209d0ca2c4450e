import type { ChatResult, Finish, Message } from "../canonical/chat.ts";
import type { JsonObject } from "../canonical/json.ts";
import type { Clock } from "../canonical/ports.ts";
import { itemIdOf } from "./answer-items.ts";
import { type Memory, OwnedStore, type StoreLimits } from "./owned-store.ts";
import { Pool, type Pooled } from "./pool.ts";
import { weigh } from "./weigh.ts";

/** A question whose answer is under way. */
export interface Asked {
  /** Of the answer. */
  readonly id: string;
  /** The answer that the question goes on from. */
  readonly previous?: string | undefined;
  /** What the question adds to the conversation. */
  readonly messages: readonly Message[];
  /** What else the request said, for showing the answer again; its tools apart, as they rarely change. */
  readonly said: JsonObject;
  readonly tools: JsonObject;
}

export interface Answered {
  /** One message for each item; see `itemsOf`. */
  readonly items: readonly Message[];
  /** The result but for its content. */
  readonly head: Omit<ChatResult, "choices">;
  readonly finish: Finish;
}

/** See `Told`. */
export type AnswerTold =
  | { readonly kind: "asked"; readonly owner: string; readonly asked: Asked }
  | { readonly kind: "answered"; readonly owner: string; readonly id: string; readonly answered: Answered }
  | { readonly kind: "forgotten"; readonly owner: string; readonly id: string };

/** An answer as it is remembered. */
export interface KeptAnswer {
  /** What the request said, its tools included. */
  readonly said: JsonObject;
  readonly result: ChatResult;
}

/** One owner's answers. Being asked for prolongs their life. */
export interface Answers {
  /** The item of an answer; undefined where it is forgotten, or where several answers have one of this id. */
  item(id: string): Message | undefined;
  /** The conversation up to and with the answer; undefined where any of it is forgotten. */
  conversation(answer: string): readonly Message[] | undefined;
  answer(id: string): KeptAnswer | undefined;
}

/**
 * Remembers answers and the questions before them by the ids of the answers and of their items; see OwnedStore. Each holds what
 * its own turn added and the id of the answer before it, and messages that are alike are held once, so that a conversation takes
 * memory by the turn, whether its caller names the last answer or sends everything again.
 */
export class AnswerStore {
  readonly #store: OwnedStore<Remembered>;
  readonly #pools: Pools = { messages: new Pool(labelOf), tools: new Pool(() => "tools") };

  readonly #tell: ((told: AnswerTold) => void) | undefined;

  /** @param tell told of whatever is remembered or forgotten here first */
  constructor(clock: Pick<Clock, "now">, limits: Partial<StoreLimits> = {}, tell?: (told: AnswerTold) => void) {
    this.#store = new OwnedStore(clock, limits);
    this.#tell = tell;
  }

  get size(): number {
    return this.#store.size;
  }

  get bytes(): number {
    return this.#store.bytes;
  }

  /** How many different values are held. */
  get held(): number {
    return this.#pools.messages.size + this.#pools.tools.size;
  }

  /** What an owner's ids lead to; undefined where nothing of the owner is remembered. */
  of(owner: string): Answers | undefined {
    const found = this.#store.of(owner);
    if (found === undefined) return undefined;
    const one = (id: string): Remembered | undefined => {
      const [only, ...more] = found.find(id).filter(({ answered }) => answered);
      return more.length === 0 ? only : undefined;
    };
    const ofId = (id: string): Remembered | undefined => {
      const kept = one(id);
      return kept?.id === id ? kept : undefined;
    };
    return {
      item: (id) => one(id)?.items.find((item) => itemIdOf(item) === id),
      answer: (id) => ofId(id)?.kept,
      conversation: (answer) => {
        const turns: (readonly Message[])[] = [];
        for (let id: string | undefined = answer; id !== undefined; ) {
          const kept = ofId(id);
          if (kept === undefined) return undefined;
          turns.push([...kept.messages, ...kept.items]);
          id = kept.previous;
        }
        return turns.reverse().flat();
      },
    };
  }

  /** Holds the question until its answer is told. False where it is too large to be remembered. */
  ask(owner: string, asked: Asked): boolean {
    this.#tell?.({ kind: "asked", owner, asked });
    return this.#asked(owner, asked);
  }

  #asked(owner: string, asked: Asked): boolean {
    return this.#store.remember(owner, new Remembered(this.#pools, owner, asked, undefined));
  }

  /** False where the question is forgotten, or the two are too large to be remembered. */
  answer(owner: string, id: string, answered: Answered): boolean {
    this.#tell?.({ kind: "answered", owner, id, answered });
    return this.#answered(owner, id, answered);
  }

  #answered(owner: string, id: string, answered: Answered): boolean {
    const [question] =
      this.#store
        .of(owner)
        ?.peek(id)
        .filter((one) => one.id === id && !one.answered) ?? [];
    if (question === undefined) return false;
    const kept = this.#store.remember(owner, new Remembered(this.#pools, owner, question.asked, answered));
    this.#store.forget(owner, id, (one) => one === question);
    return kept;
  }

  /** Forgets the answer of this id, or the question whose answer would have had it. False where there is none. */
  forget(owner: string, id: string): boolean {
    this.#tell?.({ kind: "forgotten", owner, id });
    return this.#forgotten(owner, id);
  }

  /** Another process remembers or forgets this. */
  hear(told: AnswerTold): void {
    switch (told.kind) {
      case "asked":
        this.#asked(told.owner, told.asked);
        break;
      case "answered":
        this.#answered(told.owner, told.id, told.answered);
        break;
      case "forgotten":
        this.#forgotten(told.owner, told.id);
        break;
    }
  }

  #forgotten(owner: string, id: string): boolean {
    return this.#store.forget(owner, id, (one) => one.id === id) > 0;
  }
}

interface Pools {
  readonly messages: Pool<Message>;
  readonly tools: Pool<JsonObject>;
}

/** A question, and its answer once it has one. What is in the pools is held there from `hold` to `release`. */
class Remembered implements Memory {
  readonly id: string;
  readonly ids: readonly string[];
  readonly previous: string | undefined;
  readonly answered: boolean;
  readonly #pools: Pools;
  readonly #owner: string;
  readonly #said: JsonObject;
  readonly #ending: Pick<Answered, "head" | "finish"> | undefined;
  #messages: readonly Holding<Message>[];
  #items: readonly Holding<Message>[];
  #tools: Holding<JsonObject>;

  constructor(pools: Pools, owner: string, { id, previous, messages, said, tools }: Asked, answered: Answered | undefined) {
    this.#pools = pools;
    this.#owner = owner;
    this.id = id;
    this.previous = previous;
    this.answered = answered !== undefined;
    this.ids = [id, ...(answered?.items.flatMap((item) => itemIdOf(item) ?? []) ?? [])];
    this.#said = said;
    this.#ending = answered && { head: answered.head, finish: answered.finish };
    this.#messages = messages.map((value) => ({ value }));
    this.#items = answered?.items.map((value) => ({ value })) ?? [];
    this.#tools = { value: tools };
  }

  get messages(): readonly Message[] {
    return this.#messages.map(({ value }) => value);
  }

  get items(): readonly Message[] {
    return this.#items.map(({ value }) => value);
  }

  get asked(): Asked {
    const { id, previous, messages } = this;
    return { id, previous, messages, said: this.#said, tools: this.#tools.value };
  }

  get kept(): KeptAnswer | undefined {
    if (this.#ending === undefined) return undefined;
    const { head, finish } = this.#ending;
    const content = this.items.flatMap((item) => item.content);
    return { said: { ...this.#said, ...this.#tools.value }, result: { ...head, choices: [{ index: 0, content, finish }] } };
  }

  hold(): number {
    const { messages, tools } = this.#pools;
    let bytes = this.#own();
    const held = <V extends object>(pool: Pool<V>, { value }: Holding<V>): Pooled<V> => {
      const found = pool.hold(this.#owner, value);
      bytes += found.bytes;
      return found.pooled;
    };
    this.#messages = this.#messages.map((one) => held(messages, one));
    this.#items = this.#items.map((one) => held(messages, one));
    this.#tools = held(tools, this.#tools);
    return bytes;
  }

  release(): number {
    const { messages, tools } = this.#pools;
    const freed = <V extends object>(pool: Pool<V>, one: Holding<V>): number => ("key" in one ? pool.release(one) : 0);
    let bytes = this.#own() + freed(tools, this.#tools);
    for (const one of [...this.#messages, ...this.#items]) bytes += freed(messages, one);
    return bytes;
  }

  /** What is in no pool. */
  #own(): number {
    return weigh([this.ids, this.previous, this.#said, this.#ending]);
  }
}

/** A value before it is held, and then. */
type Holding<V extends object> = { readonly value: V } | Pooled<V>;

/** A message's first part in short: its text from three places. */
function labelOf({ role, content }: Message): string {
  const [first] = content;
  if (first === undefined) return role;
  const id = first.type === "tool-result" ? first.toolCallId : first.type === "tool-call" ? first.id : "";
  const text = "text" in first ? first.text : "";
  const middle = text.length >> 1;
  return `${role} ${first.type} ${id} ${text.slice(0, 24)} ${text.slice(middle, middle + 24)} ${text.slice(-24)}`;
}
