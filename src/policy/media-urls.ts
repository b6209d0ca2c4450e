import type { Call } from "../canonical/call.ts";
import type { EmbedInput } from "../canonical/embed.ts";
import { GatewayError } from "../canonical/error.ts";
import { isArray, type Json } from "../canonical/json.ts";
import type { Part } from "../canonical/parts.ts";
import type { Step } from "../canonical/reply.ts";
import type { Warnings } from "../canonical/warnings.ts";
import { isUnfetched, mediaPlaces, namesAddress, type Places } from "./media-places.ts";

/** Why a caller may not name a URL, in words for the caller. */
export interface RefusedUrl {
  readonly message: string;
}

/** The rules of who may be connected to. */
export interface UrlRules {
  /** What the URL itself tells. */
  refusal(url: URL): RefusedUrl | undefined;
  /** What its name tells once it is resolved; "unknown": that takes too long. Never rejects. */
  resolved(url: URL): Promise<RefusedUrl | "unknown" | undefined>;
}

/** Whether a call's provider stands in a network of the operator's own: what it fetches, it fetches from inside. Rejects where the call has none. */
export type FromInside = (call: Call) => Promise<boolean>;

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
 * A name that is not resolved in time is refused where the provider would look it up from inside, else the caller is warned.
 */
export const mediaUrls =
  (rules: UrlRules, fromInside: FromInside): Step =>
  (next) =>
  async (call) => {
    const targets = new Targets(rules);
    if (call.source === undefined) targets.ofRequest(call);
    else targets.ofBody(call.source.wire, call.source.json);
    const { named } = targets;
    if (named.size > 0) await refuseResolved([...named.values()], rules, () => fromInside(call), call.warnings);
    return next(call);
  };

async function refuseResolved(
  targets: readonly Target[],
  rules: UrlRules,
  inside: () => Promise<boolean>,
  warnings: Warnings,
): Promise<void> {
  const refusals = await Promise.all(targets.map(({ url }) => rules.resolved(url)));
  for (const [index, { at }] of targets.entries()) {
    const refusal = refusals[index];
    if (refusal !== undefined && refusal !== "unknown") throw refused(at, refusal.message);
  }
  const late = targets.filter((_, index) => refusals[index] === "unknown");
  const [first] = late;
  if (first === undefined) return;
  if (await inside()) {
    const why = `the name ${first.url.hostname} is not resolved in time, and the model's server stands in a private network, where it must not lead; try again, or send the data itself`;
    throw refused(first.at, why);
  }
  for (const { at, url } of late) {
    const detail = `the name ${url.hostname} was not resolved in time, so it went on unseen`;
    warnings.add({ kind: "ignored", code: "url_not_resolved", at, detail });
  }
}

interface Where {
  /** A place that the wire has for media. */
  readonly known: boolean;
  /** Names for addresses are looked at, too, whoever may know them. */
  readonly loose: boolean;
  /** All members lead on. */
  readonly every: boolean;
  /** Texts of this list stand under a name for addresses. */
  readonly address: boolean;
}

const inKnown: Where = { known: true, loose: true, every: false, address: false };
const onlyKnown: Where = { known: true, loose: false, every: false, address: false };
const elsewhere: Where = { known: false, loose: true, every: false, address: false };

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
    if (places !== undefined) this.#walk(json, places, inKnown);
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

  #walk(value: Json, places: Places, { known, loose, every, address }: Where): void {
    const path = this.#path;
    if (isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const item = value[index];
        const text = address && loose && typeof item === "string";
        if (!text && (typeof item !== "object" || item === null)) continue;
        path.push(index);
        if (text) this.#lookIfUrl(item);
        else this.#walk(item, places, known ? (loose ? inKnown : onlyKnown) : elsewhere);
        path.pop();
      }
      return;
    }
    if (typeof value !== "object" || value === null) return;
    const { type } = value;
    const fetched = known && (places.type === undefined || type === places.type);
    for (const name in value) {
      const member = value[name];
      if (typeof member === "string") {
        const place = fetched && places.urls.has(name);
        if (!place && !(loose && namesAddress(name))) continue;
        path.push(name);
        if (place) this.#look(member);
        else this.#lookIfUrl(member);
        path.pop();
      } else if (typeof member === "object" && member !== null) {
        const leads = known && (every || name === places.all || places.into.has(name));
        const told = !every && isUnfetched(name, type);
        if (told && !leads) continue;
        path.push(name);
        this.#walk(member, places, {
          known: leads,
          loose: loose && !told,
          every: name === places.all,
          address: isArray(member) && namesAddress(name),
        });
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

  /** Where nobody knows what a text is: an address only where it looks like nothing else. */
  #lookIfUrl(text: string): void {
    if (/^[a-z][a-z0-9+.\t\n\r-]{0,40}:\s*[/\\]|^\/\//i.test(trimmed(text))) this.#look(text);
  }

  /** Throws where the text is a URL that may not be named. Anything else (base64, an id) is none. */
  #look(said: string): void {
    const text = absolute(trimmed(said));
    const scheme = schemeOf(text);
    if (scheme === undefined || own.has(scheme)) return;
    if (scheme !== "http" && scheme !== "https") {
      throw refused(this.#at(), `the scheme ${scheme}: is none that anything is fetched by; use https, or send the data itself`);
    }
    const url = URL.parse(text);
    if (url === null) throw refused(this.#at(), "it is not a URL");
    if (url.username !== "" || url.password !== "" || url.hash.includes("@") || /[\\\s]/.test(text.trimEnd())) {
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

/** Blank to somebody: URLs' readers strip controls and spaces, others every space there is, or what has no width. */
const blank = /^[\s\0-\x20\x7f-\xa0\xad\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+/;

const trimmed = (text: string): string => (/^[a-z/]/i.test(text) ? text : text.replace(blank, ""));

/** Base64 may begin with two slashes (MP3 does), but has no dot, colon or bracket. */
const absolute = (text: string): string => (/^\/\/[^/?#]*[.:[]/.test(text) ? `http:${text}` : text);

/** A URL's scheme in lower case. Base64 has no colon, and what stands before an id's is longer or has other letters. */
function schemeOf(text: string): string | undefined {
  const found = /^([a-z][a-z0-9+.\t\n\r-]{0,40}):/i.exec(text)?.[1];
  return found?.replaceAll(/[\t\n\r]/g, "").toLowerCase();
}

const refused = (at: string, why: string): GatewayError =>
  new GatewayError("invalid_request", `\`${at}\` cannot be used: ${why}. Nothing was sent.`, { param: at });
