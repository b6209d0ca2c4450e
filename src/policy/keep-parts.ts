import { type Call, withCompleted } from "../canonical/call.ts";
import { respelled } from "../canonical/ids.ts";
import type { Json } from "../canonical/json.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Batches, Reply, Step, StreamItem } from "../canonical/reply.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Warning } from "../canonical/warnings.ts";
import { PartsListener } from "../conversations/parts-listener.ts";
import { putBack } from "../conversations/put-back.ts";
import { type Turn, turnOf } from "../conversations/turn.ts";
import type { TurnStore, Turns } from "../conversations/turn-store.ts";

/** Characters of one answer that are gathered at most. */
const longestTurn = 4 * 1024 * 1024;

/**
 * Signed reasoning, thought signatures and other parts that only their maker can read must come back with the results of the
 * tool calls they came with, and many callers cannot echo them. This step remembers them under the ids of the calls, for their
 * own owner only, and puts them back into requests that lack them. Who has nothing to be put back is relayed as ever.
 */
export const keepParts =
  (store: TurnStore): Step =>
  (next) =>
  async (call) => {
    if (call.operation !== "chat" && call.operation !== "count-tokens") return next(call);
    const owner = call.caller.keyId;
    const turns = store.of(owner);
    const completed = turns === undefined ? call : complete(call, turns);
    const { warnings } = call;
    // Nothing that lives as long as the reply may hold the call: a stream may last for an hour, and the request can be large.
    return listened(await next(completed), hasTools(call), (turn) => {
      if (!store.remember(owner, turn)) warnings.add(tooLarge);
    });
  };

const tooLarge: Warning = {
  kind: "dropped",
  code: "parts_not_kept",
  detail: "the answer's signed reasoning is too large to be kept for the next request.",
};

/** Whether tools are offered. Every wire calls them `tools`; a request that was translated is decoded already. */
const hasTools = (call: Call): boolean =>
  call.source === undefined ? "tools" in call.request && call.request.tools !== undefined : call.source.members.has("tools");

function complete<Op extends Operation>(call: Call<Op>, turns: Turns): Call<Op> {
  if (call.source !== undefined && !mentions(call.source.json, turns)) return call;
  const request = call.completed ?? call.request;
  if (!("messages" in request)) return call;
  const messages = putBack(request.messages, turns, (warning) => call.warnings.add(warning));
  return messages === undefined ? call : withCompleted(call, { ...request, messages });
}

/** Longer strings are no ids. */
const longestId = 512;

/** Whether an id that leads to a turn stands anywhere in the body: cheaper than decoding it. */
function mentions(body: Json, turns: Turns): boolean {
  const pending: (Json | undefined)[] = [body];
  for (let value = pending.pop(); pending.length > 0 || value !== undefined; value = pending.pop()) {
    if (typeof value === "string") {
      if (value.length <= longestId && (turns.has(value) || value.startsWith(respelled))) return true;
    } else if (typeof value === "object" && value !== null) {
      for (const member of Object.values(value))
        if (typeof member === "string" || typeof member === "object") pending.push(member);
    }
  }
  return false;
}

function listened<Op extends Operation>(reply: Reply<Op>, tools: boolean, remember: (turn: Turn) => void): Reply<Op> {
  if (!tools) return reply;
  if (reply.stream) {
    const { relayed, losable, batches } = reply;
    if (relayed && losable === undefined) return reply;
    return { ...reply, batches: new ListenedBatches(batches, losable ?? always, remember) };
  }
  if (reply.raw !== undefined && reply.losable !== true) return reply;
  const { result } = reply;
  for (const { content } of "choices" in result ? result.choices : []) {
    const turn = turnOf(content);
    if (turn !== undefined) remember(turn);
  }
  return reply;
}

const always = (): boolean => true;

/** A stream whose turns are remembered before the caller has their last bytes. A relayed one is read only from where it has to be. */
class ListenedBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #losable: () => boolean;
  readonly #remember: (turn: Turn) => void;
  #listener: PartsListener<Turn> | undefined;

  constructor(batches: Batches<Op>, losable: () => boolean, remember: (turn: Turn) => void) {
    this.#batches = batches;
    this.#losable = losable;
    this.#remember = remember;
  }

  next(): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    return this.#batches.next().then(this.#heard);
  }

  return(terminal: Terminal): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    return this.#batches.return(terminal);
  }

  readonly #heard = (
    step: IteratorResult<readonly StreamItem<Op>[], Terminal>,
  ): IteratorResult<readonly StreamItem<Op>[], Terminal> => {
    if (this.#listener === undefined) {
      if (!this.#losable()) return step;
      this.#listener = new PartsListener({ most: longestTurn, make: turnOf });
    }
    const listener = this.#listener;
    if (listener.overflown) return step;
    if (step.done === true) {
      if (step.value.kind === "finished") for (const turn of listener.end()) this.#remember(turn);
      return step;
    }
    for (const item of step.value) {
      for (const chunk of item.chunks()) {
        const turn = listener.hear(chunk);
        if (turn !== undefined) this.#remember(turn);
      }
    }
    return step;
  };
}
