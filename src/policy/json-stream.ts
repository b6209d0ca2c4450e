import type { Operation } from "../canonical/operations.ts";
import type { Batches, Reply, StreamItem } from "../canonical/reply.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Warning, Warnings } from "../canonical/warnings.ts";
import { beginsAsJson } from "./fences.ts";
import { JsonBatches, type Judge, textOf } from "./json-batches.ts";

type StreamReply<Op extends Operation> = Extract<Reply<Op>, { stream: true }>;
type Step<Op extends Operation> = IteratorResult<readonly StreamItem<Op>[], Terminal>;

/**
 * A stream of an answer that is to be JSON. Where it is translated, markdown fences are taken off on its way. A relayed one is
 * looked at in its first batch, which holds the first content: where its text begins as JSON it goes on as it came, unread;
 * where it begins otherwise it is translated. Where reasoning comes first, nothing is held back for the text's sake: the
 * stream is relayed, and a fence that opens its text is reported, not taken off.
 */
export async function jsonStream<Op extends Operation>(
  reply: StreamReply<Op>,
  judge: Judge,
  warnings: Warnings,
): Promise<StreamReply<Op>> {
  if (!reply.relayed) return { ...reply, batches: new JsonBatches(reply.batches, judge, warnings) };
  const first = await reply.batches.next();
  const resumed = new Resumed(reply.batches, first);
  if (first.done === true) return { ...reply, batches: resumed };
  const text = firstText(first.value);
  if (text === undefined) return { ...reply, batches: new WatchedBatches(resumed, warnings) };
  if (beginsAsJson(text)) return { ...reply, batches: resumed };
  return { stream: true, relayed: false, batches: new JsonBatches(resumed, judge, warnings, reply.closing) };
}

/** The first text of any choice that is not white space. */
function firstText<Op extends Operation>(items: readonly StreamItem<Op>[]): string | undefined {
  for (const item of items) {
    for (const chunk of item.chunks()) {
      const text = textOf(chunk);
      if (text !== undefined && text.trim() !== "") return text;
    }
  }
  return undefined;
}

/** Batches of which the first has been read. */
class Resumed<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  #first: Step<Op> | undefined;

  constructor(batches: Batches<Op>, first: Step<Op>) {
    this.#batches = batches;
    this.#first = first;
  }

  next(): Promise<Step<Op>> {
    if (this.#first === undefined) return this.#batches.next();
    const first = this.#first;
    this.#first = undefined;
    return Promise.resolve(first);
  }

  return(terminal: Terminal): Promise<Step<Op>> {
    return this.#batches.return(terminal);
  }
}

/** A relayed stream, read until its text begins. */
class WatchedBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #warnings: Warnings;
  #begun = false;

  constructor(batches: Batches<Op>, warnings: Warnings) {
    this.#batches = batches;
    this.#warnings = warnings;
  }

  async next(): Promise<Step<Op>> {
    const step = await this.#batches.next();
    if (this.#begun || step.done === true) return step;
    const text = firstText(step.value);
    if (text === undefined) return step;
    this.#begun = true;
    if (!beginsAsJson(text)) this.#warnings.add(kept);
    return step;
  }

  return(terminal: Terminal): Promise<Step<Op>> {
    return this.#batches.return(terminal);
  }
}

const kept: Warning = {
  kind: "ignored",
  code: "not_json",
  detail: "the answer does not begin as JSON; its stream had begun and was passed on as it came.",
};
