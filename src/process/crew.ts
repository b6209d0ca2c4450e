import type { JsonObject } from "../canonical/json.ts";
import type { Clock } from "../canonical/ports.ts";
import type { ConfigText } from "../config/load.ts";
import type { Member } from "./crew-member.ts";
import type { ToWorker, WorkerReply } from "./messages.ts";

/** How often workers are asked for a sign of life, and how many times in vain before one is taken for hung. Milliseconds. */
const beatMs = 1000;
const mostSilentBeats = 10;
/** So long an operator waits for workers that may say nothing. */
const answerMs = 1500;
/** So long a worker has to follow a new configuration, and a starting one to serve. */
const followMs = 5000;
export const startMs = 60_000;
/** What workers have beyond the drain's deadline to say how it went, and then to end. */
const graceMs = 4000;
const endMs = 1500;

export interface CrewOptions {
  readonly clock: Pick<Clock, "after">;
  /** The configuration in force when it begins. */
  readonly text: ConfigText;
  /** A worker is to be ended, and why: a line for the log. */
  readonly onKill: (member: Member, reason: string) => void;
  /** What `view` gives is another now. */
  readonly onChange: () => void;
}

/**
 * The workers that there are, and what they are to agree on. No worker holds anything up: each has so long to answer, and one
 * that does not follow is killed, for its place to be taken by one that does.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #starting = new Map<Member, () => void>();
  readonly #serving = new Set<Member>();
  /** The text that a worker was told last and has not agreed to. */
  readonly #behind = new Map<Member, ConfigText>();
  #refused: readonly Member[] = [];
  #text: ConfigText;
  #stopBeats = (): void => {};

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#text = options.text;
  }

  /** What a worker is to begin with. */
  get text(): ConfigText {
    return this.#text;
  }

  get size(): number {
    return this.#serving.size;
  }

  /** For operators: how many serve, which do not follow yet, and which refused what was tried last. Process ids. */
  view(): JsonObject {
    const silent = [...this.#behind.keys()].filter((member) => this.#serving.has(member));
    return { serving: this.#serving.size, silent: pids(silent), refused: pids(this.#refused) };
  }

  /** It has been told to begin with `text`, just now. */
  add(member: Member): void {
    const giveUp = this.#options.clock.after(startMs, () => {
      if (this.#starting.has(member)) this.#kill(member, `it did not serve within ${startMs / 1000} s`);
    });
    this.#starting.set(member, giveUp);
  }

  /** It serves from now on. */
  serves(member: Member): void {
    if (this.#started(member)) this.#serving.add(member);
    this.#options.onChange();
  }

  /** It has ended. True where it had served. */
  remove(member: Member): boolean {
    this.#started(member);
    this.#behind.delete(member);
    const served = this.#serving.delete(member);
    this.#options.onChange();
    return served;
  }

  #started(member: Member): boolean {
    this.#starting.get(member)?.();
    return this.#starting.delete(member);
  }

  /** Begins to look after those that live and do not answer. */
  watch(): void {
    const look = (): void => {
      // Beats are counted, not time: after a pause of the whole machine everybody has one more.
      for (const member of this.#serving) {
        if (member.silentBeats < mostSilentBeats) member.beat();
        else this.#kill(member, `it gave no sign of life for ${(mostSilentBeats * beatMs) / 1000} s`);
      }
      this.#stopBeats = this.#options.clock.after(beatMs, look);
    };
    this.#stopBeats = this.#options.clock.after(beatMs, look);
  }

  /** Gives how many could not be told. */
  tell(message: ToWorker, bytes = 0, but?: Member): number {
    let untold = 0;
    for (const member of this.#serving) if (member !== but && !member.tell(message, bytes)) untold++;
    return untold;
  }

  /** Asks all, or the first `most`. Undefined for each that did not answer in time. */
  askAll(
    question: (id: number) => ToWorker,
    ms = answerMs,
    most = Number.POSITIVE_INFINITY,
  ): Promise<readonly (WorkerReply | undefined)[]> {
    const asked = [...this.#serving].slice(0, most);
    return Promise.all(asked.map((member) => member.ask(question, ms).catch(() => undefined)));
  }

  /**
   * Has all of them follow `text`. Rejects where one refuses: then the text before is in force again. Does not wait long for those
   * that say nothing; they are in the view until they agree, and are killed where they do not.
   */
  async apply(text: ConfigText): Promise<void> {
    const before = this.#text;
    this.#text = text;
    this.#refused = [];
    for (const member of this.#starting.keys()) void this.#follow(member, text, startMs);
    const outcomes = await this.#all(text);
    const refusals = outcomes.filter(({ problem }) => problem !== undefined);
    if (refusals.length === 0) return;
    this.#text = before;
    this.#refused = refusals.map(({ member }) => member);
    for (const member of this.#starting.keys()) void this.#follow(member, before, startMs);
    await this.#all(before);
    throw new Error(refusals.map(({ member, problem }) => `worker ${member.pid} did not take it: ${problem}`).join("; "));
  }

  /** Resolves when each has said yes or no, or its time for that is up. */
  #all(text: ConfigText) {
    return Promise.all(
      [...this.#serving].map(async (member) => {
        const problem = await Promise.race([this.#follow(member, text, followMs), this.#after(answerMs)]);
        return { member, problem };
      }),
    );
  }

  /** Gives why it does not. */
  async #follow(member: Member, text: ConfigText, ms: number): Promise<string | undefined> {
    const serving = this.#serving.has(member);
    this.#behind.set(member, text);
    const problem = await member
      .ask((id) => ({ kind: "apply", id, text }), ms)
      .then(
        (reply) => (reply.of === "apply" ? reply.problem : "it answered something else"),
        () => null,
      );
    // Meanwhile it was told of another one.
    if (this.#behind.get(member) !== text) return problem ?? undefined;
    if (problem === undefined) {
      this.#behind.delete(member);
      this.#options.onChange();
      return undefined;
    }
    // Whether a refusal counts, the others' answers decide first.
    void this.#after(problem === null || !serving ? 0 : 2 * answerMs).then(() => {
      if (this.#behind.get(member) === text)
        this.#kill(member, `it does not follow the configuration: ${problem ?? "no answer"}`);
    });
    return problem ?? undefined;
  }

  /**
   * Has all of them finish their calls; ends when all are gone, whatever they do, a few seconds after `drainMs` at most. Gives how
   * many calls were cut: those of a worker that had to be killed are as many as it last said, one at least.
   */
  async drain(drainMs: number, windowMs: number): Promise<number> {
    for (const member of this.#starting.keys()) member.kill();
    const cuts = await Promise.all(
      [...this.#serving].map(async (member) => {
        const reply = await member
          .ask((id) => ({ kind: "drain", id, drainMs, windowMs }), drainMs + graceMs)
          .catch((thrown: unknown) => {
            this.#kill(member, `it did not drain: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
          });
        await Promise.race([member.ended, this.#after(endMs)]);
        member.kill();
        await Promise.race([member.ended, this.#after(endMs)]);
        return reply?.of === "drain" ? reply.cut : Math.max(1, member.calls);
      }),
    );
    this.#stopBeats();
    return cuts.reduce((sum, cut) => sum + cut, 0);
  }

  killAll(): void {
    for (const member of [...this.#starting.keys(), ...this.#serving]) member.kill();
  }

  #kill(member: Member, reason: string): void {
    this.#options.onKill(member, reason);
    member.kill();
  }

  #after(ms: number): Promise<undefined> {
    return new Promise((resolve) => void this.#options.clock.after(ms, () => resolve(undefined)));
  }
}

const pids = (members: readonly Member[]): readonly number[] => members.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
