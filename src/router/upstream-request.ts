import type { HeaderBag } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Auth, Deployment } from "../providers/provider.ts";
import type { UpstreamRequest } from "../transport/http-transport.ts";

/** Who is asked, and with what credential. */
export interface Asked {
  readonly deployment: Pick<Deployment, "provider" | "baseUrl" | "credential">;
  readonly auth: Auth;
  /** Where the deployment is asked: of the operator's making, and at the origin of its base URL. */
  readonly base: string;
}

export interface Asking {
  readonly method: UpstreamRequest["method"];
  /** Below `base`, query included. What a caller named in it is percent-encoded as one segment. */
  readonly path: string;
  /** Those that the wire wants; no caller's header is among them that the wire did not choose. */
  readonly headers: HeaderBag;
  readonly body?: UpstreamRequest["body"];
}

/**
 * The one place where a credential is put on a request: it is bound to the origin of its deployment's base URL, whatever
 * else was computed. Throws GatewayError `internal` where the request would go elsewhere, `invalid_request` where its path
 * would not stay what the wire wrote.
 */
export function upstreamRequest(
  { deployment, auth, base }: Asked,
  { method, path, headers, body }: Asking,
): Pick<UpstreamRequest, "peer" | "origin" | "path" | "method" | "headers" | "body"> {
  const { provider, baseUrl } = deployment;
  const { origin, basePath } = splitBase(base);
  if (origin !== splitBase(baseUrl).origin) {
    const message = `The request to ${provider} would have left its base_url, so nothing was sent. Please report it.`;
    throw new GatewayError("internal", message);
  }
  const whole = basePath + path;
  if (!straight.test(whole) || crooked.test(whole)) {
    throw new GatewayError("invalid_request", `The model's name or an id cannot stand in a path to ${provider}.`, {
      param: "model",
    });
  }
  return { peer: provider, origin, path: whole, method, headers: { ...headers, ...credentialHeaders(auth, deployment) }, body };
}

/** Visible ASCII, rooted, without what ends a path. */
const straight = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/;
/** Segments that somebody on the way might take for "up" or "here". */
const crooked = /\/(?:\.|%2e){1,2}(?:[/?]|$)/i;

/** A URL's scheme, host and port, and its path (empty where it has none). */
export function splitBase(base: string): { readonly origin: string; readonly basePath: string } {
  const slash = base.indexOf("/", base.indexOf("//") + 2);
  return slash < 0 ? { origin: base, basePath: "" } : { origin: base.slice(0, slash), basePath: base.slice(slash) };
}

/** The headers that show a deployment's credential to its provider. */
function credentialHeaders(auth: Auth, { credential }: Asked["deployment"]): HeaderBag {
  if (credential === undefined) return {};
  switch (auth.kind) {
    case "bearer":
      return { authorization: `Bearer ${credential.reveal()}` };
    case "header":
      return { [auth.name]: credential.reveal() };
    case "none":
      return {};
  }
}
