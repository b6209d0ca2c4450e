import type { GatewayError } from "../../canonical/error.ts";
import type { Operation } from "../../canonical/operations.ts";
import type { Batches, Reply, StreamItem } from "../../canonical/reply.ts";
import { limited, type Terminal } from "../../canonical/terminal.ts";
import { ChunkGuard } from "./chunk-guard.ts";
import type { Lanes } from "./lanes.ts";

type StreamReply<Op extends Operation> = Extract<Reply<Op>, { stream: true }>;
type Step<Op extends Operation> = IteratorResult<readonly StreamItem<Op>[], Terminal>;

export interface StreamRules {
  readonly lanes: Lanes;
  /** Characters that an answer may have. */
  readonly most: number;
  /** Told once where it has more. */
  readonly onCut: () => void;
  /** Whether anything could have to be changed; else the stream is only read. */
  readonly rewrites: boolean;
  /** What is thrown while a guard looks, as the call's error. */
  readonly failed: (thrown: unknown) => GatewayError;
}

/**
 * Looks through a stream. Where something of it may have to be changed it is translated, whatever it was before; where findings
 * are only to be told, it goes on as it came and is read beside.
 */
export function guardStream<Op extends Operation>(reply: StreamReply<Op>, rules: StreamRules): StreamReply<Op> {
  if (!rules.rewrites) return { ...reply, batches: new ReadBatches(reply.batches, rules) };
  return { stream: true, relayed: false, batches: new GuardedBatches(reply, rules) };
}

/**
 * A stream whose text is changed on its way. Where a rule refuses it ends with the call's error, so that nobody takes what came
 * before for an answer, and its provider is left; at most characters it is cut, and ends well.
 */
class GuardedBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #guard: ChunkGuard<Op>;
  readonly #failed: StreamRules["failed"];
  readonly #onCut: () => void;
  #closing: StreamReply<Op>["closing"];
  #terminal: Terminal | undefined;

  constructor({ batches, closing }: StreamReply<Op>, { lanes, most, failed, onCut }: StreamRules) {
    this.#batches = batches;
    this.#closing = closing;
    this.#guard = new ChunkGuard(lanes, most);
    this.#failed = failed;
    this.#onCut = onCut;
  }

  async next(): Promise<Step<Op>> {
    if (this.#terminal !== undefined) return { done: true, value: this.#terminal };
    const step = await this.#batches.next();
    try {
      return step.done === true ? this.#over(step.value) : await this.#passed(step.value);
    } catch (thrown) {
      return this.#ended({ kind: "error", error: this.#failed(thrown) });
    }
  }

  return(terminal: Terminal): Promise<Step<Op>> {
    return this.#batches.return(terminal);
  }

  async #passed(items: readonly StreamItem<Op>[]): Promise<Step<Op>> {
    const out: StreamItem<Op>[] = [];
    for (const item of items) {
      const chunks: ReturnType<StreamItem<Op>["chunks"]>[number][] = [];
      const terminal = this.#pass(item, chunks);
      if (chunks.length > 0) out.push({ chunks: () => chunks });
      if (terminal !== undefined) {
        await this.#ended(terminal);
        break;
      }
    }
    return { done: false, value: out };
  }

  /** Adds the chunks that may pass, up to the one that ends the answer, if one does. */
  #pass(item: StreamItem<Op>, chunks: ReturnType<StreamItem<Op>["chunks"]>[number][]): Terminal | undefined {
    try {
      for (const chunk of item.chunks()) {
        chunks.push(...this.#guard.pass(chunk));
        if (this.#guard.full) return this.#cut();
      }
      return undefined;
    } catch (thrown) {
      return { kind: "error", error: this.#failed(thrown) };
    }
  }

  /** What is still held back goes out before the end, unless nobody is there to take it. */
  #over(terminal: Terminal): Step<Op> {
    this.#terminal = terminal;
    if (terminal.kind === "cancelled") return { done: true, value: terminal };
    const owed = terminal.kind === "finished" ? (this.#closing?.() ?? []) : [];
    const chunks = [...owed.flatMap((chunk) => this.#guard.pass(chunk)), ...this.#guard.flush()];
    if (this.#guard.full) this.#terminal = this.#cut();
    return chunks.length === 0 ? { done: true, value: this.#terminal } : { done: false, value: [{ chunks: () => chunks }] };
  }

  #cut(): Terminal {
    this.#onCut();
    return limited;
  }

  async #ended(terminal: Terminal): Promise<Step<Op>> {
    this.#terminal = terminal;
    await this.#batches.return(terminal);
    return { done: true, value: terminal };
  }
}

/** A stream that is read beside its way. */
class ReadBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #guard: ChunkGuard<Op>;
  readonly #failed: StreamRules["failed"];

  constructor(batches: Batches<Op>, { lanes, failed }: StreamRules) {
    this.#batches = batches;
    this.#guard = new ChunkGuard(lanes, Number.POSITIVE_INFINITY);
    this.#failed = failed;
  }

  async next(): Promise<Step<Op>> {
    const step = await this.#batches.next();
    try {
      if (step.done === true) this.#guard.flush();
      else for (const item of step.value) for (const chunk of item.chunks()) this.#guard.pass(chunk);
      return step;
    } catch (thrown) {
      const terminal: Terminal = { kind: "error", error: this.#failed(thrown) };
      await this.#batches.return(terminal);
      return { done: true, value: terminal };
    }
  }

  return(terminal: Terminal): Promise<Step<Op>> {
    return this.#batches.return(terminal);
  }
}
