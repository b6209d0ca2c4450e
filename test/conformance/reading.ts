import type { FinishReason } from "../../src/canonical/chat.ts";
import { isObject } from "../../src/canonical/json.ts";
import { type Diff, diff, differences, parseJson, textDiff } from "./json.ts";

/*
 * What a person would say an answer holds, whichever wire it stands on. Recordings are read into this by the small readers
 * beside this file, our outputs by the official SDKs; the two must agree.
 */

export interface ReadCall {
  readonly name: string;
  /** JSON text, or free text for a custom tool. */
  readonly args: string;
  readonly id?: string | undefined;
}

export interface ReadChoice {
  readonly index: number;
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly calls: readonly ReadCall[];
  /** undefined: the recording does not decide it. */
  readonly finish: FinishReason | undefined;
  /** Opaque payloads in order: signatures, redacted and encrypted reasoning. */
  readonly opaque: readonly string[];
  /** Which part bears which of them, where the wire seals single parts: `text …`, `thought …`, `call 0 …`. */
  readonly seals?: readonly string[] | undefined;
  /** In which order text, reasoning, refusals and calls stand, where the wire keeps one; like neighbours are one. */
  readonly order?: readonly string[] | undefined;
}

/** Adds to an order what was said next. */
export function note(order: string[], kind: "text" | "reasoning" | "refusal" | "call", said: string): void {
  if (said !== "" && order.at(-1) !== kind) order.push(kind);
}

export interface ReadUsage {
  /** All input, cached or not. */
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** undefined: the recording does not split writes. */
  readonly cacheWrite1h: number | undefined;
  readonly output: number;
  readonly reasoning: number;
  /** The provider's figures contradict each other: only sanity can be asked. */
  readonly odd: boolean;
}

export interface Reading {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly choices: readonly ReadChoice[];
  readonly usage: ReadUsage | undefined;
  /** The reply is (or ended as) an error. */
  readonly error: boolean;
  /** The wire's end was seen. */
  readonly ended: boolean;
}

export const noUsage: ReadUsage = {
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: undefined,
  output: 0,
  reasoning: 0,
  odd: false,
};

/** How a reading may legitimately change on its way to another wire. */
export interface Lens {
  readonly opaque: boolean;
  readonly finish: (finish: FinishReason) => FinishReason;
  /** A refusal that stopped by itself may also be told as the target's own refusal reason. */
  readonly refusalMayFilter: boolean;
  /** Whether the target's rules for tool-call ids let this one stand; another is replaced by one that they let stand. */
  readonly id: (id: string) => boolean;
  /** The target has no refusal part: refusals read as text. */
  readonly refusalIsText: boolean;
  /** The target shows one choice only. */
  readonly oneChoice: boolean;
  readonly usage: (usage: ReadUsage) => ReadUsage;
  /** False where arguments that are no JSON object cannot stand as they came: nothing is asked of them then. */
  readonly brokenArgs: boolean;
  /** The target keeps the order of an answer's parts. */
  readonly ordered: boolean;
}

/** Finish reasons on wires without a word for those that are neither limits nor calls. */
export const usualFinish: { readonly [finish in FinishReason]: FinishReason } = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool-calls",
  "content-filter": "content-filter",
  pause: "stop",
  error: "stop",
  other: "stop",
};

export const plain: Lens = {
  opaque: true,
  finish: (finish) => finish,
  refusalMayFilter: false,
  id: () => true,
  refusalIsText: false,
  oneChoice: false,
  usage: (usage) => usage,
  brokenArgs: true,
  ordered: true,
};

export function compare(prefix: string, expected: Reading, actual: Reading, lens: Lens = plain): Diff[] {
  const out: Diff[] = [];
  const wanted = lens.oneChoice ? expected.choices.slice(0, 1) : expected.choices;
  if (wanted.length !== actual.choices.length) out.push(diff(`${prefix}.choices`, wanted.length, actual.choices.length));
  for (const [at, choice] of wanted.entries()) {
    const got = actual.choices[at];
    if (got) compareChoice(prefix, choice, got, lens, out);
  }
  compareUsage(prefix, expected.usage && lens.usage(expected.usage), actual.usage, out);
  return out;
}

function compareChoice(prefix: string, expected: ReadChoice, actual: ReadChoice, lens: Lens, out: Diff[]): void {
  if (expected.index !== actual.index) out.push(diff(`${prefix}.index`, expected.index, actual.index));
  out.push(...textDiff(`${prefix}.text`, lens.refusalIsText ? expected.text + expected.refusal : expected.text, actual.text));
  out.push(...textDiff(`${prefix}.reasoning`, expected.reasoning, actual.reasoning));
  if (!lens.refusalIsText) out.push(...textDiff(`${prefix}.refusal`, expected.refusal, actual.refusal));
  if (expected.calls.length !== actual.calls.length) {
    out.push(diff(`${prefix}.calls`, expected.calls.length, actual.calls.length));
  }
  for (const [at, call] of expected.calls.entries()) {
    const got = actual.calls[at];
    if (got) compareCall(`${prefix}.call`, call, got, lens, out);
  }
  const finish = expected.finish && lens.finish(expected.finish);
  const filtered = lens.refusalMayFilter && expected.refusal !== "" && actual.finish === "content-filter";
  if (finish !== undefined && finish !== actual.finish && !filtered) out.push(diff(`${prefix}.finish`, finish, actual.finish));
  if (expected.order && actual.order && lens.ordered)
    out.push(
      ...differences(`${prefix}.order-of-parts`, lens.refusalIsText ? told(expected.order) : expected.order, actual.order),
    );
  if (lens.opaque) out.push(...differences(`${prefix}.opaque`, expected.opaque, actual.opaque));
  if (lens.opaque && expected.seals) out.push(...differences(`${prefix}.seals`, expected.seals, actual.seals ?? []));
}

/** The order where refusals are told as text. */
function told(order: readonly string[]): string[] {
  const out: string[] = [];
  for (const kind of order) note(out, kind === "refusal" ? "text" : kind === "call" || kind === "reasoning" ? kind : "text", "x");
  return out;
}

function compareCall(check: string, expected: ReadCall, actual: ReadCall, lens: Lens, out: Diff[]): void {
  if (expected.name !== actual.name) out.push(diff(`${check}.name`, expected.name, actual.name));
  if (expected.id && (lens.id(expected.id) ? expected.id !== actual.id : !lens.id(actual.id ?? "")))
    out.push(diff(`${check}.id`, expected.id, actual.id));
  const want = parseJson(expected.args === "" ? "{}" : expected.args);
  const got = parseJson(actual.args === "" ? "{}" : actual.args);
  if (!isObject(want) && !lens.brokenArgs) return;
  if (want === undefined) out.push(...textDiff(`${check}.args`, expected.args, actual.args));
  else out.push(...differences(`${check}.args`, want, got));
}

function compareUsage(prefix: string, expected: ReadUsage | undefined, actual: ReadUsage | undefined, out: Diff[]): void {
  if (!expected) {
    if (actual && actual.input + actual.output > 0) out.push(diff(`${prefix}.usage`, undefined, actual));
    return;
  }
  if (!actual) {
    out.push(diff(`${prefix}.usage`, expected, undefined));
    return;
  }
  if (expected.odd) {
    const { input, cacheRead, cacheWrite, output, reasoning } = actual;
    if (Math.min(input, cacheRead, cacheWrite, output, reasoning) < 0)
      out.push(diff(`${prefix}.usage.negative`, expected, actual));
    if (reasoning > output || cacheRead + cacheWrite > input) out.push(diff(`${prefix}.usage.buckets`, expected, actual));
    return;
  }
  for (const key of ["input", "cacheRead", "cacheWrite", "output", "reasoning"] as const) {
    if (expected[key] !== actual[key]) out.push(diff(`${prefix}.usage.${key}`, expected[key], actual[key]));
  }
  if (expected.cacheWrite1h !== undefined && actual.cacheWrite1h !== undefined && expected.cacheWrite1h !== actual.cacheWrite1h) {
    out.push(diff(`${prefix}.usage.cacheWrite1h`, expected.cacheWrite1h, actual.cacheWrite1h));
  }
}
