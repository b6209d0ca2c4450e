import { GatewayError } from "../canonical/error.ts";
import type { Batches, Reply } from "../canonical/reply.ts";
import { cancelled, type Terminal } from "../canonical/terminal.ts";
import { callError } from "./call-error.ts";
import type { GenerateStream } from "./gateway.ts";
import { generateResult } from "./generate-result.ts";
import type { LibraryCall } from "./library-call.ts";
import type { GenerateResult, StreamEvent } from "./result.ts";
import { StreamEvents } from "./stream-events.ts";

type Ended = { readonly result: GenerateResult } | { readonly error: unknown };

export interface StreamOptions {
  readonly call: LibraryCall;
  /** Begins the call. */
  readonly start: () => Promise<Reply<"chat">>;
  readonly wantsJson: boolean;
  /** The stream is over, however it ended. */
  readonly onEnd: () => void;
}

/**
 * A stream read by two at most: who iterates, at their own pace, and who wants the whole. As soon as the whole is asked for, it
 * is read to its end without waiting for the other, whose events are kept.
 */
export class LiveStream implements GenerateStream {
  readonly callId: string;
  readonly #options: StreamOptions;
  readonly #events = new StreamEvents();
  readonly #batches: Promise<Batches<"chat">>;
  #queue: StreamEvent[] = [];
  #taken = 0;
  #reading: Promise<void> | undefined;
  #ended: Ended | undefined;
  /** The failure is thrown once, as with any iterator. */
  #told = false;
  #result: Promise<GenerateResult> | undefined;
  #text: Promise<string> | undefined;

  constructor(options: StreamOptions) {
    this.callId = options.call.id;
    this.#options = options;
    this.#batches = begun(options.start);
    // Its failure is told to who reads.
    this.#batches.catch((error: unknown) => this.#end({ error }));
    options.call.signal.addEventListener("abort", () => void this.cancel(), { once: true });
  }

  get result(): Promise<GenerateResult> {
    this.#result ??= quiet(this.#whole());
    return this.#result;
  }

  get text(): Promise<string> {
    this.#text ??= quiet(this.result.then(({ text }) => text));
    return this.#text;
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamEvent, undefined, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.cancel();
        this.#told = true;
        return { done: true, value: undefined };
      },
    };
  }

  async cancel(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#end({ error: new GatewayError("cancelled", "The call was aborted.") });
    this.#queue = [];
    this.#taken = 0;
    this.#options.call.abort(new DOMException("The stream was left before its end.", "AbortError"));
    const batches = await this.#batches.catch(() => undefined);
    await batches?.return(cancelled);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  async #next(): Promise<IteratorResult<StreamEvent, undefined>> {
    for (;;) {
      const event = this.#queue[this.#taken];
      if (event !== undefined) {
        this.#taken++;
        if (this.#taken === this.#queue.length) {
          this.#queue = [];
          this.#taken = 0;
        }
        return { done: false, value: event };
      }
      if (this.#ended !== undefined) {
        if (this.#told || "result" in this.#ended) return { done: true, value: undefined };
        this.#told = true;
        throw callError(this.#ended.error, this.#options.call);
      }
      await this.#read();
    }
  }

  async #whole(): Promise<GenerateResult> {
    while (this.#ended === undefined) await this.#read();
    if ("result" in this.#ended) return this.#ended.result;
    throw callError(this.#ended.error, this.#options.call);
  }

  /** Reads one batch, for whoever asks meanwhile. Never rejects. */
  #read(): Promise<void> {
    this.#reading ??= this.#step()
      .catch((error: unknown) => this.#end({ error }))
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  async #step(): Promise<void> {
    const step = await (await this.#batches).next();
    if (this.#ended !== undefined) return;
    if (step.done === true) this.#conclude(step.value);
    else for (const item of step.value) for (const chunk of item.chunks()) this.#queue.push(...this.#events.push(chunk));
  }

  #conclude(terminal: Terminal): void {
    switch (terminal.kind) {
      case "finished":
      case "limited":
        this.#finish();
        break;
      case "truncated":
      case "error":
        this.#end({ error: terminal.error });
        break;
      case "cancelled":
        this.#end({ error: new GatewayError("cancelled", "The call was aborted.") });
        break;
    }
  }

  #finish(): void {
    const { call, wantsJson } = this.#options;
    const answer = this.#events.result();
    const result = generateResult(answer, call.facts(answer.model, answer.usage), wantsJson);
    this.#queue.push({ type: "finish", result });
    this.#end({ result });
  }

  #end(ended: Ended): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    this.#options.onEnd();
  }
}

async function begun(start: () => Promise<Reply<"chat">>): Promise<Batches<"chat">> {
  const reply = await start();
  if (reply.stream) return reply.batches;
  throw new GatewayError("internal", "The gateway gave a whole answer to a call that asked for a stream.");
}

/** Whoever does not look at it is not told that it failed. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
