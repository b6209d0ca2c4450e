import { isObject, type Json } from "../../../src/canonical/json.ts";
import type { CallerWire, Heard } from "./ask.ts";

/** What a caller's client makes of an answer, read here without any of the gateway's own code. */
export interface StreamVerdict {
  /** Role chunks or message_start events. */
  readonly openings: number;
  /** Text and tool arguments that came. */
  readonly content: string;
  readonly errors: readonly string[];
  /** `[DONE]` or `message_stop`. */
  readonly cleanEnds: number;
  /** What came after an error event or a clean end. */
  readonly after: number;
  readonly comments: number;
  readonly pings: number;
}

export function readStream(wire: CallerWire, text: string): StreamVerdict {
  let openings = 0;
  let content = "";
  const errors: string[] = [];
  let cleanEnds = 0;
  let after = 0;
  let comments = 0;
  let pings = 0;
  for (const frame of text.split("\n\n").filter((frame) => frame.trim() !== "")) {
    if (frame.startsWith(":")) {
      comments++;
      continue;
    }
    if (errors.length > 0 || cleanEnds > 0) after++;
    const data = frame
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trim())
      .join("\n");
    if (data === "[DONE]") {
      cleanEnds++;
      continue;
    }
    const event: Json = JSON.parse(data);
    if (!isObject(event)) throw new Error(`an event that is no object: ${data.slice(0, 100)}`);
    if (isObject(event["error"])) {
      errors.push(messageOf(wire, event));
      continue;
    }
    if (wire === "openai") {
      const delta = find(event, "choices", "0", "delta");
      if (isObject(delta)) {
        if (delta["role"] !== undefined) openings++;
        content += `${delta["content"] ?? ""}${find(delta, "tool_calls", "0", "function", "arguments") ?? ""}`;
      }
    } else {
      if (event["type"] === "message_start") openings++;
      if (event["type"] === "message_stop") cleanEnds++;
      if (event["type"] === "ping") pings++;
      content += `${find(event, "delta", "text") ?? ""}${find(event, "delta", "partial_json") ?? ""}`;
    }
  }
  return { openings, content, errors, cleanEnds, after, comments, pings };
}

function find(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(found)) found = found[Number(step)];
    else found = isObject(found) ? found[step] : undefined;
  }
  return found;
}

function messageOf(wire: CallerWire, body: Json): string {
  const error = find(body, "error");
  const message = find(error, "message");
  const type = find(error, "type");
  if (typeof message !== "string" || message === "" || typeof type !== "string")
    throw new Error(`not an error: ${JSON.stringify(body).slice(0, 200)}`);
  if (wire === "anthropic" && find(body, "type") !== "error") throw new Error("Anthropic's errors have type error");
  if (wire === "openai" && (find(error, "code") === undefined || find(error, "param") === undefined))
    throw new Error("OpenAI's errors have code and param");
  return message;
}

/** The message of an error reply in the caller's own wire shape; throws where it is none, or lacks what every answer carries. */
export function readError(wire: CallerWire, answer: Heard): string {
  const type = answer.headers["content-type"] ?? "";
  if (!type.startsWith("application/json")) throw new Error(`an error of type ${type}: ${answer.text.slice(0, 200)}`);
  const message = messageOf(wire, JSON.parse(answer.text));
  const id = answer.headers["x-polygate-call-id"];
  if (id === undefined || !/^call_[0-9a-f]{32}$/.test(id)) throw new Error(`no call id in the headers: ${id}`);
  if (!message.includes(id)) throw new Error(`no call id in the message: ${message}`);
  for (const name of ["provider", "model", "attempts", "warnings", "overhead-ms"]) {
    if (answer.headers[`x-polygate-${name}`] === undefined) throw new Error(`no x-polygate-${name}`);
  }
  if (/\bat .*\.(?:ts|js):\d|node_modules|\/(?:work|home|root|tmp|usr|src)\//.test(answer.text))
    throw new Error(`a stack or a path leaves the process: ${answer.text.slice(0, 300)}`);
  return message;
}

export const percentile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

export const figures = (values: readonly number[]): string =>
  `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms, max ${Math.max(...values).toFixed(1)} ms (n=${values.length})`;
