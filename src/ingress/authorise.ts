import type { IncomingMessage } from "node:http";
import type { Caller } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Serving } from "./options.ts";
import { presentedKey } from "./request.ts";
import type { CallerRoute, PlainRoute } from "./routes.ts";

/** A route and who came through it: the one object that is both judged and followed. */
export type Admitted =
  | { readonly route: CallerRoute; readonly caller: Caller }
  | { readonly route: PlainRoute; readonly caller?: undefined };

/**
 * Lets a request through the route that was found for it, by the role this declares. There is no caller by default: a route for
 * callers is not followed without one, and what is refused throws (`unauthenticated`, `permission_denied`).
 */
export function authorise(
  route: CallerRoute | PlainRoute,
  serving: Serving,
  request: Pick<IncomingMessage, "headers" | "method" | "socket">,
  query: string,
): Admitted {
  switch (route.role) {
    case "public":
      return { route };
    case "caller":
      return { route, caller: serving.identify(presentedKey(request.headers, route.family === "gemini" ? query : undefined)) };
    case "admin":
      admit(route.method, serving, request);
      return { route };
  }
}

/** An open gateway shows its operator's pages to anyone on this machine; nobody changes anything without the admin key. */
function admit(method: "GET" | "POST", serving: Serving, { headers, socket }: Pick<IncomingMessage, "headers" | "socket">): void {
  if (serving.open && method === "GET" && isLoopback(socket.remoteAddress)) return;
  if (serving.identifyAdmin === undefined) {
    throw new GatewayError("permission_denied", "This is for the operator, and this gateway has no admin key.");
  }
  serving.identifyAdmin(presentedKey(headers));
}

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (address === "::1" || /^(?:::ffff:)?127\./.test(address));
