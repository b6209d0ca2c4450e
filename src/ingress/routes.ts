import type { IncomingMessage } from "node:http";
import type { Operation } from "../canonical/operations.ts";
import { anthropicMessages } from "../wires/anthropic-messages/index.ts";
import { openaiChat } from "../wires/openai-chat/index.ts";
import type { Wire } from "../wires/wire.ts";

/**
 * One entry of the public API. `access` is the route's policy: "key" demands a key (or a gateway left open on loopback),
 * "public" is for probes and tells nothing about the inside. A route cannot be written down without it.
 */
export type Route =
  | {
      readonly kind: "call";
      readonly method: "POST";
      readonly path: string;
      readonly access: "key";
      readonly wire: Wire;
      readonly operation: Operation;
    }
  | { readonly kind: "models"; readonly method: "GET"; readonly path: string; readonly access: "key" }
  | { readonly kind: "health" | "readiness"; readonly method: "GET"; readonly path: string; readonly access: "public" };

/** The whole public API. */
export const routes: readonly Route[] = [
  { kind: "call", method: "POST", path: "/v1/chat/completions", access: "key", wire: openaiChat, operation: "chat" },
  { kind: "call", method: "POST", path: "/v1/messages", access: "key", wire: anthropicMessages, operation: "chat" },
  { kind: "models", method: "GET", path: "/v1/models", access: "key" },
  { kind: "health", method: "GET", path: "/healthz", access: "public" },
  { kind: "readiness", method: "GET", path: "/readyz", access: "public" },
];

/** What a request line asked for. `methods` names what the path does take, for a 405. */
export type RouteMatch = { readonly route: Route } | { readonly route: undefined; readonly methods: readonly string[] };

const table = new Map<string, Map<string, RouteMatch>>();
for (const route of routes) {
  const methods = table.get(route.path) ?? new Map<string, RouteMatch>();
  methods.set(route.method, { route });
  table.set(route.path, methods);
}

/**
 * Whose shape an error takes that comes before a route is found: the path often says it all the same, and Anthropic's SDKs send
 * their version everywhere. Only errors are decided by this, so it may read the address loosely.
 */
export function wireOfErrors({ url, headers }: IncomingMessage): Wire {
  const anthropic = headers["anthropic-version"] !== undefined || url?.includes("/v1/messages") === true;
  return anthropic ? anthropicMessages : openaiChat;
}

/** Finds the route by method and exact path; a HEAD is answered as its GET. */
export function matchRoute(method: string, path: string): RouteMatch {
  const methods = table.get(path);
  if (methods === undefined) return { route: undefined, methods: [] };
  const found = methods.get(method === "HEAD" ? "GET" : method);
  return (
    found ?? { route: undefined, methods: [...methods.keys()].flatMap((name) => (name === "GET" ? [name, "HEAD"] : [name])) }
  );
}
