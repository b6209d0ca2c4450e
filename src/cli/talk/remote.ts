import { Buffer } from "node:buffer";
import type { FinishReason, Message } from "../../canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { ModelListing } from "../../canonical/models.ts";
import type { Part } from "../../canonical/parts.ts";
import type { HttpReply, HttpRequest } from "../../machine/contract.ts";
import type { Ports } from "../ports.ts";
import { type Answer, type Backend, NoAnswer, type Piece, type Question } from "./backend.ts";
import { eventData, firstChoice, numberAt, objectAt, parsed, piecesOf, textAt } from "./events.ts";

export interface RemoteOptions {
  /** Where the gateway is found, with /v1 or without. */
  readonly url: string;
  /** One of the gateway's own. */
  readonly key?: string | undefined;
  readonly ports: Pick<Ports, "http" | "now">;
}

/** A gateway that runs elsewhere, spoken to by OpenAI's chat as any of its callers would. */
export class Remote implements Backend {
  readonly where: string;
  readonly own = false;
  readonly #headers: { readonly [name: string]: string };
  readonly #ports: RemoteOptions["ports"];

  constructor({ url, key, ports }: RemoteOptions) {
    this.where = url.replace(/\/+$/, "").replace(/\/v1$/, "");
    this.#headers = {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    this.#ports = ports;
  }

  async ask(question: Question, signal: AbortSignal, onPiece: (piece: Piece) => void): Promise<Answer> {
    const startedAt = this.#ports.now();
    const reply = await this.#send({
      url: `${this.where}/v1/chat/completions`,
      method: "POST",
      headers: question.strict ? { ...this.#headers, "x-polygate-strict": "true" } : this.#headers,
      body: JSON.stringify(bodyOf(question)),
      signal,
    });
    // A call for which nobody was asked is not in the books.
    const callId = reply.header("x-polygate-attempts") === "0" ? undefined : reply.header("x-polygate-call-id");
    const told: Told = { text: "", finish: undefined, usage: {}, model: undefined, error: undefined, ended: false };
    try {
      if (reply.status !== 200 || !question.stream) await this.#whole(reply, told);
      else await streamed(reply, told, onPiece);
    } catch {
      told.error ??= "The connection to the gateway broke in the middle of the answer.";
    }
    const warnings = warningsOf(reply);
    if (signal.aborted) throw new NoAnswer("The answer was called off.", { callId, text: told.text, cancelled: true, warnings });
    const broken = told.error ?? (told.ended ? undefined : "The answer broke off before its end.");
    if (broken !== undefined) throw new NoAnswer(broken, { callId, text: told.text, warnings });
    return {
      text: told.text,
      message: { role: "assistant", content: [{ type: "text", text: told.text }] },
      finish: told.finish ?? "other",
      callId,
      provider: reply.header("x-polygate-provider"),
      model: told.model ?? reply.header("x-polygate-model"),
      attempts: Number(reply.header("x-polygate-attempts") ?? 1),
      input: numberAt(told.usage, "prompt_tokens"),
      output: numberAt(told.usage, "completion_tokens"),
      costUsd: reply.header("x-polygate-cost-usd"),
      warnings,
      ms: Math.round(this.#ports.now() - startedAt),
    };
  }

  async listModels(): Promise<ModelListing> {
    const reply = await this.#send({ url: `${this.where}/v1/models`, method: "GET", headers: this.#headers });
    const body = parsed(await textOf(reply));
    const data = isObject(body) ? body["data"] : undefined;
    if (reply.status !== 200 || !isArray(data)) throw new NoAnswer(problem(body, reply.status, this.where));
    const models = data.flatMap((entry) => {
      const id = textAt(entry, "id");
      const provider = textAt(entry, "owned_by") ?? "";
      return id === undefined ? [] : [{ id, provider, createdAt: numberAt(entry, "created") ?? 0 }];
    });
    return { models, silent: [] };
  }

  async close(): Promise<void> {}

  async #send(request: HttpRequest): Promise<HttpReply> {
    try {
      return await this.#ports.http(request);
    } catch (thrown) {
      if (request.signal?.aborted) throw new NoAnswer("The answer was called off.", { cancelled: true });
      const code = thrown instanceof Error && "code" in thrown ? ` (${String(thrown.code)})` : "";
      throw new NoAnswer(
        `The gateway at ${this.where} cannot be reached${code}. Is it running? Start it with \`polygate serve\`, correct --url or POLYGATE_URL, or leave them out to be answered by this process.`,
      );
    }
  }

  async #whole(reply: HttpReply, told: Told): Promise<void> {
    const body = parsed(await textOf(reply));
    if (reply.status !== 200 || !isObject(body)) {
      told.error = problem(body, reply.status, this.where);
      return;
    }
    take(body, objectAt(firstChoice(body), "message"), told, () => {});
    told.ended = true;
  }
}

interface Told {
  text: string;
  finish: FinishReason | undefined;
  usage: JsonObject;
  model: string | undefined;
  error: string | undefined;
  ended: boolean;
}

async function streamed(reply: HttpReply, told: Told, onPiece: (piece: Piece) => void): Promise<void> {
  for await (const data of eventData(reply.body)) {
    if (data === "[DONE]") {
      told.ended = true;
      return;
    }
    const event = parsed(data);
    const error = textAt(objectAt(event, "error"), "message");
    if (error !== undefined) {
      told.error = error;
      return;
    }
    take(event ?? null, objectAt(firstChoice(event), "delta"), told, onPiece);
  }
}

function take(body: Json, message: JsonObject, told: Told, onPiece: (piece: Piece) => void): void {
  for (const piece of piecesOf(message)) {
    if (piece.kind === "text") told.text += piece.text;
    onPiece(piece);
  }
  const finish = textAt(firstChoice(body), "finish_reason");
  if (finish !== undefined) told.finish = finishes[finish] ?? "other";
  told.model = textAt(body, "model") ?? told.model;
  const usage = objectAt(body, "usage");
  if (Object.keys(usage).length > 0) told.usage = usage;
}

const finishes: { readonly [word: string]: FinishReason | undefined } = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter",
};

const bodyOf = ({ model, messages, stream, schema, maxTokens, temperature }: Question): JsonObject => ({
  model,
  messages: messages.map(wireMessage),
  stream,
  stream_options: stream ? { include_usage: true } : undefined,
  max_completion_tokens: maxTokens,
  temperature,
  response_format: schema && { type: "json_schema", json_schema: { name: "answer", schema } },
});

function wireMessage({ role, content }: Message): JsonObject {
  const parts = content.flatMap(wirePart);
  const [only] = parts;
  return { role, content: parts.length === 1 && only?.["type"] === "text" ? only["text"] : parts };
}

function wirePart(part: Part): readonly JsonObject[] {
  if (part.type === "text") return [{ type: "text", text: part.text }];
  if (part.type === "image") {
    const { source } = part;
    if (source.kind === "url") return [{ type: "image_url", image_url: { url: source.url } }];
    if (source.kind === "base64")
      return [{ type: "image_url", image_url: { url: `data:${source.mediaType};base64,${source.data}` } }];
  }
  if (part.type === "document" && part.source.kind === "base64") {
    const { mediaType, data } = part.source;
    return [{ type: "file", file: { filename: part.title ?? "file", file_data: `data:${mediaType};base64,${data}` } }];
  }
  return [];
}

async function textOf({ body }: HttpReply): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

function problem(body: Json | undefined, status: number, where: string): string {
  const said = textAt(objectAt(body, "error"), "message");
  if (status === 401) return `${said ?? "The gateway wants a key."} Give one with --key or POLYGATE_KEY.`;
  return said ?? `What answers at ${where} is no Polygate gateway (HTTP ${status}); correct --url or POLYGATE_URL.`;
}

function warningsOf(reply: HttpReply): readonly string[] {
  const header = reply.header("x-polygate-warnings");
  return header === undefined || header === "none" ? [] : header.split(", ");
}
