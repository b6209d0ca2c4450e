import type { HeaderBag } from "../canonical/call.ts";

/** Set by the transport itself, meant for one connection only, or telling of who called us: no provider's business. */
const OWN: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "accept-encoding",
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "expect",
  ...["proxy-authorization", "proxy-authenticate", "via", "forwarded", "cookie"],
  ...["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip"],
]);

/** A request's headers as undici takes them with the least work: name, value, name, value … */
export function outgoingHeaders(headers: HeaderBag): string[] {
  const list = ["accept-encoding", "identity"];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !OWN.has(name)) list.push(name, value);
  }
  return list;
}

/** A reply's headers as undici gives them (lower case, repeated ones as a list). */
export function incomingHeaders(headers: { readonly [name: string]: string | readonly string[] | undefined }): HeaderBag {
  const bag: Record<string, string | undefined> = {};
  for (const name in headers) {
    const value = headers[name];
    bag[name] = typeof value === "object" ? value.join(", ") : value;
  }
  return bag;
}

/** The bag without what described the body before it was decoded. */
export function decodedHeaders(headers: HeaderBag): HeaderBag {
  const { "content-encoding": _encoding, "content-length": _length, ...rest } = headers;
  return rest;
}
