import type { FinishReason, Message } from "../../canonical/chat.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { ModelListing } from "../../canonical/models.ts";

/** One thing to be answered. */
export interface Question {
  /** `provider/model`, or any name that the gateway takes. */
  readonly model: string;
  readonly messages: readonly Message[];
  /** What the answer, one JSON document, is to follow. */
  readonly schema?: JsonObject | undefined;
  /** Refuse what cannot be sent as it was asked, and answers that break the schema. */
  readonly strict: boolean;
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly stream: boolean;
}

/** A piece of an answer as it comes in. */
export interface Piece {
  readonly kind: "text" | "thought";
  readonly text: string;
}

/** All there is to say about an answer. */
export interface Answer {
  readonly text: string;
  /** To be put into the conversation for its next turn. */
  readonly message: Message;
  readonly finish: FinishReason;
  readonly callId?: string | undefined;
  readonly provider?: string | undefined;
  /** The one that served. */
  readonly model?: string | undefined;
  readonly attempts?: number | undefined;
  /** Tokens, cached and thought ones included; absent where the provider told none. */
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** Dollars, as a decimal number; absent where it is not known. */
  readonly costUsd?: string | undefined;
  /** What did not go as it was asked, in words. */
  readonly warnings: readonly string[];
  readonly ms: number;
}

/** Why there is no answer, or no whole one. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly callId: string | undefined;
  /** What came before it broke off. */
  readonly text: string;
  /** The one who asked has called it off. */
  readonly cancelled: boolean;
  readonly warnings: readonly string[];

  constructor(
    message: string,
    details: {
      readonly callId?: string | undefined;
      readonly text?: string | undefined;
      readonly cancelled?: boolean | undefined;
      readonly warnings?: readonly string[] | undefined;
    } = {},
  ) {
    super(message);
    this.callId = details.callId;
    this.text = details.text ?? "";
    this.cancelled = details.cancelled ?? false;
    this.warnings = details.warnings ?? [];
  }
}

/** Who answers: a gateway in this process, or one that runs elsewhere. */
export interface Backend {
  /** In words, e.g. `http://127.0.0.1:4000`. */
  readonly where: string;
  /** Whether its calls are in the ledger of this configuration. */
  readonly own: boolean;
  /** `onPiece` is told of each piece while the answer is streamed. Rejects with NoAnswer. */
  ask(question: Question, signal: AbortSignal, onPiece: (piece: Piece) => void): Promise<Answer>;
  /** Rejects with NoAnswer. */
  listModels(): Promise<ModelListing>;
  close(): Promise<void>;
}
