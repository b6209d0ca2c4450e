import { accumulate } from "../../canonical/accumulate.ts";
import { type Call, type Caller, CallRecord } from "../../canonical/call.ts";
import type { ChatChunk, ChatRequest, ChatResult } from "../../canonical/chat.ts";
import { formatDollars } from "../../canonical/cost.ts";
import { toGatewayError } from "../../canonical/error.ts";
import { newCallId } from "../../canonical/ids.ts";
import type { Reply } from "../../canonical/reply.ts";
import type { Terminal } from "../../canonical/terminal.ts";
import { inputTokens, outputTokens } from "../../canonical/usage.ts";
import { type Warning, Warnings } from "../../canonical/warnings.ts";
import type { Gateway } from "../../compose.ts";
import type { Config } from "../../config/config.ts";
import { type Answer, type Backend, NoAnswer, type Piece, type Question } from "./backend.ts";

/** A gateway in this very process. Its calls stand in the books as all others do, labelled `source=cli`. */
export class InProcess implements Backend {
  readonly where = "this process";
  readonly own = true;
  readonly #gateway: Gateway;
  readonly #config: Config;

  constructor(gateway: Gateway, config: Config) {
    this.#gateway = gateway;
    this.#config = config;
  }

  async ask(question: Question, signal: AbortSignal, onPiece: (piece: Piece) => void): Promise<Answer> {
    const { clock } = this.#gateway;
    const startedAt = clock.now();
    const call = this.#call(question, signal);
    const chunks: ChatChunk[] = [];
    let result: ChatResult;
    let terminal: Terminal = { kind: "finished" };
    try {
      const reply: Reply<"chat"> = await this.#gateway.handler(call);
      if (reply.stream) {
        terminal = await follow(reply.batches, (chunk) => {
          chunks.push(chunk);
          const piece = pieceOf(chunk);
          if (piece !== undefined) onPiece(piece);
        });
        result = accumulate(chunks);
      } else result = reply.result;
    } catch (thrown) {
      throw this.#failed(call, thrown, "");
    }
    const text = textOf(result);
    if ("error" in terminal) throw this.#failed(call, terminal.error, text);
    if (terminal.kind === "cancelled") throw this.#failed(call, undefined, text);
    const { usage } = result;
    const [choice] = result.choices;
    const { provider, model, attempts, costNano } = call.record;
    return {
      text,
      message: { role: "assistant", content: choice?.content ?? [] },
      finish: choice?.finish.reason ?? "other",
      callId: call.id,
      provider,
      model: result.model ?? model,
      attempts,
      input: usage && inputTokens(usage),
      output: usage && outputTokens(usage),
      costUsd: costNano === undefined ? undefined : formatDollars(costNano),
      warnings: call.warnings.list.map(inWords),
      ms: Math.round(clock.now() - startedAt),
    };
  }

  listModels(): ReturnType<Backend["listModels"]> {
    return this.#gateway.listModels();
  }

  async close(): Promise<void> {
    await this.#gateway.flush();
    await this.#gateway.close();
  }

  #call(question: Question, signal: AbortSignal): Call<"chat"> {
    const { clock, random } = this.#gateway;
    const { model, stream, strict, schema } = question;
    const caller = callerOf(this.#config);
    return {
      id: newCallId(clock, random),
      operation: "chat",
      model,
      stream,
      strict,
      output: schema && { schema },
      request: requestOf(question),
      caller,
      labels: { ...caller.labels, source: "cli" },
      signal,
      deadline: clock.now() + this.#config.timeouts.totalMs,
      warnings: new Warnings(),
      record: new CallRecord(),
    };
  }

  #failed({ id, warnings, signal, record }: Call<"chat">, thrown: unknown, text: string): NoAnswer {
    const { message, code } = toGatewayError(thrown);
    const cancelled = signal.aborted || thrown === undefined || code === "cancelled";
    // A call for which nobody was asked is not in the books.
    const callId = record.attempts > 0 ? id : undefined;
    const details = { callId, text, cancelled, warnings: warnings.list.map(inWords) };
    return new NoAnswer(cancelled ? "The answer was called off." : message, details);
  }
}

/** Whoever may run the command line with this configuration may call as its first key. */
function callerOf({ keys }: Config): Caller {
  const [first] = keys;
  return first === undefined
    ? { kind: "open", keyId: "open", labels: {} }
    : { kind: "key", keyId: first.id, labels: first.labels, losses: first.strict };
}

const requestOf = ({ model, messages, schema, maxTokens, temperature, stream }: Question): ChatRequest => ({
  model,
  messages,
  maxOutputTokens: maxTokens,
  temperature,
  streamUsage: stream || undefined,
  responseFormat: schema && { type: "json-schema", name: "answer", schema },
});

async function follow(
  batches: Extract<Reply<"chat">, { stream: true }>["batches"],
  take: (chunk: ChatChunk) => void,
): Promise<Terminal> {
  for (;;) {
    const step = await batches.next();
    if (step.done === true) return step.value;
    for (const item of step.value) for (const chunk of item.chunks()) take(chunk);
  }
}

function pieceOf(chunk: ChatChunk): Piece | undefined {
  if (chunk.type === "part-start" && chunk.choice === 0) {
    const { content } = chunk;
    if (content.type === "text" || content.type === "refusal") return { kind: "text", text: content.text };
    if (content.type === "reasoning") return { kind: "thought", text: content.text };
  }
  if (chunk.type === "part-delta" && chunk.choice === 0) {
    const { delta } = chunk;
    if (delta.type === "text" || delta.type === "refusal") return { kind: "text", text: delta.text };
    if (delta.type === "reasoning") return { kind: "thought", text: delta.text };
  }
  return undefined;
}

const textOf = ({ choices }: ChatResult): string =>
  (choices[0]?.content ?? []).map((part) => (part.type === "text" || part.type === "refusal" ? part.text : "")).join("");

const inWords = ({ code, at, detail }: Warning): string =>
  `${code}${at === undefined ? "" : ` at ${at}`}${detail === undefined ? "" : `: ${detail}`}`;
