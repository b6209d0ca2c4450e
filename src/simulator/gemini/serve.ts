import type { IncomingMessage, ServerResponse } from "node:http";
import { converse, errorPlan } from "../converse.ts";
import { deliver } from "../deliver.ts";
import { perform } from "../faults/connection.ts";
import type { OpenEntry } from "../journal.ts";
import type { Plan } from "../plan.ts";
import type { State } from "../state.ts";
import { notFound } from "./errors.ts";
import { geminiFace } from "./face.ts";
import { getModel, listModels } from "./models.ts";
import { geminiKey, geminiRoute, isAsked, refusalOf } from "./route.ts";

export interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly bytes: Buffer;
  readonly request: IncomingMessage;
}

/** Answers what is asked of Gemini; false: it was not asked. */
export function serveGemini(arrival: Arrival, response: ServerResponse, entry: OpenEntry, state: State): boolean {
  const { method, path, query, bytes, request } = arrival;
  const route = method === "POST" ? geminiRoute(path, query) : undefined;
  const key = geminiKey(request.headers, query);
  const refused = refusalOf(key);
  const recorded = request.headers["x-sim-recording"] !== undefined;
  if (route && (!refused || recorded)) {
    const { plan, steps } = converse({ ...route, headers: entry.entry.headers, query, bytes }, state, entry);
    if (steps) perform(steps, request.socket, plan?.input, entry, state.clock);
    else deliver(plan, response, entry, state.clock);
    return true;
  }
  const listing = method === "GET" && isGemini(path, request, query) ? /\/models(?:\/([^/]+))?$/.exec(path) : undefined;
  const unknown = method === "POST" && !route && isAsked(path);
  if (!route && !listing && !unknown) return false;
  entry.note({ wire: geminiFace.wire, model: route?.target.model, stream: route?.target.stream ?? false });
  if (refused) deliver(errorPlan(geminiFace, refused.kind, refused.message, "", state.pace), response, entry, state.clock);
  else if (unknown)
    deliver(errorPlan(geminiFace, "not-found", `The simulator has no ${path}.`, "", state.pace), response, entry, state.clock);
  else deliver(modelsPlan(listing?.[1], query, state), response, entry, state.clock);
  return true;
}

/** `/v1/models` is OpenAI's too: the key's place tells whose is meant. */
const isGemini = (path: string, request: IncomingMessage, query: string): boolean =>
  /\/v1(?:beta|alpha)\d*\//.test(path) ||
  request.headers["x-goog-api-key"] !== undefined ||
  new URLSearchParams(query).has("key");

function modelsPlan(id: string | undefined, query: string, state: State): Plan {
  const name = id === undefined ? undefined : decodeURIComponent(id);
  const body = name === undefined ? listModels(query) : getModel(name);
  if (body === undefined) return errorPlan(geminiFace, "not-found", notFound(name ?? ""), "", state.pace);
  const headers = { "content-type": "application/json; charset=UTF-8" };
  return { status: 200, headers, body, pace: state.pace, input: undefined, outputTokens: 0 };
}
