import type { Call } from "../canonical/call.ts";
import type { EmbedInput } from "../canonical/embed.ts";
import { GatewayError } from "../canonical/error.ts";
import { isArray, type Json } from "../canonical/json.ts";
import type { Part } from "../canonical/parts.ts";
import type { Step } from "../canonical/reply.ts";
import { mediaPlaces, type Places } from "./media-places.ts";

/** Why a caller may not name a URL, in words for the caller. */
export interface RefusedUrl {
  readonly message: string;
}

/** The rules of who may be connected to. */
export interface UrlRules {
  /** What the URL itself tells. */
  refusal(url: URL): RefusedUrl | undefined;
  /** What its name tells once it is resolved. Never rejects. */
  resolved(url: URL): Promise<RefusedUrl | undefined>;
}

/** Most hosts that one call may name, and most URLs. */
const mostHosts = 32;
const mostUrls = 2000;

interface Target {
  readonly url: URL;
  readonly at: string;
}

/**
 * Looks at every URL that a request wants fetched, before anything is sent: only http, https, data and the stores of providers
 * themselves, no user or password, and no host that is not on the public internet unless the operator allows it (`egress.allow`).
 * Throws GatewayError `invalid_request` naming the JSON path. No request is decoded for it: the caller's own body is walked.
 */
export const mediaUrls =
  (rules: UrlRules): Step =>
  (next) =>
  async (call) => {
    const targets = new Targets(rules);
    if (call.source === undefined) targets.ofRequest(call);
    else targets.ofBody(call.source.wire, call.source.json);
    const { named } = targets;
    if (named.size > 0) await refuseResolved([...named.values()], rules);
    return next(call);
  };

async function refuseResolved(targets: readonly Target[], rules: UrlRules): Promise<void> {
  const refusals = await Promise.all(targets.map(({ url }) => rules.resolved(url)));
  for (const [index, { at }] of targets.entries()) {
    const refusal = refusals[index];
    if (refusal !== undefined) throw refused(at, refusal.message);
  }
}

/** Collects hosts that are only known by name; throws at the first URL that may not be named at all. */
class Targets {
  /** One URL of each host. */
  readonly named = new Map<string, Target>();
  readonly #rules: UrlRules;
  readonly #path: (string | number)[] = [];
  #urls = 0;

  constructor(rules: UrlRules) {
    this.#rules = rules;
  }

  ofBody(wire: string, json: Json): void {
    const places = mediaPlaces.get(wire);
    if (places !== undefined) this.#walk(json, places, false);
  }

  /** Of a call that came over no wire, or was changed on its way. */
  ofRequest({ request: asked, completed }: Call): void {
    const request = completed ?? asked;
    if ("messages" in request) {
      for (const [index, { content }] of request.messages.entries()) this.#parts(content, "messages", index, "content");
    } else if ("inputs" in request) {
      for (const [index, input] of request.inputs.entries()) if (isParts(input)) this.#parts(input, "inputs", index);
    }
  }

  #walk(value: Json, places: Places, every: boolean): void {
    const path = this.#path;
    if (isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const item = value[index];
        if (typeof item !== "object" || item === null) continue;
        path.push(index);
        this.#walk(item, places, false);
        path.pop();
      }
      return;
    }
    if (typeof value !== "object" || value === null) return;
    const fetched = places.type === undefined || value["type"] === places.type;
    for (const name in value) {
      const member = value[name];
      if (typeof member === "string") {
        if (!fetched || !places.urls.has(name)) continue;
        path.push(name);
        this.#look(member);
        path.pop();
      } else if (typeof member === "object" && member !== null && (every || name === places.all || places.into.has(name))) {
        path.push(name);
        this.#walk(member, places, name === places.all);
        path.pop();
      }
    }
  }

  #parts(parts: readonly Part[], ...place: readonly (string | number)[]): void {
    const path = this.#path;
    path.push(...place);
    for (const [index, part] of parts.entries()) {
      path.push(index);
      if (part.type === "tool-result") this.#parts(part.content, "content");
      else if ("source" in part && part.source !== undefined) {
        if (part.source.kind === "url") this.#look(part.source.url);
        else if (part.source.kind === "parts") this.#parts(part.source.parts, "source");
      }
      path.pop();
    }
    path.length -= place.length;
  }

  /** Throws where the text is a URL that may not be named. Anything else (base64, an id) is none. */
  #look(text: string): void {
    const scheme = schemeOf(text);
    if (scheme === undefined || own.has(scheme)) return;
    if (scheme !== "http" && scheme !== "https") {
      throw refused(this.#at(), `the scheme ${scheme}: is none that anything is fetched by; use https, or send the data itself`);
    }
    const url = URL.parse(text);
    if (url === null) throw refused(this.#at(), "it is not a URL");
    if (url.username !== "" || url.password !== "" || url.hash.includes("@") || /[\\\s]/.test(text.trim())) {
      throw refused(this.#at(), "a URL may hold no user, password, backslash or space");
    }
    const refusal = this.#rules.refusal(url);
    if (refusal !== undefined) throw refused(this.#at(), refusal.message);
    if (++this.#urls > mostUrls) throw refused(this.#at(), `a call may name ${mostUrls} URLs at most`);
    if (this.named.has(url.host)) return;
    if (this.named.size >= mostHosts) throw refused(this.#at(), `a call may name ${mostHosts} hosts at most`);
    this.named.set(url.host, { url, at: this.#at() });
  }

  #at(): string {
    let at = "";
    for (const step of this.#path) at += typeof step === "number" ? `[${step}]` : at === "" ? step : `.${step}`;
    return at;
  }
}

const isParts = (input: EmbedInput): input is readonly Part[] => typeof input === "object" && typeof input[0] === "object";

/** What nobody fetches by its address (`data`), and where providers themselves keep what was uploaded to them. */
const own: ReadonlySet<string> = new Set(["data", "gs", "s3", "oss", "ms", "asset"]);

/** A URL's scheme in lower case. Base64 has no colon, and what stands before an id's is longer or has other letters. */
function schemeOf(text: string): string | undefined {
  const found = /^[\0-\x20]*([a-z][a-z0-9+.\t\n\r-]{0,40}):/i.exec(text)?.[1];
  return found?.replaceAll(/[\t\n\r]/g, "").toLowerCase();
}

const refused = (at: string, why: string): GatewayError =>
  new GatewayError("invalid_request", `\`${at}\` cannot be used: ${why}. Nothing was sent.`, { param: at });
