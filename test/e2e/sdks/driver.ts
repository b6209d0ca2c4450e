import type { z } from "zod";

/** The wires that SDKs speak, and that upstreams do. */
export const wires = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] as const;
export type WireName = (typeof wires)[number];

/** Where an SDK is pointed. `origin`: scheme, host and port. */
export interface Place {
  readonly origin: string;
  readonly key: string;
}

export interface Medium {
  readonly type: "image/png" | "application/pdf";
  readonly base64: string;
}

/** One question. What is absent is left to the SDK's own defaults. */
export interface Wish {
  readonly model: string;
  readonly stream: boolean;
  readonly prompt: string;
  readonly system?: string | undefined;
  readonly medium?: Medium | undefined;
  readonly maxTokens?: number | undefined;
  /** An object of this kind is asked for, in the way that the SDK has for it. */
  readonly schema?: z.ZodType | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the SDK's user is given. */
export interface Said {
  readonly text: string;
  /** In how many pieces the text came; 1 for a whole answer. */
  readonly pieces: number;
  /** Why it ended, in the SDK's words. */
  readonly finish: string | undefined;
  /** All input and output tokens as the SDK states them; undefined where it states none. */
  readonly usage: Counts | undefined;
  /** Where a schema was given: what the SDK made of the answer. */
  readonly object?: unknown;
}

export interface Counts {
  readonly input: number;
  readonly output: number;
}

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
}

export interface MadeCall {
  readonly name: string;
  readonly args: unknown;
}

/** A conversation with tools: the prompt, calls and results until the model calls no more, then the next prompt. */
export interface Task {
  readonly model: string;
  readonly stream: boolean;
  readonly prompts: readonly string[];
  readonly tools: readonly ToolSpec[];
  /** The SDK's setting that has the model think, and what brings its signatures along, are used. */
  readonly thinking: boolean;
  /** Answers a call. */
  readonly run: (call: MadeCall) => string;
}

/** One answer of the model within a task. */
export interface Step {
  readonly text: string;
  readonly calls: readonly MadeCall[];
  readonly finish: string | undefined;
  readonly thought: boolean;
}

/** An error as the SDK's users tell it apart. */
export interface Fault {
  /** Name of the SDK's own class. */
  readonly kind: string;
  readonly status: number | undefined;
  readonly message: string;
  /** Seconds to wait, where the SDK lets its users read them. */
  readonly retryAfter?: string | undefined;
}

/** `stream`: inside a stream that began well. */
export type ErrorKind = "400" | "401" | "403" | "404" | "429" | "500" | "529" | "overflow" | "stream";

export type Finish = "stop" | "length" | "tools";

/** An SDK in its users' hands. Its own retries are off. What it throws is passed on. */
export interface Driver {
  readonly name: string;
  readonly wire: WireName;
  /** The SDK's words for why an answer ended. */
  readonly finishes: { readonly [finish in Finish]: string };
  /** In a conversation it names the answer before (`previous_response_id`) and sends only what is new. */
  readonly sendsOnlyNew?: boolean | undefined;
  /** The SDK's own classes. */
  readonly kinds: { readonly [kind in ErrorKind]: string };
  ask(place: Place, wish: Wish): Promise<Said>;
  /** Echoes what the SDK gives, and nothing more. */
  work(place: Place, task: Task): Promise<readonly Step[]>;
  /** Undefined: it is no error of the SDK's. */
  fault(thrown: unknown): Fault | undefined;
  /** Whether it is what the SDK throws when its user aborts. */
  isAbort(thrown: unknown): boolean;
}
