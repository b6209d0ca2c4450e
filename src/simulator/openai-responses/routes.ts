import { errorPlan } from "../converse.ts";
import type { OpenEntry } from "../journal.ts";
import type { Plan } from "../plan.ts";
import type { State } from "../state.ts";
import { openaiResponsesFace } from "./face.ts";
import { objects } from "./items.ts";
import type { OwnedResponses, StoredResponse } from "./stored.ts";

const route = /\/responses\/([^/]+)(?:\/(input_items|cancel))?$/;

/** What is asked of a stored response, answered; undefined where the path is another. */
export function answerStored(
  method: string,
  path: string,
  query: string,
  stored: OwnedResponses,
  entry: OpenEntry,
  state: State,
): Plan | undefined {
  const [, id, what] = route.exec(path) ?? [];
  if (id === undefined) return undefined;
  const act = action(method, what);
  if (!act) return undefined;
  entry.note({ wire: "openai-responses" });
  const requestId = state.mint("req_");
  const face = openaiResponsesFace(stored, "");
  const found = stored.get(id);
  if (!found) return errorPlan(face, "invalid", `Response with id '${id}' not found.`, requestId, state.pace);
  const body = act(found, id, stored, new URLSearchParams(query));
  if (typeof body === "string") return errorPlan(face, "invalid", body, requestId, state.pace);
  const headers = { "content-type": "application/json", "x-request-id": requestId };
  return { status: 200, headers, body: JSON.stringify(body), pace: state.pace, input: undefined, outputTokens: 0 };
}

/** Gives a body, or the sentence that refuses. */
type Action = (found: StoredResponse, id: string, stored: OwnedResponses, query: URLSearchParams) => object | string;

function action(method: string, what: string | undefined): Action | undefined {
  if (method === "POST" && what === "cancel") return cancel;
  if (method === "GET" && what === "input_items") return listItems;
  if (what !== undefined) return undefined;
  if (method === "GET") return (found) => found.response;
  return method === "DELETE" ? remove : undefined;
}

const remove: Action = (_found, id, stored) => {
  stored.delete(id);
  return { id, object: "response.deleted", deleted: true };
};

const cancel: Action = (found, id, stored) => {
  if (found.response["background"] !== true) return "Cannot cancel a synchronous response.";
  const response = { ...found.response, status: "cancelled", output: [], usage: null, completed_at: null };
  stored.keep(id, { ...found, response, output: [] });
  return response;
};

const listItems: Action = (found, _id, _stored, query) => {
  const newestFirst = query.get("order") !== "asc";
  const all = newestFirst ? objects(found.conversation).toReversed() : objects(found.conversation);
  const after = query.get("after");
  const start = after === null ? 0 : all.findIndex((item) => item["id"] === after) + 1;
  const limit = Math.min(Math.max(Number(query.get("limit") ?? 20) || 20, 1), 100);
  const data = all.slice(start, start + limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
    has_more: start + limit < all.length,
  };
};
