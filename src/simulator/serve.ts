import type { IncomingMessage, ServerResponse } from "node:http";
import { isObject, type Json, type JsonObject } from "../canonical/json.ts";
import type { Clock } from "../canonical/ports.ts";
import { anthropicMessagesFace } from "./anthropic-messages/face.ts";
import { answer } from "./brain/answer.ts";
import { PromptCache } from "./brain/cache.ts";
import { Signer } from "./brain/signer.ts";
import { deliver, type Pace, type Plan } from "./deliver.ts";
import type { ErrorKind, Face } from "./face.ts";
import { type Journal, type OpenEntry, publicHeaders } from "./journal.ts";
import { behaviourOf, models } from "./models.ts";
import { openaiChatFace } from "./openai-chat/face.ts";

export interface ServeOptions {
  readonly pace: Pace;
  readonly seed: string;
  readonly clock: Clock;
  readonly journal: Journal;
}

const largestBody = 256 * 1024 * 1024;

/** Answers every request that reaches the simulator's socket. */
export class Server {
  readonly #options: ServeOptions;
  readonly #signer: Signer;
  readonly #cache = new PromptCache();
  #minted = 0;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.#signer = new Signer(options.seed);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const entry = this.#options.journal.open(request.method ?? "", request.url ?? "", request.headers);
    const pieces: Buffer[] = [];
    let size = 0;
    request.on("data", (piece: Buffer) => {
      size += piece.length;
      if (size <= largestBody) pieces.push(piece);
    });
    request.on("error", () => entry.close("aborted"));
    request.on("end", () => this.#route(path, request, Buffer.concat(pieces), response, entry));
  }

  #route(path: string, request: IncomingMessage, bytes: Buffer, response: ServerResponse, entry: OpenEntry): void {
    const reply = (plan: Plan): void => deliver(plan, response, entry, this.#options.clock);
    const method = request.method ?? "";
    if (method === "POST" && path.endsWith("/chat/completions")) this.#converse(openaiChatFace, request, bytes, entry, reply);
    else if (method === "POST" && path.endsWith("/messages")) this.#converse(anthropicMessagesFace, request, bytes, entry, reply);
    else if (method === "GET" && path.endsWith("/models"))
      reply(this.#json(200, listModels(request.headers["anthropic-version"] !== undefined)));
    else {
      const face = request.headers["anthropic-version"] === undefined ? openaiChatFace : anthropicMessagesFace;
      reply(
        this.#error(
          face,
          "not-found",
          `The simulator has no ${method} ${path}. It serves POST …/chat/completions, POST …/messages and GET …/models.`,
        ),
      );
    }
  }

  #converse(face: Face, request: IncomingMessage, bytes: Buffer, entry: OpenEntry, reply: (plan: Plan) => void): void {
    const body = parse(bytes);
    const model = isObject(body) && typeof body["model"] === "string" ? body["model"] : undefined;
    entry.note({ wire: face.wire, body, model, stream: isObject(body) && body["stream"] === true });
    this.#options.journal.keepBody(entry, bytes.length);
    if (!isObject(body)) {
      reply(this.#refuse(face, ["body: is not a JSON object"], entry));
      return;
    }
    const errors = face.check(body, publicHeaders(request.headers), this.#signer);
    if (errors.length > 0) {
      reply(this.#refuse(face, errors, entry));
      return;
    }
    reply(model === "missing" ? this.#error(face, "not-found", `model: ${model}`) : this.#answer(face, body));
  }

  #answer(face: Face, body: JsonObject): Plan {
    const behaviour = behaviourOf(String(body["model"]));
    const ask = face.read(body, behaviour, this.#cache);
    const prefix = face === openaiChatFace ? "call_" : "toolu_";
    const answers = answer(ask, behaviour, () => this.#mint(prefix));
    const meta = {
      id: this.#mint(face === openaiChatFace ? "chatcmpl-" : "msg_"),
      createdAt: Math.floor(this.#options.clock.wall() / 1000),
      behaviour,
      usage: "normal" as const,
      signer: this.#signer,
    };
    const pace = behaviour.paceMs === undefined ? this.#options.pace : { ms: behaviour.paceMs, events: 1 };
    const common = { status: 200, pace, input: ask.input, outputTokens: answers.reduce((sum, one) => sum + one.outputTokens, 0) };
    const id = { [face.requestIdHeader]: this.#mint("req_") };
    return ask.stream
      ? {
          ...common,
          headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", ...id },
          body: face.frames(ask, answers, meta),
        }
      : { ...common, headers: { "content-type": "application/json", ...id }, body: face.whole(ask, answers, meta) };
  }

  #refuse(face: Face, errors: readonly string[], entry: OpenEntry): Plan {
    entry.note({ errors });
    return this.#error(face, "invalid", errors.join("\n"));
  }

  #error(face: Face, kind: ErrorKind, message: string): Plan {
    const id = this.#mint("req_");
    const plan = this.#json(face.statusOf(kind), face.errorBody(kind, message, id));
    return { ...plan, headers: { ...plan.headers, [face.requestIdHeader]: id } };
  }

  #json(status: number, body: string): Plan {
    const { pace } = this.#options;
    return { status, headers: { "content-type": "application/json" }, body, pace, input: undefined, outputTokens: 0 };
  }

  #mint(prefix: string): string {
    return `${prefix}sim${String(++this.#minted).padStart(20, "0")}`;
  }
}

function parse(bytes: Buffer): Json | undefined {
  try {
    const body: Json = JSON.parse(bytes.toString("utf8"));
    return body;
  } catch {
    return undefined;
  }
}

function listModels(anthropic: boolean): string {
  if (!anthropic) {
    return JSON.stringify({
      object: "list",
      data: models.map(({ id }) => ({ id, object: "model", created: 0, owned_by: "simulator" })),
    });
  }
  const data = models.map(({ id }) => ({
    type: "model",
    id,
    display_name: id,
    created_at: "1970-01-01T00:00:00Z",
    capabilities: null,
    max_input_tokens: null,
    max_tokens: null,
  }));
  return JSON.stringify({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
}
