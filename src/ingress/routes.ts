import type { IncomingMessage } from "node:http";
import type { Operation } from "../canonical/operations.ts";
import { anthropicMessages } from "../wires/anthropic-messages/index.ts";
import { gemini } from "../wires/gemini/index.ts";
import { openaiChat } from "../wires/openai-chat/index.ts";
import { openaiEmbeddings } from "../wires/openai-embeddings/index.ts";
import { openaiResponses } from "../wires/openai-responses/index.ts";
import type { Wire } from "../wires/wire.ts";
import { type Match, PathTable } from "./path-table.ts";

/** Whose SDKs a route is for: they share the shape of errors and model lists, and a prefix under which all of it stands too. */
export type Family = "openai" | "anthropic" | "gemini";

export const families: { readonly [name in Family]: { readonly prefix: string; readonly errors: Wire } } = {
  openai: { prefix: "/openai", errors: openaiChat },
  anthropic: { prefix: "/anthropic", errors: anthropicMessages },
  gemini: { prefix: "/gemini", errors: gemini },
};

/**
 * One entry of the public API. `access` is the route's policy: "key" demands a key (or a gateway left open on loopback),
 * "public" is for probes and tells nothing about the inside. A route cannot be written down without it. `{model}`
 * and `{id}` in a path stand for what the caller names there.
 */
export type Route =
  | {
      readonly kind: "call";
      readonly method: "GET" | "POST" | "DELETE";
      readonly path: string;
      readonly access: "key";
      readonly family: Family;
      readonly wire: Wire;
      readonly operation: Operation;
    }
  | {
      readonly kind: "models" | "model";
      readonly method: "GET";
      readonly path: string;
      readonly access: "key";
      readonly family: Family;
    }
  | { readonly kind: "health" | "readiness"; readonly method: "GET"; readonly path: string; readonly access: "public" };

type CallRoute = Extract<Route, { kind: "call" }>;

const call = (
  family: Family,
  wire: Wire,
  operation: Operation,
  path: string,
  method: CallRoute["method"] = "POST",
): CallRoute => ({ kind: "call", access: "key", family, wire, operation, path, method });

const models = (family: Family, path: string): Route => ({ kind: "models", method: "GET", access: "key", family, path });
const model = (family: Family, path: string): Route => ({ kind: "model", method: "GET", access: "key", family, path });

/** The whole public API. Routes of a family stand under its prefix as well. */
export const routes: readonly Route[] = [
  call("openai", openaiChat, "chat", "/v1/chat/completions"),
  call("openai", openaiResponses, "chat", "/v1/responses"),
  call("openai", openaiResponses, "count-tokens", "/v1/responses/input_tokens"),
  call("openai", openaiResponses, "stored", "/v1/responses/{id}", "GET"),
  call("openai", openaiResponses, "stored", "/v1/responses/{id}", "DELETE"),
  call("openai", openaiResponses, "stored", "/v1/responses/{id}/input_items", "GET"),
  call("openai", openaiResponses, "stored", "/v1/responses/{id}/cancel"),
  call("openai", openaiEmbeddings, "embed", "/v1/embeddings"),
  models("openai", "/v1/models"),
  model("openai", "/v1/models/{model}"),

  call("anthropic", anthropicMessages, "chat", "/v1/messages"),
  call("anthropic", anthropicMessages, "count-tokens", "/v1/messages/count_tokens"),

  // Google's SDKs use either version; some leave `models/` out before a name that has a slash.
  ...["/v1beta/models", "/v1/models", "/v1beta", "/v1"].flatMap((base) => [
    call("gemini", gemini, "chat", `${base}/{model}:generateContent`),
    call("gemini", gemini, "chat", `${base}/{model}:streamGenerateContent`),
    call("gemini", gemini, "count-tokens", `${base}/{model}:countTokens`),
    call("gemini", gemini, "embed", `${base}/{model}:embedContent`),
    call("gemini", gemini, "embed", `${base}/{model}:batchEmbedContents`),
  ]),
  models("gemini", "/v1beta/models"),
  model("gemini", "/v1beta/models/{model}"),

  { kind: "health", method: "GET", path: "/healthz", access: "public" },
  { kind: "readiness", method: "GET", path: "/readyz", access: "public" },
];

/** Lists of models stand at one path for all families; under a family's prefix it is that family's own. */
const prefixed: readonly Route[] = [
  ...routes,
  models("anthropic", "/anthropic/v1/models"),
  model("anthropic", "/anthropic/v1/models/{model}"),
  models("gemini", "/gemini/v1/models"),
  model("gemini", "/gemini/v1/models/{model}"),
  ...routes.flatMap((route) => ("family" in route ? [{ ...route, path: families[route.family].prefix + route.path }] : [])),
];

const table = new PathTable(prefixed);

/** Finds the route by method and path; a HEAD is answered as its GET. */
export const matchRoute = (method: string, path: string): Match<Route> => table.match(method, path);

/** The path without its family's prefix, as wires know it. */
export function plainPath(path: string): string {
  for (const { prefix } of Object.values(families)) if (path.startsWith(`${prefix}/`)) return path.slice(prefix.length);
  return path;
}

/**
 * Whose SDK speaks where no route says it, or one that several families share: the path often says it, and each SDK has a
 * header of its own. Only the shape of errors and lists is decided by this, so it may read the address loosely.
 */
export function familyOf({ url = "", headers }: Pick<IncomingMessage, "url" | "headers">): Family {
  if (headers["anthropic-version"] !== undefined || url.includes("/v1/messages") || url.startsWith("/anthropic/")) {
    return "anthropic";
  }
  const google = headers["x-goog-api-key"] !== undefined || headers["x-goog-api-client"] !== undefined;
  if (google || /^\/(?:gemini|v1beta)\/|:\w+(?:\?|$)/.test(url)) return "gemini";
  return "openai";
}
