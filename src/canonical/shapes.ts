import { accumulate } from "./accumulate.ts";
import type { ChatResult, Finish } from "./chat.ts";
import { explode } from "./explode.ts";
import type { Operation, Operations } from "./operations.ts";
import type { Usage } from "./usage.ts";

/** What a whole result says of itself, for the books. */
export interface ResultFacts {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly usage?: Usage | undefined;
  /** How the answer's choices ended, the first one first. */
  readonly finishes: readonly Finish[];
}

/** What can be done with an operation's results whatever wire they came by. */
export interface Shape<Op extends Operation> {
  facts(result: Operations[Op]["result"]): ResultFacts;
  /** The chunks of a stream that would have carried the result; undefined for operations that never stream. */
  readonly explode?: ((result: Operations[Op]["result"]) => readonly Operations[Op]["chunk"][]) | undefined;
  /** The reverse. */
  readonly accumulate?: ((chunks: Iterable<Operations[Op]["chunk"]>) => Operations[Op]["result"]) | undefined;
}

export const shapes: { readonly [Op in Operation]: Shape<Op> } = {
  chat: {
    facts: ({ id, model, usage, choices }: ChatResult) => ({ id, model, usage, finishes: choices.map(({ finish }) => finish) }),
    explode,
    accumulate,
  },
  embed: { facts: ({ model, usage }) => ({ model, usage, finishes: [] }) },
  "count-tokens": { facts: () => ({ finishes: [] }) },
  stored: { facts: ({ model, usage }) => ({ model, usage, finishes: [] }) },
};
