import type { Message } from "../canonical/chat.ts";
import type { Part, ReasoningPart, TextPart, ToolCallPart } from "../canonical/parts.ts";
import type { Warning } from "../canonical/warnings.ts";
import { CallComparison, callsOf, isSigned, isUnechoed, type Turn } from "./turn.ts";
import type { Turns } from "./turn-store.ts";

/**
 * The messages with what their caller could not echo back in its place: before, between and on the tool calls as their provider
 * gave it. Undefined where nothing is missing. Assistant messages in a row are one turn, and become one message.
 */
export function putBack(
  messages: readonly Message[],
  turns: Turns,
  warn: (warning: Warning) => void,
): readonly Message[] | undefined {
  const out: Message[] = [];
  const compare = new CallComparison();
  let changed = false;
  for (let from = 0; from < messages.length; ) {
    let to = from;
    while (messages[to]?.role === "assistant") to++;
    const run = messages.slice(from, Math.max(to, from + 1));
    const content =
      to > from
        ? completed(
            run.flatMap((message) => message.content),
            turns,
            compare,
            `messages[${from}]`,
            warn,
          )
        : undefined;
    const last = run.at(-1);
    if (content === undefined || last === undefined) out.push(...run);
    else {
      changed = true;
      out.push({ ...last, ...(run.length > 1 && { as: undefined }), content });
      warn({ kind: "repaired", code: "parts_put_back", at: `messages[${from}]`, detail: "what the caller's wire cannot echo" });
    }
    from += run.length;
  }
  return changed ? out : undefined;
}

function completed(
  own: readonly Part[],
  turns: Turns,
  compare: CallComparison,
  at: string,
  warn: (warning: Warning) => void,
): readonly Part[] | undefined {
  const calls = callsOf(own);
  const turn = turnAmong(calls, turns, compare, at, warn);
  if (turn === undefined) return undefined;
  const pieces = piecesFor(turn, calls, compare);
  if (pieces.every((piece) => isHeld(piece, own))) return undefined;
  // Who sends marks of its own knows better than we do.
  if (own.some((part) => isForeign(part, pieces))) return undefined;
  return arranged(own, calls, pieces, compare);
}

/**
 * The turn that the calls were made in: that of the first call which leads to one alone. Where all lead to several none is taken:
 * they may be of different conversations.
 */
function turnAmong(
  calls: readonly ToolCallPart[],
  turns: Turns,
  compare: CallComparison,
  at: string,
  warn: (warning: Warning) => void,
): Turn | undefined {
  let ambiguous: ToolCallPart | undefined;
  for (const call of calls) {
    if (!turns.has(call.id)) continue;
    const found = turns.find(call.id).filter(({ parts }) => callsOf(parts).some((kept) => compare.same(kept, call)));
    if (found.length === 1) return found[0];
    if (found.length > 1) ambiguous ??= call;
  }
  if (ambiguous === undefined) return undefined;
  const detail = `several answers called ${ambiguous.name} under the same id; which of them this was cannot be told`;
  warn({ kind: "dropped", code: "parts_ambiguous", at, detail });
  return undefined;
}

/** The turn's parts, as far as they belong to calls that are there: each part goes with the call after it, the rest with the last. */
function piecesFor({ parts }: Turn, calls: readonly ToolCallPart[], compare: CallComparison): readonly Part[] {
  const pieces: Part[] = [];
  let pending: Part[] = [];
  let there = false;
  for (const part of parts) {
    pending.push(part);
    if (part.type !== "tool-call") continue;
    there = calls.some((call) => compare.same(call, part));
    if (there) pieces.push(...pending);
    pending = [];
  }
  return there ? [...pieces, ...pending] : pieces;
}

/** Whether the caller has sent a remembered part itself, as far as it matters. */
function isHeld(piece: Part, own: readonly Part[]): boolean {
  if (!isUnechoed(piece)) return true;
  switch (piece.type) {
    case "tool-call":
      return own.some((part) => part.type === "tool-call" && part.id === piece.id && part.seal?.value === piece.seal?.value);
    case "reasoning":
      return own.some((part) => part.type === "reasoning" && isSame(part, piece) && part.seal?.value === piece.seal?.value);
    case "opaque":
      return own.some((part) => part.type === "opaque" && JSON.stringify(part.value) === JSON.stringify(piece.value));
    default:
      return own.some((part) => part.type === piece.type && part.seal?.value === piece.seal?.value);
  }
}

function isSame(a: ReasoningPart, b: ReasoningPart): boolean {
  if (!isSigned(b)) return a.text === b.text;
  return (a.signature || undefined) === (b.signature || undefined) && a.redacted === b.redacted && a.encrypted === b.encrypted;
}

/** Whether a part is a mark of the caller's own. Reasoning with members of its wire beside the text is no mere copy. */
function isForeign(part: Part, pieces: readonly Part[]): boolean {
  if (part.type === "reasoning" && part.extra !== undefined) return true;
  return isUnechoed(part) && !pieces.some((piece) => piece.type === part.type && isHeld(part, [piece]));
}

function arranged(
  own: readonly Part[],
  calls: readonly ToolCallPart[],
  pieces: readonly Part[],
  compare: CallComparison,
): readonly Part[] {
  const texts = own.filter((part) => part.type === "text" && part.text !== "");
  const spoken = pieces.filter((part): part is TextPart => part.type === "text");
  const alike =
    texts.length > 0 && said(texts).trim() === said(spoken).trim() && !texts.some(({ cache, extra }) => cache || extra);
  // Copies of the reasoning give way to the original; all else the caller said stays where the answer spoke, or before its calls.
  const kept = alike ? [] : texts;
  const rest = own.filter(({ type }) => type !== "text" && type !== "tool-call" && type !== "reasoning" && type !== "opaque");
  const place = pieces.findIndex(({ type }) => type === (spoken.length > 0 ? "text" : "tool-call"));
  const used = new Set<ToolCallPart>();
  const out: Part[] = [];
  for (const [at, piece] of pieces.entries()) {
    if (at === place) out.push(...kept, ...rest);
    if (piece.type === "text") {
      if (alike) out.push(piece);
    } else if (piece.type === "tool-call") {
      const call = calls.find((one) => !used.has(one) && compare.same(one, piece));
      if (call === undefined) continue;
      used.add(call);
      out.push(sealed(call, piece));
    } else out.push(piece);
  }
  return [...out, ...calls.filter((call) => !used.has(call))];
}

const said = (texts: readonly Part[]): string => texts.map((part) => (part.type === "text" ? part.text : "")).join("");

const sealed = (call: ToolCallPart, { seal, caller }: ToolCallPart): ToolCallPart => ({
  ...call,
  ...(call.seal === undefined && seal !== undefined && { seal }),
  ...(call.caller === undefined && caller !== undefined && { caller }),
});
