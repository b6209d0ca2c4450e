import type { JsonObject } from "../canonical/json.ts";
import type { Clock } from "../canonical/ports.ts";
import type { ConfigText } from "./load.ts";
import { ConfigError } from "./problems.ts";

/** Why a configuration was looked at. */
export type Occasion = "start" | "change" | "signal" | "request";

export interface ReloaderOptions {
  readonly clock: Pick<Clock, "after" | "wall">;
  /** What stands in the files now. Throws ConfigError where they cannot be read. */
  readonly read: () => ConfigText;
  /**
   * Checks a text and puts it in force. All or nothing: it throws (ConfigError, or an error whose message is for the operator)
   * where the text cannot be used, and the configuration before stays. Gives the keys in it that only a restart changes.
   */
  readonly apply: (text: ConfigText) => readonly string[] | Promise<readonly string[]>;
  /** What is in force when the watch begins. */
  readonly inForce: ConfigText;
  /** Why that is not what the file says: it is the last text that was good. */
  readonly instead?: readonly string[] | undefined;
  /** A digest of a text, as operators are shown it. */
  readonly digest: (text: string) => string;
  /** Told of each attempt, in one line. */
  readonly onAttempt: (line: string, taken: boolean) => void;
  /** How often the files are looked at. Default 250 ms: two looks that agree, and what is wrong is known within a second. */
  readonly lookMs?: number | undefined;
}

interface Attempt {
  readonly at: number;
  readonly by: Occasion;
  readonly problems: readonly string[];
}

/**
 * Watches the configuration by its content, and puts what is new and good in force. A text is taken once two looks have found it
 * the same, so that one which is half written is not; of one that is bad it is told once, and the one before stays.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #lookMs: number;
  #inForce: ConfigText;
  #since: number;
  /** What was tried last, whatever came of it. */
  #tried: string;
  /** What the last look found, where it was new. */
  #seen: string | undefined;
  #last: Attempt;
  #instead: readonly string[] | undefined;
  #needsRestart: readonly string[] = [];
  #stop: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#lookMs = options.lookMs ?? 250;
    this.#inForce = options.inForce;
    this.#since = options.clock.wall();
    this.#tried = options.instead === undefined ? identity(options.inForce) : "";
    this.#instead = options.instead;
    this.#last = { at: this.#since, by: "start", problems: options.instead ?? [] };
    // A file that was bad at the start is told of then; it is tried again when it changes.
    if (options.instead !== undefined) this.#tried = this.#look().key;
  }

  /** Begins to watch. */
  start(): void {
    const look = (): void => {
      const { key } = this.#look();
      if (key === this.#tried) this.#seen = undefined;
      else if (key === this.#seen) void this.reload("change");
      else this.#seen = key;
      this.#stop = this.#options.clock.after(this.#lookMs, look);
    };
    this.#stop = this.#options.clock.after(this.#lookMs, look);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Reads the files now and puts them in force if they are good. One after the other, however many ask. */
  reload(by: Occasion): Promise<void> {
    const done = this.#work.then(() => this.#attempt(by));
    this.#work = done;
    return done;
  }

  /** What is in force, since when, and what came of the last attempt. Holds no secret. */
  status(): JsonObject {
    const { file, text } = this.#inForce;
    const { at, by, problems } = this.#last;
    return {
      file: file ?? null,
      digest: this.#options.digest(text),
      in_force_since: new Date(this.#since).toISOString(),
      last_known_good: this.#instead !== undefined,
      last_attempt: { at: new Date(at).toISOString(), by, taken: problems.length === 0, problems },
      needs_restart: this.#needsRestart,
    };
  }

  async #attempt(by: Occasion): Promise<void> {
    const { clock, apply, onAttempt } = this.#options;
    const { key, text, fault } = this.#look();
    const unchanged = key === identity(this.#inForce) && this.#instead === undefined;
    this.#tried = key;
    this.#seen = undefined;
    let problems: readonly string[] = [];
    try {
      if (text === undefined) throw fault;
      if (!unchanged) {
        if (text.file !== undefined && text.text.trim() === "") {
          throw new ConfigError([{ file: text.file, message: "the file is empty" }]);
        }
        this.#needsRestart = await apply(text);
        this.#inForce = text;
        this.#instead = undefined;
        this.#since = clock.wall();
      }
    } catch (thrown) {
      problems = sentences(thrown);
    }
    this.#last = { at: clock.wall(), by, problems };
    const [first, ...more] = problems;
    const further = more.length === 0 ? "" : ` (and ${more.length} more)`;
    if (first !== undefined) {
      onAttempt(`The configuration was not taken, and the one before stays in force: ${first}${further}`, false);
    } else if (unchanged) onAttempt("The configuration is what is in force already.", true);
    else onAttempt(`The configuration was taken.${restart(this.#needsRestart)}`, true);
  }

  #look(): { readonly key: string; readonly text?: ConfigText | undefined; readonly fault?: unknown } {
    try {
      const text = this.#options.read();
      return { key: identity(text), text };
    } catch (fault) {
      return { key: `fault ${sentences(fault).join("\n")}`, fault };
    }
  }
}

const restart = (keys: readonly string[]): string => (keys.length === 0 ? "" : ` These want a restart: ${keys.join(", ")}.`);

const identity = ({ text, dotenv }: ConfigText): string => JSON.stringify([text, dotenv]);

function sentences(thrown: unknown): readonly string[] {
  if (thrown instanceof ConfigError) return thrown.message.split("\n");
  return [thrown instanceof Error ? thrown.message : String(thrown)];
}
