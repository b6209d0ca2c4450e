import type { HeaderBag } from "../../../src/canonical/call.ts";
import type { ChatResult } from "../../../src/canonical/chat.ts";
import { isObject, type Json } from "../../../src/canonical/json.ts";
import type { Wire } from "../../../src/wires/wire.ts";
import { type Diff, diff } from "../json.ts";
import type { Exchange } from "../loader.ts";
import { readChunks, readResult } from "../read-canonical.ts";
import { compare, type Reading } from "../reading.ts";
import type { Judges } from "../spec.ts";
import { chunksOf, decoderFor, wireFor } from "../subject.ts";
import { wireJudges } from "../wires/index.ts";
import { type Cell, thrown } from "./cell.ts";

/** What the recording says, read without the codec. */
export function expectation(exchange: Exchange): Reading | undefined {
  const judge = wireJudges[exchange.wire];
  if (exchange.stream !== undefined) return judge.stream(exchange.stream);
  if (exchange.whole === undefined || exchange.status >= 400) return undefined;
  return judge.whole(exchange.whole);
}

/** Which of our codes a provider's status may become. */
const codesByStatus: { readonly [status: number]: readonly string[] } = {
  400: [
    "invalid_request",
    "unsupported",
    "context_overflow",
    "content_policy",
    "provider_quota",
    "provider_credential",
    "model_not_found",
    "bad_reply",
  ],
  401: ["provider_credential"],
  402: ["provider_quota"],
  403: ["provider_credential", "provider_quota", "content_policy"],
  404: ["model_not_found", "not_found"],
  413: ["payload_too_large", "context_overflow"],
  422: ["invalid_request", "unsupported"],
  429: ["rate_limited", "provider_quota"],
  503: ["overloaded", "provider_error"],
  529: ["overloaded"],
};
const others = ["provider_error", "overloaded", "context_overflow", "invalid_request", "timeout"];

/** Members of the result's `extra` that the specification names. */
function hidden(result: ChatResult, exchange: Exchange, judges: Judges | undefined): Diff[] {
  const names = judges?.known(exchange.wire, "result");
  const kept = Object.keys(result.extra ?? {}).filter((name) => names?.has(name));
  return kept.map((name) => diff(`extra.result.${name}`, "a field of its own", "hidden in extra"));
}

export const decode: Cell = (exchange, { subject, judges }) => {
  if (exchange.status >= 400) {
    const { status, headers, provider, whole, stream } = exchange;
    return errorFaults({ status, headers, provider, body: whole ?? stream ?? "" }, wireFor(subject, exchange.wire));
  }
  const expected = expectation(exchange);
  if (!expected) return undefined;
  if (exchange.stream === undefined)
    return decodeWhole(
      expected,
      () => decoderFor(subject, exchange).whole(exchange.whole ?? {}),
      (result) => hidden(result, exchange, judges),
    );
  const { chunks, ended } = chunksOf(subject, exchange, exchange.stream);
  const { reading, faults } = readChunks(chunks, ended && !expected.error);
  const out = [...faults];
  if (reading.error !== expected.error) out.push(diff("stream.error", expected.error, reading.error));
  if (!expected.error && ended !== expected.ended) out.push(diff("stream.ended", expected.ended, ended));
  const comparable = expected.error || !expected.ended ? { ...expected, choices: expected.choices.map(unfinished) } : expected;
  out.push(...head("stream", expected, reading), ...compare("stream", comparable, reading));
  const result = subject.accumulate(chunks);
  if (out.length === 0) out.push(...compare("accumulate", comparable, readResult(result)));
  out.push(...hidden(result, exchange, judges));
  return out;
};

const unfinished = (choice: Reading["choices"][number]): Reading["choices"][number] => ({ ...choice, finish: undefined });

function decodeWhole(expected: Reading, run: () => ChatResult, further: (result: ChatResult) => Diff[]): Diff[] {
  if (expected.error) {
    try {
      run();
      return [diff("whole.error", "GatewayError", "none thrown")];
    } catch (error) {
      const { code, message } = thrown(error);
      return allCodes.has(code) ? [] : [diff("whole.error", "a gateway error code", `${code}: ${message}`)];
    }
  }
  const result = run();
  const reading = readResult(result);
  return [...head("whole", expected, reading), ...compare("whole", expected, reading), ...further(result)];
}

const allCodes = new Set([...Object.values(codesByStatus).flat(), ...others]);

function head(prefix: string, expected: Reading, actual: Reading): Diff[] {
  const out: Diff[] = [];
  if (expected.id && expected.id !== actual.id) out.push(diff(`${prefix}.id`, expected.id, actual.id));
  if (expected.model && expected.model !== actual.model) out.push(diff(`${prefix}.model`, expected.model, actual.model));
  return out;
}

/** A provider's refusal, as it came. */
interface Refusal {
  readonly status: number;
  readonly headers: HeaderBag;
  readonly provider: string;
  readonly body: Json;
}

/** What our error says of it: a code its status allows, a sentence, no secret, and how long to wait where its body tells. */
export function errorFaults(refusal: Refusal, wire: Wire): Diff[] {
  const body = isObject(refusal.body) || typeof refusal.body === "string" ? refusal.body : JSON.stringify(refusal.body);
  const error = wire.decodeError(refusal.status, refusal.headers, body, refusal.provider);
  const out: Diff[] = [];
  const allowed = codesByStatus[refusal.status] ?? others;
  if (!allowed.includes(error.code)) out.push(diff("error.code", allowed.join("|"), error.code));
  if (error.message.trim() === "") out.push(diff("error.message", "a sentence", error.message));
  if (/sk-[A-Za-z0-9]{8}|Bearer [A-Za-z0-9]/.test(error.message)) out.push(diff("error.secret", "masked", error.message));
  const wait = /(?:try again in |"retryDelay":")(\d+(?:\.\d+)?)s\b/.exec(JSON.stringify(refusal.body))?.[1];
  if (error.code === "rate_limited" && wait !== undefined && error.retryAfterMs !== Math.ceil(Number(wait) * 1000))
    out.push(diff("error.retryAfterMs", Number(wait) * 1000, error.retryAfterMs));
  return out;
}
