import { GatewayError } from "../../canonical/error.ts";
import type { JsonObject } from "../../canonical/json.ts";
import type { StoredRequest, StoredResult } from "../../canonical/stored.ts";
import { object, refuse, text } from "../shared/read.ts";
import { WholeRelay } from "../shared/whole-relay.ts";
import type { Codec, Incoming, Observed, ReplyDecoder, ReplyEncoder, WireRequest } from "../wire.ts";
import { isOver } from "./finish.ts";
import { path } from "./name.ts";
import { decodeUsage } from "./usage.ts";

/** Query parameters that say how much of a stored answer is wanted. Nothing else of a caller's query is passed on. */
const harmless = new Set([
  ...["include", "include[]", "limit", "after", "before", "order", "starting_after", "include_obfuscation"],
]);

/** GET and DELETE /responses/{id}, POST /responses/{id}/cancel, GET /responses/{id}/input_items */
export const stored: Codec<"stored"> = {
  encodeRequest(request) {
    return { wireRequest: wireRequest(request, ""), warnings: [], decoder: new StoredDecoder() };
  },
  decodeRequest(incoming) {
    const request = readRequest(incoming);
    refuseStream(incoming.query);
    return { model: "", stream: false, continues: request.id, request: () => request, encoder: () => encoder };
  },
  relay(source) {
    const request = readRequest(source);
    const relay = new WholeRelay(observe, () => true);
    return { wireRequest: wireRequest(request, source.query), warnings: [], relay, decoder: () => new StoredDecoder() };
  },
};

/** What the method and path ask for. */
function readRequest({ method, path: asked, named }: Pick<Incoming, "method" | "path" | "named">): StoredRequest {
  const found = /\/responses\/([^/]+)(?:\/(cancel|input_items))?$/.exec(asked);
  const id = named ?? decoded(found?.[1]);
  if (id === undefined) return refuse("response_id", "the id of a response");
  switch (found?.[2]) {
    case "cancel":
      return { verb: "cancel", id };
    case "input_items":
      return { verb: "list-input", id };
    default:
      return { verb: method === "DELETE" ? "delete" : "get", id };
  }
}

const isId = (id: string): boolean => /^[\w-]{1,200}$/.test(id);

function decoded(segment: string | undefined): string | undefined {
  try {
    return segment === undefined ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function refuseStream(query: string): void {
  if (new URLSearchParams(query).get("stream") !== "true") return;
  const said = "A stored response cannot be streamed through this gateway. Leave `stream` out and ask for it whole.";
  throw new GatewayError("unsupported", said, { param: "stream" });
}

function wireRequest({ verb, id }: StoredRequest, query: string): WireRequest {
  if (!isId(id)) refuse("response_id", "the id of a response: up to 200 letters, digits, - and _");
  const kept = new URLSearchParams();
  for (const [field, value] of new URLSearchParams(query)) if (harmless.has(field)) kept.append(field, value);
  const asked = kept.size === 0 ? "" : `?${kept.toString()}`;
  const own = `${path}/${encodeURIComponent(id)}`;
  switch (verb) {
    case "get":
      return { method: "GET", path: `${own}${asked}`, headers: {} };
    case "list-input":
      return { method: "GET", path: `${own}/input_items${asked}`, headers: {} };
    case "delete":
      return { method: "DELETE", path: own, headers: {} };
    case "cancel":
      return { method: "POST", path: `${own}/cancel`, headers: { "content-type": "application/json" }, body: {} };
  }
}

/** Usage belongs to the books only where nobody saw it before: of an answer made in the background that is over. */
function facts(body: JsonObject): Pick<StoredResult, "model" | "usage"> {
  const model = text(body["model"]);
  const raw = body["background"] === true && isOver(body["status"]) ? object(body["usage"]) : undefined;
  const usage = raw && decodeUsage(raw, body["tool_usage"]);
  return { ...(model !== undefined && { model }), ...(usage !== undefined && { usage }) };
}

const observe = (body: JsonObject): Partial<Observed> => ({ id: text(body["id"]), ...facts(body) });

class StoredDecoder implements ReplyDecoder<"stored"> {
  readonly ended = true;
  readonly done = true;

  whole(body: JsonObject): StoredResult {
    return { body, ...facts(body) };
  }

  push(): readonly never[] {
    return [];
  }

  end(): readonly never[] {
    return [];
  }
}

const encoder: ReplyEncoder<"stored"> = {
  whole: ({ body }) => body,
  push: () => [],
  end: () => [],
  warnings: [],
  keepAlive: { comment: "keep-alive" },
};
