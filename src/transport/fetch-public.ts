import type { HeaderBag } from "../canonical/call.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Clock } from "../canonical/ports.ts";
import { EgressRefused } from "./connector.ts";
import { HttpTransport, readAll, type UpstreamReply } from "./http-transport.ts";
import type { Egress } from "./network.ts";

/** Redirects that are followed, each hop judged like the first. */
const mostHops = 3;
/** Fetches under way at a time, of all callers: each may hold its whole body in memory. */
const mostAtOnce = 16;
/** Until a connection is there, and between two pieces. */
const impatienceMs = 10_000;

export interface PublicGet {
  readonly url: string;
  /** What is taken: whole media types or beginnings of them, in lower case (`application/pdf`, `image/`). */
  readonly types: readonly string[];
  readonly maxBytes: number;
  /** For all of it, redirects included. */
  readonly totalMs: number;
  readonly signal: AbortSignal;
}

export interface PublicPost {
  readonly url: string;
  /** Sent to that URL alone: nothing is sent again where a reply points elsewhere. */
  readonly headers: HeaderBag;
  readonly body: string;
  readonly totalMs: number;
  readonly signal: AbortSignal;
}

/** What did not come: `refused` tells that the address may not be connected to, or the URL is none that is fetched. */
export interface NotFetched {
  readonly ok: false;
  readonly refused: boolean;
  /** The end of a sentence, for whoever named the URL: "it answered with HTTP 404". */
  readonly why: string;
}

export type Fetched = { readonly ok: true; readonly mediaType: string; readonly bytes: Uint8Array } | NotFetched;
/** A redirect's target. */
interface Led {
  readonly to: string | undefined;
}

export type Posted = { readonly ok: true; readonly status: number } | NotFetched;

/**
 * Fetches what callers name by URL: http and https without user or password, at addresses that the policy allows, judged anew at
 * every redirect. No credential, cookie or header of anybody's goes along, and no connection is kept.
 */
export class PublicFetcher {
  readonly #egress: Egress;
  readonly #clock: Clock;
  #underWay = 0;

  constructor(egress: Egress, clock: Clock) {
    this.#egress = egress;
    this.#clock = clock;
  }

  /** Rejects with the signal's own reason once that is aborted, and with nothing else. */
  get({ url, types, maxBytes, totalMs, signal }: PublicGet): Promise<Fetched> {
    const until = this.#clock.now() + totalMs;
    return this.#oneOfFew(signal, async () => {
      let next = readUrl(url);
      for (let hop = 0; hop <= mostHops; hop++) {
        if (typeof next === "string") return refused(next);
        const target = next;
        const outcome = await this.#exchange(target, { until, signal }, async (reply): Promise<Fetched | Led> => {
          const { status, headers } = reply;
          if (isRedirect(status)) return { to: headers["location"] };
          if (status !== 200) return failed(`it answered with HTTP ${status}`);
          const mediaType = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
          if (!types.some((type) => (type.endsWith("/") ? mediaType.startsWith(type) : mediaType === type))) {
            return failed(`it is of the type ${mediaType === "" ? "(none)" : mediaType.slice(0, 60)}, which is not taken here`);
          }
          if (Number(headers["content-length"] ?? 0) > maxBytes) return failed(`it is larger than ${maxBytes} bytes`);
          return { ok: true, mediaType, bytes: await readAll(reply.body, maxBytes) };
        });
        if (!("to" in outcome)) return outcome;
        next = redirected(target, outcome.to);
      }
      return failed(`it leads on more than ${mostHops} times`);
    });
  }

  /** One POST: a redirect is its answer like any other. Rejects as `get` does. */
  post({ url, headers, body, totalMs, signal }: PublicPost): Promise<Posted> {
    const until = this.#clock.now() + totalMs;
    return this.#oneOfFew(signal, async () => {
      const target = readUrl(url);
      if (typeof target === "string") return refused(target);
      return this.#exchange(target, { until, signal, post: { headers, body } }, async ({ status }) => ({ ok: true, status }));
    });
  }

  async #oneOfFew<T>(signal: AbortSignal, work: () => Promise<T | NotFetched>): Promise<T | NotFetched> {
    if (this.#underWay >= mostAtOnce) return failed("too many others are being fetched");
    this.#underWay++;
    try {
      return await work();
    } catch (thrown) {
      if (signal.aborted || !(thrown instanceof GatewayError)) throw thrown;
      if (thrown.cause instanceof EgressRefused) return refused(thrown.cause.refusal.message);
      return failed(reason(thrown));
    } finally {
      this.#underWay--;
    }
  }

  /** One request over a connection of its own. */
  async #exchange<T>(
    url: URL,
    {
      until,
      signal,
      post,
    }: { readonly until: number; readonly signal: AbortSignal; readonly post?: Pick<PublicPost, "headers" | "body"> },
    read: (reply: UpstreamReply) => Promise<T>,
  ): Promise<T | NotFetched> {
    const refusal = this.#egress.policy().refusalOf(url);
    if (refusal !== undefined) return refused(refusal.message);
    const remaining = until - this.#clock.now();
    if (remaining <= 0) return failed("it took too long");
    const transport = new HttpTransport({ clock: this.#clock, connections: 1, egress: this.#egress });
    try {
      const reply = await transport.send({
        peer: url.host,
        origin: url.origin,
        path: url.pathname + url.search,
        method: post === undefined ? "GET" : "POST",
        headers: { accept: "*/*", "user-agent": "polygate", ...post?.headers },
        body: post?.body,
        signal,
        timeouts: { connectMs: impatienceMs, firstByteMs: remaining, idleMs: impatienceMs, totalMs: remaining },
      });
      const done = await read(reply);
      reply.body.cancel();
      return done;
    } finally {
      await transport.close();
    }
  }
}

const failed = (why: string): NotFetched => ({ ok: false, refused: false, why });
const refused = (why: string): NotFetched => ({ ok: false, refused: true, why });

/** A URL that may be fetched, or why it may not. */
function readUrl(text: string): URL | string {
  const url = URL.parse(text);
  if (url === null) return "it is not a URL";
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return `the scheme ${url.protocol} is none that anything is fetched by`;
  if (url.username !== "" || url.password !== "") return "a URL may hold no user or password";
  if (/[\\\s]/.test(text) || url.hash.includes("@")) return "a URL may hold no backslash or space, nor an @ behind its #";
  return url;
}

function redirected(from: URL, location: string | undefined): URL | string {
  const url = URL.parse(location ?? "", from.href);
  if (location === undefined || url === null) return "it leads nowhere";
  if (from.protocol === "https:" && url.protocol === "http:") return "it leads from https to http";
  return readUrl(url.href);
}

const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

function reason({ code }: GatewayError): string {
  switch (code) {
    case "timeout":
      return "it took too long";
    case "unreachable":
      return "it cannot be reached";
    case "truncated":
      return "it broke off";
    default:
      return "its answer is too large or cannot be read";
  }
}
