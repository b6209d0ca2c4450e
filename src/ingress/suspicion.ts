import type { IncomingMessage } from "node:http";
import { GatewayError } from "../canonical/error.ts";

/** Some versions of Node drop what comes past their own limit without a word: one more than these is read to tell. */
export const mostHeaders = 100;

/** Throws GatewayError `invalid_request` with status 431. */
export function refuseManyHeaders({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">): void {
  if (rawHeaders.length <= mostHeaders * 2) return;
  throw new GatewayError("invalid_request", `The request has more than the ${mostHeaders} headers this gateway takes.`, {
    status: 431,
  });
}

/**
 * Refuses what two servers in a row could read as two different requests, and Node takes: a Transfer-Encoding other than
 * `chunked`, any at all in HTTP/1.0, and a body where the method gives it no meaning. An expectation that nobody knows is refused
 * with status 417. Throws GatewayError `invalid_request`.
 */
export function refuseAmbiguous({ headers, method, httpVersionMinor }: IncomingMessage): void {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && (httpVersionMinor === 0 || coding.toLowerCase() !== "chunked")) {
    throw new GatewayError("invalid_request", "The only Transfer-Encoding taken is chunked, in HTTP/1.1.");
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== "100-continue") {
    throw new GatewayError("invalid_request", "The only Expect taken is 100-continue.", { status: 417 });
  }
  if (method === "POST" || method === "DELETE") return;
  const length = headers["content-length"];
  if (coding !== undefined || (length !== undefined && length !== "0")) {
    throw new GatewayError("invalid_request", `A ${method ?? "request"} has no body here. Send it without one.`);
  }
}

/**
 * Refuses what a browser says comes from another site's page. An open gateway knows its callers by nothing but their being on this
 * machine, and so are the pages its user looks at. Cross-origin sharing (CORS) is never granted, to anyone.
 * Throws GatewayError `permission_denied`.
 */
export function refuseForeignPages({ headers }: Pick<IncomingMessage, "headers">): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  if (site === undefined && origin === undefined) return;
  const foreign = origin !== undefined && origin.slice(origin.indexOf("//") + 2).toLowerCase() !== host?.toLowerCase();
  if (foreign || site === "cross-site" || site === "same-site") {
    throw new GatewayError(
      "permission_denied",
      "This gateway has no keys and so takes no calls from web pages of other origins: any page could spend what it has. Configure `keys` and call it from your page's server.",
    );
  }
}
