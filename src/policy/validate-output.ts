import { withRequest } from "../canonical/call.ts";
import type { ChatChunk, Choice } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Json, JsonObject } from "../canonical/json.ts";
import type { Operation } from "../canonical/operations.ts";
import type { Batches, Step, StreamItem } from "../canonical/reply.ts";
import type { Terminal } from "../canonical/terminal.ts";
import type { Warnings } from "../canonical/warnings.ts";
import { schemaFault } from "./schema-check.ts";

/**
 * Holds answers to the schema that their callers asked for. Providers promise it; some models break it all the same. A strict
 * call is refused with `schema_violation` and the path; any other gets its answer with a warning. Only finished answers are
 * judged: one that was cut at its limit is no whole document. Streams are judged when the call is strict, and are then
 * translated instead of relayed, so that a broken answer does not end cleanly.
 */
export const validateOutput: Step = (next) => (call) => {
  const outputSchema = call.output?.schema;
  if (outputSchema === undefined) return next(call);
  if (!call.stream) {
    return next(call).then((reply) => {
      if (reply.stream) return reply;
      if (!("choices" in reply.result)) return reply;
      const violation = violationOf(reply.result.choices, outputSchema, call.warnings);
      if (violation === undefined) return reply;
      call.warnings.add({ kind: "ignored", code: "schema_violation", at: violation.param, detail: violation.message });
      if (call.strict) throw violation;
      return reply;
    });
  }
  if (!call.strict) return next(call);
  return next(withRequest(call, call.request)).then((reply) =>
    reply.stream ? { ...reply, batches: new JudgedBatches(reply.batches, outputSchema, call.warnings) } : reply,
  );
};

function violationOf(choices: readonly Choice[], schema: JsonObject, warnings: Warnings): GatewayError | undefined {
  for (const { content, finish } of choices) {
    if (finish.reason !== "stop" || content.some(({ type }) => type === "refusal" || type === "tool-call")) continue;
    const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
    const fault = judge(text, schema, warnings);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function judge(text: string, schema: JsonObject, warnings: Warnings): GatewayError | undefined {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return violation("#", "it is not JSON");
  }
  const fault = schemaFault(value, schema);
  if (fault !== "unchecked") return fault && violation(fault.path, fault.message);
  warnings.add({ kind: "ignored", code: "schema_unchecked", detail: "the schema leads nowhere, or its check took too long." });
  return undefined;
}

const violation = (path: string, what: string): GatewayError =>
  new GatewayError(
    "schema_violation",
    `The model's answer does not fit the schema that was asked for: at ${path}, ${what}. Try again.`,
    {
      param: path,
    },
  );

interface Heard {
  text: string;
  /** Refused, called a tool or was cut: no document. */
  exempt: boolean;
}

/** A stream whose text is listened to, and whose clean end is turned into an error where it does not fit. */
class JudgedBatches<Op extends Operation> implements Batches<Op> {
  readonly #batches: Batches<Op>;
  readonly #schema: JsonObject;
  readonly #warnings: Warnings;
  readonly #heard = new Map<number, Heard>();

  constructor(batches: Batches<Op>, schema: JsonObject, warnings: Warnings) {
    this.#batches = batches;
    this.#schema = schema;
    this.#warnings = warnings;
  }

  async next(): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    const step = await this.#batches.next();
    if (step.done !== true) {
      for (const item of step.value) for (const chunk of item.chunks()) this.#hear(chunk);
      return step;
    }
    return step.value.kind === "finished" ? { done: true, value: this.#verdict(step.value) } : step;
  }

  return(terminal: Terminal): Promise<IteratorResult<readonly StreamItem<Op>[], Terminal>> {
    return this.#batches.return(terminal);
  }

  #hear(chunk: ChatChunk): void {
    if (chunk.type === "part-delta" && chunk.delta.type === "text") this.#of(chunk.choice).text += chunk.delta.text;
    else if (chunk.type === "part-start") {
      const { content } = chunk;
      if (content.type === "text") this.#of(chunk.choice).text += content.text;
      else if (content.type === "refusal" || content.type === "tool-call") this.#of(chunk.choice).exempt = true;
    } else if (chunk.type === "finish" && chunk.finish.reason !== "stop") this.#of(chunk.choice).exempt = true;
  }

  #of(choice: number): Heard {
    const found = this.#heard.get(choice);
    if (found) return found;
    const made = { text: "", exempt: false };
    this.#heard.set(choice, made);
    return made;
  }

  #verdict(clean: Terminal): Terminal {
    for (const { text, exempt } of this.#heard.values()) {
      const error = exempt ? undefined : judge(text, this.#schema, this.#warnings);
      if (error !== undefined) return { kind: "error", error };
    }
    return clean;
  }
}
