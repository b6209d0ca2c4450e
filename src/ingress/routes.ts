import type { IncomingMessage } from "node:http";
import type { Operation } from "../canonical/operations.ts";
import { anthropicMessages } from "../wires/anthropic-messages/index.ts";
import { gemini } from "../wires/gemini/index.ts";
import { openaiChat } from "../wires/openai-chat/index.ts";
import { openaiEmbeddings } from "../wires/openai-embeddings/index.ts";
import { openaiResponses } from "../wires/openai-responses/index.ts";
import type { Wire } from "../wires/wire.ts";
import { PathTable } from "./path-table.ts";

/** Whose SDKs a route is for: they share the shape of errors and model lists, and a prefix under which all of it stands too. */
export type Family = "openai" | "anthropic" | "gemini";

export const families: { readonly [name in Family]: { readonly prefix: string; readonly errors: Wire } } = {
  openai: { prefix: "/openai", errors: openaiChat },
  anthropic: { prefix: "/anthropic", errors: anthropicMessages },
  gemini: { prefix: "/gemini", errors: gemini },
};

/**
 * Who may use a route. "public": anyone who reaches the gateway; it tells nothing about the inside. "caller": whoever presents a
 * key (anyone, on a gateway left open on loopback). "admin": whoever presents the admin key.
 */
export type Role = "public" | "caller" | "admin";

/**
 * What a route does. "inference": it may cost money, and everything it does goes through the pipeline's handler. "listing": it
 * shows what can be had. "probe": it says whether the gateway is there. "operator": it shows or changes how the gateway runs.
 */
export type PolicyClass = "inference" | "listing" | "probe" | "operator";

/** What every route must declare; one without cannot be written down. `{model}` and `{id}` in a path stand for a name. */
interface Declared {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly role: Role;
  readonly policy: PolicyClass;
}

export interface CallRoute extends Declared {
  readonly kind: "call";
  readonly role: "caller";
  readonly policy: "inference";
  readonly family: Family;
  readonly wire: Wire;
  readonly operation: Operation;
}

export interface ListingRoute extends Declared {
  readonly kind: "models" | "model";
  readonly method: "GET";
  readonly role: "caller";
  readonly policy: "listing";
  readonly family: Family;
}

export interface ProbeRoute extends Declared {
  readonly kind: "health" | "readiness";
  readonly method: "GET";
  readonly role: "public";
  readonly policy: "probe";
}

export interface OperatorRoute extends Declared {
  readonly kind: "metrics" | "config-status" | "config-reload";
  readonly method: "GET" | "POST";
  readonly role: "public" | "admin";
  readonly policy: "operator";
}

/** For callers: followed only with one. */
export type CallerRoute = CallRoute | ListingRoute;
export type PlainRoute = ProbeRoute | OperatorRoute;
export type Route = CallerRoute | PlainRoute;

const call = (
  family: Family,
  wire: Wire,
  operation: Operation,
  path: string,
  method: CallRoute["method"] = "POST",
): CallRoute => ({ kind: "call", role: "caller", policy: "inference", family, wire, operation, path, method });

const listing = (kind: ListingRoute["kind"], family: Family, path: string): ListingRoute => {
  return { kind, role: "caller", policy: "listing", family, path, method: "GET" };
};
const models = (family: Family, path: string): Route => listing("models", family, path);
const model = (family: Family, path: string): Route => listing("model", family, path);
const probe = (kind: ProbeRoute["kind"], path: string): Route => ({ kind, role: "public", policy: "probe", path, method: "GET" });

/** The whole API but for the operator's. Routes of a family stand under its prefix as well. */
const routes: readonly Route[] = [
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

  probe("health", "/healthz"),
  probe("readiness", "/readyz"),
];

/** Where load balancers and orchestrators ask. */
export const probePaths: ReadonlySet<string> = new Set(routes.flatMap(({ policy, path }) => (policy === "probe" ? [path] : [])));

/** Lists of models stand at one path for all families; under a family's prefix it is that family's own. */
const prefixed: readonly Route[] = [
  ...routes,
  models("anthropic", "/anthropic/v1/models"),
  model("anthropic", "/anthropic/v1/models/{model}"),
  models("gemini", "/gemini/v1/models"),
  model("gemini", "/gemini/v1/models/{model}"),
  ...routes.flatMap((route) => ("family" in route ? [{ ...route, path: families[route.family].prefix + route.path }] : [])),
];

/** Who may read `/metrics`: the holder of the admin key, anyone, nobody. */
export type MetricsAccess = "admin" | "public" | "off";

function operatorRoutes(metrics: MetricsAccess): readonly OperatorRoute[] {
  const admin = { role: "admin", policy: "operator" } as const;
  return [
    ...(metrics === "off"
      ? []
      : [{ kind: "metrics", method: "GET", path: "/metrics", role: metrics, policy: "operator" } as const]),
    { kind: "config-status", method: "GET", path: "/admin/config/status", ...admin },
    { kind: "config-reload", method: "POST", path: "/admin/config/reload", ...admin },
  ];
}

/**
 * Every route a server answers, frozen: what is looked up here is what is authorised and what is followed.
 *
 * @param metrics undefined: there is nothing for operators
 */
export function routeTable(metrics: MetricsAccess | undefined): PathTable<Route> {
  const live = metrics === undefined ? prefixed : [...prefixed, ...operatorRoutes(metrics)];
  return new PathTable(live.map((route) => Object.freeze(route)));
}

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
