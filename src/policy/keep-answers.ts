import type { Call } from "../canonical/call.ts";
import type { ChatResult } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Operation, Operations } from "../canonical/operations.ts";
import type { Clock, Pins } from "../canonical/ports.ts";
import type { Reply, Step } from "../canonical/reply.ts";
import type { Warning } from "../canonical/warnings.ts";
import { itemsOf } from "../conversations/answer-items.ts";
import type { AnswerStore } from "../conversations/answer-store.ts";
import { type Keeper, KeptBatches } from "./kept-batches.ts";
import { forgotten, leansOnProvider, type References, type Resolved, resolved } from "./references.ts";

export interface KeepAnswersOptions {
  readonly store: AnswerStore;
  readonly references: References;
  /** Which answers are kept by their providers. */
  readonly pins: Pick<Pins, "find">;
  readonly clock: Pick<Clock, "wall">;
}

/**
 * Callers of Responses name what was said before by its id, and believe it kept. Where the provider kept it, that is so; an
 * answer that came over another wire is kept here, unless its caller said not to: under ids of our own, for its owner alone.
 * Requests that name such an answer, or items of it, get them in their place and go to any model; so nobody behind this step
 * meets an id of ours. Replies that are relayed, and calls of other wires, pass untouched.
 */
export const keepAnswers =
  (options: KeepAnswersOptions): Step =>
  (next) =>
  async (call) => {
    const { store, references } = options;
    if (call.callerWire !== references.wire) return next(call);
    const about = asked(call, options);
    if (about !== undefined) return about;
    const { call: whole, onFrom } = resolved(call, store.of(call.caller.keyId), references);
    const reply = await next(whole);
    if (call.operation !== "chat" || (reply.stream ? reply.relayed : reply.raw !== undefined)) return reply;
    const keeper = keeperOf(whole, onFrom, options);
    return keeper === undefined ? reply : kept(reply, keeper);
  };

/** What can be asked about an answer that is kept here. Throws GatewayError `not_found` for one of ours that is forgotten. */
const about: {
  readonly [Op in Operation]?: (
    request: Operations[Op]["request"],
    owner: string,
    options: KeepAnswersOptions,
  ) => Operations[Op]["result"] | undefined;
} = {
  stored: ({ verb, id }, owner, { store, references }) => {
    const answer = store.of(owner)?.answer(id);
    if (answer === undefined) {
      if (references.isMade(id)) throw forgotten(`Response with id '${id}' not found.`, "response_id", 404);
      return undefined;
    }
    const { said, result } = answer;
    switch (verb) {
      case "get":
        return { body: references.show(said, { id, createdAt: result.createdAt ?? 0, model: result.model ?? "" }, result) };
      case "delete":
        store.forget(owner, id);
        return { body: references.forgotten(id) };
      case "cancel":
        throw new GatewayError("invalid_request", `The answer \`${id}\` is whole: there is nothing left to cancel.`);
      case "list-input":
        throw new GatewayError("unsupported", `The answer \`${id}\` is kept by the gateway, which does not list its input.`);
    }
  },
};

function asked<Op extends Operation>(call: Call<Op>, options: KeepAnswersOptions): Reply<Op> | undefined {
  const answered = about[call.operation];
  const result = answered?.(call.request, call.caller.keyId, options);
  return result && { stream: false, result };
}

/** Holds the question, if its answer is to be kept; undefined if not. */
function keeperOf(
  call: Call,
  onFrom: Resolved<Operation>["onFrom"],
  { store, references, pins, clock }: KeepAnswersOptions,
): Keeper | undefined {
  const request = call.completed ?? call.request;
  if (!("messages" in request) || request.store === false || leansOnProvider(request, references)) return undefined;
  const { warnings } = call;
  const owner = call.caller.keyId;
  const id = references.responseId(call.id);
  const messages = onFrom?.messages ?? request.messages.filter((message) => !references.isInstructions(message));
  const createdAt = Math.floor(clock.wall() / 1000);
  const model = call.record.model ?? call.model;
  const refuse = (): void => {
    store.forget(owner, id);
    warnings.add(tooLarge);
  };
  if (!store.ask(owner, { id, previous: onFrom?.previous, messages, ...references.told(call.source?.json ?? {}) })) {
    refuse();
    return undefined;
  }
  return {
    name: references.naming(call.id),
    // Looked up only where it may be so: what is not in the table's memory is read from disk.
    isElsewhere: (told) => references.isProviders(told) && typeof pins.find(owner, told) === "object",
    head: (told) => ({ ...told, id, createdAt: told.createdAt ?? createdAt, model: told.model ?? model }),
    keep: (parts, head, finish) => {
      if (!store.answer(owner, id, { items: itemsOf(parts), head, finish })) refuse();
    },
    drop: () => {
      store.forget(owner, id);
    },
    refuse,
  };
}

const tooLarge: Warning = {
  kind: "dropped",
  code: "answer_not_kept",
  detail: "the conversation is too large to be kept: send all of it with the next request.",
};

function kept<Op extends Operation>(reply: Reply<Op>, keeper: Keeper): Reply<Op> {
  if (reply.stream) return { ...reply, batches: new KeptBatches(reply.batches, keeper) };
  const { result } = reply;
  return "choices" in result ? { stream: false, result: keptResult(result, keeper) } : reply;
}

/** A caller of Responses is shown the first choice alone. */
function keptResult<R extends ChatResult>(result: R, keeper: Keeper): R {
  const { choices, ...told } = result;
  if (told.id !== undefined && keeper.isElsewhere(told.id)) {
    keeper.drop();
    return result;
  }
  const head = keeper.head(told);
  const named = choices.map((choice) => (choice.index === 0 ? { ...choice, content: choice.content.map(keeper.name) } : choice));
  const answer = named.find(({ index }) => index === 0);
  if (answer === undefined) keeper.drop();
  else keeper.keep(answer.content, result.usage === undefined ? head : { ...head, usage: result.usage }, answer.finish);
  return { ...result, ...head, choices: named };
}
