import { formatDollars } from "../canonical/cost.ts";
import type { Log, LogFields } from "../canonical/log.ts";
import { inputTokens, outputTokens } from "../canonical/usage.ts";
import type { CallFacts } from "./call-facts.ts";

/** At which level each call that is over is a line of the log. */
export type AccessLevel = "debug" | "info" | "off";

/** Writes a line for each call that is over: who, what, how long, how much; never a word of what was said. */
export function accessLines(log: Log, level: AccessLevel): (facts: CallFacts) => void {
  if (level === "off" || !log.enabled(level)) return () => {};
  return (facts) => log[level]("call", fieldsOf(facts));
}

function fieldsOf(facts: CallFacts): LogFields {
  const { usage, costNano, firstContentMs } = facts;
  return {
    call_id: facts.id,
    key_id: facts.keyId,
    wire: facts.wire,
    operation: facts.operation,
    stream: facts.stream,
    model: facts.requestedModel,
    provider: facts.provider,
    served_model: facts.servedModel,
    status: facts.status,
    terminal: facts.terminal,
    code: facts.code,
    message: facts.message,
    attempts: facts.attempts,
    ms: round(facts.durationMs),
    first_content_ms: firstContentMs === undefined ? undefined : round(firstContentMs),
    input_tokens: usage === undefined ? undefined : inputTokens(usage),
    output_tokens: usage === undefined ? undefined : outputTokens(usage),
    cost_usd: costNano === undefined ? undefined : formatDollars(costNano),
  };
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
