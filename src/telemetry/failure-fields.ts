import type { GatewayError } from "../canonical/error.ts";
import type { LogFields } from "../canonical/log.ts";

/**
 * What the log says of a call that the gateway failed: enough to find the place in the code, and nothing of what was said. (What
 * a JSON parser complains of quotes the text it was given.)
 */
export function failureFields(callId: string, error: GatewayError): LogFields {
  const { cause, code, message } = error;
  if (!(cause instanceof Error)) return { call_id: callId, code, message };
  const quoting = cause instanceof SyntaxError ? cause.message.replace(/,? ".*$/s, "") : cause.message;
  return { call_id: callId, code, message, cause: `${cause.name}: ${quoting}`, stack: frames(cause.stack) };
}

const frames = (stack: string | undefined): string | undefined =>
  stack
    ?.split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 20)
    .map((line) => line.trim())
    .join(" < ");
