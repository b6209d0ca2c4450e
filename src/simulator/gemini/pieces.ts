import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Answer, Ask, MadeCall } from "../brain/ask.ts";
import { tokens } from "../brain/tokens.ts";
import type { Meta } from "../face.ts";
import { codeParts, type Extras, mediaParts } from "./extras.ts";
import { tokensPerMadeMedium } from "./media.ts";
import { sign } from "./signatures.ts";

/** What goes out at once of an answer when it is streamed. */
export interface Piece {
  readonly parts: readonly JsonObject[];
  readonly thoughtTokens: number;
  readonly tokens: number;
  /** Its text, where it is of the answer. */
  readonly text: string | undefined;
}

const piece = (parts: readonly JsonObject[], count: number, text?: string): Piece => ({
  parts,
  thoughtTokens: 0,
  tokens: count,
  text,
});

/**
 * An answer cut as it is streamed: thoughts, the service's own tools, text, media, calls. The last piece holds no content but,
 * where the model thought and called nothing, the signature, as Gemini 3 sends it.
 */
export function piecesOf(ask: Ask, answer: Answer, choice: number, extras: Extras, meta: Meta): readonly Piece[] {
  const pieces: Piece[] = answer.thinking.map((text) => ({
    parts: [{ text, thought: true }],
    thoughtTokens: 1,
    tokens: 0,
    text: undefined,
  }));
  if (answer.thinking.length === 0 && answer.thinkingTokens > 0)
    pieces.push({ parts: [], thoughtTokens: answer.thinkingTokens, tokens: 0, text: undefined });
  if (answer.finish !== "refusal" && answer.finish !== "filter") {
    if (extras.code) for (const part of codeParts) pieces.push(piece([part], 0));
  }
  if (!extras.withoutText) for (const text of answer.text) pieces.push(piece([{ text }], 1, text));
  if (answer.finish === "stop" || answer.finish === "length")
    for (const part of mediaParts(extras)) pieces.push(piece([part], tokensPerMadeMedium));
  const nonce = `${meta.id}.${choice}`.replaceAll(".", "-");
  const signed = meta.behaviour.unsigned !== true;
  const calls = callPieces(answer.calls, meta, signed ? nonce : undefined);
  pieces.push(...calls);
  const ending = signed && ask.thinking !== "no" && calls.length === 0 && answer.finish !== "filter";
  pieces.push(piece([{ text: "", ...(ending && { thoughtSignature: sign(meta.signer, nonce, "") }) }], 0));
  return pieces;
}

function callPieces(calls: readonly MadeCall[], meta: Meta, nonce: string | undefined): readonly Piece[] {
  const made: Piece[] = [];
  const { sameName, noCallIds } = meta.behaviour;
  for (const call of calls) {
    // The service shows no call whose arguments were cut off.
    const args = parsed(call.arguments);
    if (!args) continue;
    const functionCall = { ...(noCallIds !== true && { id: call.id }), name: call.name, args };
    const signature = nonce !== undefined && made.length === 0 ? { thoughtSignature: sign(meta.signer, nonce, call.name) } : {};
    made.push(piece([{ functionCall, ...signature }], tokens(call.arguments).length));
  }
  if (sameName !== undefined || made.length < 2) return made;
  return [
    piece(
      made.flatMap((one) => one.parts),
      made.reduce((sum, one) => sum + one.tokens, 0),
    ),
  ];
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The parts of a whole answer: texts that stand side by side become one. */
export function joined(pieces: readonly Piece[]): readonly JsonObject[] {
  const parts: JsonObject[] = [];
  for (const part of pieces.flatMap((one) => one.parts)) {
    const last = parts.at(-1);
    if (typeof part["text"] !== "string") parts.push(part);
    else if (typeof last?.["text"] === "string" && last["thought"] === part["thought"])
      parts[parts.length - 1] = { ...last, ...part, text: last["text"] + part["text"] };
    else if (part["text"] !== "" || part["thoughtSignature"] !== undefined) parts.push(part);
  }
  return parts;
}
