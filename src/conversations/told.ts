import type { AnswerTold } from "./answer-store.ts";
import type { PinTold } from "./pin-store.ts";
import type { TurnTold } from "./turn-store.ts";

/**
 * What one process of a gateway has come to remember, for the others to remember, too, so that a conversation may go on at any of
 * them. Plain data.
 */
export type Told = TurnTold | AnswerTold | PinTold;

/** Passes it on to the other processes. Does not wait, and does not throw. */
export type Tell = (told: Told) => void;
