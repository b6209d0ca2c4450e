import type { IncomingMessage, ServerResponse } from "node:http";
import { anthropicCountFace } from "./anthropic-messages/count-face.ts";
import { anthropicMessagesFace } from "./anthropic-messages/face.ts";
import { converse, errorPlan } from "./converse.ts";
import { deliver } from "./deliver.ts";
import type { Face } from "./face.ts";
import { perform } from "./faults/connection.ts";
import { serveGemini } from "./gemini/serve.ts";
import type { OpenEntry } from "./journal.ts";
import { models } from "./models.ts";
import { openaiChatFace } from "./openai-chat/face.ts";
import { openaiEmbeddingsFace } from "./openai-embeddings/face.ts";
import { inputTokensFace } from "./openai-responses/count-face.ts";
import { openaiResponsesFace } from "./openai-responses/face.ts";
import { answerStored } from "./openai-responses/routes.ts";
import type { OwnedResponses } from "./openai-responses/stored.ts";
import type { Plan } from "./plan.ts";
import type { State } from "./state.ts";

const largestBody = 256 * 1024 * 1024;

/** Answers a request that has reached the simulator's socket. */
export function serve(request: IncomingMessage, response: ServerResponse, state: State): void {
  const entry = state.journal.open(request.method ?? "", request.url ?? "", request.headers);
  const pieces: Buffer[] = [];
  let size = 0;
  request.on("data", (piece: Buffer) => {
    size += piece.length;
    if (size <= largestBody) pieces.push(piece);
  });
  request.on("error", () => entry.close("aborted"));
  request.on("end", () => route(request, Buffer.concat(pieces), response, entry, state));
}

function route(request: IncomingMessage, bytes: Buffer, response: ServerResponse, entry: OpenEntry, state: State): void {
  const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
  const { method = "" } = request;
  const asksAnthropic = request.headers["anthropic-version"] !== undefined;
  if (serveGemini({ method, path, query, bytes, request }, response, entry, state)) return;
  const stored = state.responses.of(entry.entry.credential);
  const face = faceOf(method, path, request, stored);
  const kept = face ? undefined : answerStored(method, path, query, stored, entry, state);
  if (face) {
    const { plan, steps } = converse({ face, headers: entry.entry.headers, query, bytes }, state, entry);
    if (steps) perform(steps, request.socket, plan?.input, entry, state.clock);
    else deliver(plan, response, entry, state.clock);
  } else if (kept) {
    deliver(kept, response, entry, state.clock);
  } else if (method === "GET" && path.endsWith("/models")) {
    deliver(modelsPlan(asksAnthropic, state), response, entry, state.clock);
  } else {
    const message = `The simulator has no ${method} ${path}. It serves POST …/chat/completions, …/messages, …/responses, …/embeddings, …/models/{model}:generateContent and its kin, and GET …/models.`;
    const shape = asksAnthropic ? anthropicMessagesFace : openaiChatFace;
    deliver(errorPlan(shape, "not-found", message, state.mint("req_"), state.pace), response, entry, state.clock);
  }
}

/** The wire a path is spoken in. A recording may be asked for on any path. */
function faceOf(method: string, path: string, request: IncomingMessage, stored: OwnedResponses): Face | undefined {
  if (method !== "POST") return undefined;
  if (path.endsWith("/chat/completions")) return openaiChatFace;
  if (path.endsWith("/messages")) return anthropicMessagesFace;
  if (path.endsWith("/messages/count_tokens")) return anthropicCountFace;
  const instance = String(request.socket.localPort ?? "");
  if (path.endsWith("/responses")) return openaiResponsesFace(stored, instance);
  if (path.endsWith("/responses/input_tokens")) return inputTokensFace(stored, instance);
  if (path.endsWith("/embeddings")) return openaiEmbeddingsFace;
  return request.headers["x-sim-recording"] === undefined ? undefined : openaiChatFace;
}

function modelsPlan(anthropic: boolean, state: State): Plan {
  const headers = { "content-type": "application/json" };
  return { status: 200, headers, body: listModels(anthropic), pace: state.pace, input: undefined, outputTokens: 0 };
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
