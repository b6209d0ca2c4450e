import { createHash } from "node:crypto";
import type { HeaderBag } from "../canonical/call.ts";
import { isObject, type Json, type JsonObject } from "../canonical/json.ts";
import { answer } from "./brain/answer.ts";
import type { ErrorKind, Face, Target, UsagePlace } from "./face.ts";
import type { FaultContext, Step } from "./faults/fault.ts";
import { findFault } from "./faults/index.ts";
import type { OpenEntry } from "./journal.ts";
import { behaviourOf } from "./models.ts";
import type { Pace, Plan, PlanHeaders } from "./plan.ts";
import type { State } from "./state.ts";

/** A request for an answer. */
export interface Question {
  readonly face: Face;
  /** Absent where the body says it. */
  readonly target?: Target | undefined;
  /** Credentials blanked. */
  readonly headers: HeaderBag;
  readonly query: string;
  readonly bytes: Buffer;
}

/** What goes out: a reply over HTTP, or bytes written by hand. */
export type Response =
  | { readonly plan: Plan; readonly steps?: undefined }
  | { readonly plan: Plan | undefined; readonly steps: Iterable<Step> };

/** How the request names what it wants: by header, or within the model name. */
interface Wanted {
  /** The model whose behaviour answers. */
  readonly model: string;
  readonly fault: string | undefined;
  readonly recording: string | undefined;
}

function wanted(model: string, headers: HeaderBag): Wanted {
  const fault = /^fault:([^@]*)(?:@(.*))?$/.exec(model);
  const recording = /^recording:(.*)$/.exec(model)?.[1] ?? headers["x-sim-recording"];
  return { model: fault ? (fault[2] ?? "echo") : model, fault: fault?.[1] ?? headers["x-sim-fault"], recording };
}

/** Answers a request: validates it, then replays, invents or breaks as it asks. */
export function converse(question: Question, state: State, entry: OpenEntry): Response {
  const { face, headers, bytes } = question;
  const requestId = state.mint("req_");
  const body = parse(bytes);
  const target = question.target ?? targetOf(body);
  const { stream } = target;
  const { model, fault, recording } = wanted(target.model, headers);
  entry.note({ wire: face.wire, body, model: target.model, stream, fault, recording });
  state.journal.keepBody(entry, bytes.length);

  const error = (kind: ErrorKind, message: string, retryAfter?: number): Plan =>
    errorPlan(face, kind, message, requestId, state.pace, retryAfter);
  const errors = isObject(body) ? check(body, question, target, state) : ["body: is not a JSON object"];
  if (errors.length > 0) entry.note({ errors });
  // A replay is judged but served all the same: what was recorded may break rules that came later.
  if (recording === undefined && (errors.length > 0 || !isObject(body))) return { plan: error("invalid", errors.join("\n")) };
  if (model === "missing") return { plan: error("not-found", face.notFound?.(model) ?? `model: ${model}`) };

  const pace = paceOf(headers) ?? state.pace;
  const replayed = recording === undefined ? undefined : state.recordings?.plan(recording, pace);
  if (recording !== undefined && !replayed)
    return { plan: error("not-found", `recording: the simulator has no recording ${recording}`) };
  const plan = (usage: UsagePlace = "normal"): Plan =>
    replayed ?? invented(face, isObject(body) ? body : {}, target, model, usage, paceOf(headers), requestId, state);
  if (fault === undefined) return { plan: plan() };

  const found = findFault(fault);
  if (!found)
    return { plan: error("not-found", `fault: the simulator has no fault ${fault}; \`polygate simulate --list\` shows them`) };
  const key = headers["x-sim-key"] ?? createHash("sha256").update(bytes).digest("hex");
  const context: FaultContext = {
    face,
    stream,
    headers,
    now: state.clock.wall(),
    attempt: () => state.attempt(key),
    plan,
    error,
    requestId,
  };
  if (found.fault.kind === "reply") return { plan: found.fault.reply(context, found.argument) };
  let made: Plan | undefined;
  const once: FaultContext = { ...context, plan: () => (made ??= plan()) };
  return { plan: once.plan(), steps: found.fault.script(once, found.argument) };
}

const targetOf = (body: Json | undefined): Target => ({
  model: isObject(body) && typeof body["model"] === "string" ? body["model"] : "",
  stream: isObject(body) && body["stream"] === true,
});

function check(body: JsonObject, question: Question, target: Target, state: State): readonly string[] {
  const { face, headers, query } = question;
  // A service that reads into types of its own finds unknown fields before it judges what they say.
  const unread = state.specs ? (face.checkSpec?.(body, state.specs, headers) ?? []) : [];
  if (unread.length > 0) return unread;
  const errors = face.check(body, headers, state.signer, target);
  if (errors.length > 0 || !state.specs || face.checkSpec) return errors;
  switch (face.wire) {
    case "openai-chat":
      return state.specs.chatRequest(body);
    case "anthropic-messages":
      return state.specs.messagesRequest(body, headers["anthropic-beta"] !== undefined || /(^|&)beta=true(&|$)/.test(query));
    case "openai-responses":
      return state.specs.responsesRequest(body);
    case "openai-embeddings":
      return state.specs.embeddingsRequest(body);
    case "gemini":
      return [];
  }
}

function invented(
  face: Face,
  body: JsonObject,
  target: Target,
  model: string,
  usage: UsagePlace,
  askedPace: Pace | undefined,
  requestId: string,
  state: State,
): Plan {
  const behaviour = behaviourOf(model);
  const ask = face.read(body, behaviour, state.cache, target);
  const answers = answer(ask, behaviour, () => state.mint(face.ids.call));
  const id = state.mint(face.ids.reply);
  const meta = { id, body, createdAt: Math.floor(state.clock.wall() / 1000), behaviour, usage, signer: state.signer };
  const pace = askedPace ?? (behaviour.paceMs === undefined ? state.pace : { ms: behaviour.paceMs, events: 1 });
  const type = ask.stream ? (face.streamType ?? "text/event-stream; charset=utf-8") : "application/json";
  return {
    status: 200,
    headers: { "content-type": type, ...(ask.stream && { "cache-control": "no-cache" }), ...idHeader(face, requestId) },
    body: ask.stream ? face.frames(ask, answers, meta) : face.whole(ask, answers, meta),
    pace,
    input: ask.input,
    outputTokens: answers.reduce((sum, one) => sum + one.outputTokens, 0),
  };
}

/** An error in the wire's own shape. */
export function errorPlan(
  face: Face,
  kind: ErrorKind,
  message: string,
  requestId: string,
  pace: Pace,
  retryAfter?: number,
): Plan {
  return {
    status: face.statusOf(kind, message),
    headers: { "content-type": "application/json", ...idHeader(face, requestId) },
    body: face.errorBody(kind, message, requestId, retryAfter),
    pace,
    input: undefined,
    outputTokens: 0,
  };
}

const idHeader = (face: Face, requestId: string): PlanHeaders =>
  face.requestIdHeader === undefined ? {} : { [face.requestIdHeader]: requestId };

/** `x-sim-pace: ms[,events per write]`. */
function paceOf(headers: HeaderBag): Pace | undefined {
  const [ms, events] = headers["x-sim-pace"]?.split(",").map(Number) ?? [];
  return ms === undefined || !(ms >= 0) ? undefined : { ms, events: events !== undefined && events > 0 ? events : 1 };
}

function parse(bytes: Buffer): Json | undefined {
  try {
    const body: Json = JSON.parse(bytes.toString("utf8"));
    return body;
  } catch {
    return undefined;
  }
}
