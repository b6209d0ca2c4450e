import { Buffer } from "node:buffer";
import { type Call, withCompleted } from "../canonical/call.ts";
import type { Message } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Operation } from "../canonical/operations.ts";
import type { MediaSource, Part } from "../canonical/parts.ts";
import type { Fetched, PublicGet } from "../transport/fetch-public.ts";
import { typeByName } from "../wires/gemini/media.ts";
import type { Candidate } from "./candidate.ts";
import { inCallersWords } from "./places.ts";

/*
 * Some wires take a document or a sound only with its content, others want to be told what lies at a URL. What a caller named
 * by URL is fetched for them, where the alternative is to drop it. Never for a relayed request: its provider is the one that
 * its caller wrote for.
 */

export interface InlineMedia {
  readonly get: (asked: PublicGet) => Promise<Fetched>;
  /** Largest of one, and of all that one call names. */
  readonly maxBytes: number;
  readonly totalMs: number;
}

/** Most URLs of one call that are fetched. */
const mostFetched = 8;

/** What stores give out that were told of no type. */
const untyped = "application/octet-stream";
const documentTypes = ["application/pdf", "text/", "application/json", "application/xml", "application/yaml", untyped];
const typesOf = {
  image: ["image/"],
  audio: ["audio/"],
  video: ["video/"],
  document: documentTypes,
} as const satisfies { readonly [type in MediaPart["type"]]: readonly string[] };

type MediaPart = Extract<Part, { readonly type: "image" | "audio" | "video" | "document" }>;

/** By the wire of the provider: whether a part that is named by URL must be sent with its content. */
const wanting: ReadonlyMap<string, (part: MediaPart, url: string) => boolean> = new Map([
  ["openai-chat", ({ type }) => type === "document" || type === "audio"],
  // A document at a URL is taken for a PDF.
  ["anthropic-messages", ({ type, source }, url) => type === "document" && typeOf(source, url) !== "application/pdf"],
  // A URL goes with its type, and what is sent under a wrong one is refused.
  ["gemini", ({ source }, url) => typeOf(source, url) === undefined && !/^https?:\/\/(?:www\.|m\.)?youtu/i.test(url)],
]);

const typeOf = (source: MediaSource | undefined, url: string): string | undefined =>
  (source?.kind === "url" ? source.mediaType : undefined) ?? typeByName(url);

/** The URL of a part that is to be sent with its content to a provider of this wire; undefined for all others. */
function urlToFetch(part: Part, wire: string): string | undefined {
  if (!("source" in part) || part.source?.kind !== "url") return undefined;
  const { url } = part.source;
  return /^https?:/i.test(url) && wanting.get(wire)?.(part, url) === true ? url : undefined;
}

/**
 * The call with what its provider could not have fetched by itself; the call itself where there is nothing of that kind. What
 * cannot be fetched stays as it is, with a warning that says why, and is then lost or refused by its encoder as ever. Throws
 * GatewayError `invalid_request` for a URL that may not be connected to.
 */
export function inlineMedia<Op extends Operation>(
  call: Call<Op>,
  { endpoint }: Candidate,
  media: InlineMedia | undefined,
  remainingMs: number,
): Call<Op> | Promise<Call<Op>> {
  const wire = endpoint.wire.name;
  if (media === undefined || !wanting.has(wire)) return call;
  // Relayed: asking for the request would decode it for nothing.
  if (call.source?.wire === wire && endpoint.wire.codecs[call.operation]?.relay !== undefined) return call;
  const request = call.completed ?? call.request;
  if (!("messages" in request) || !request.messages.some(({ content }) => wants(content, wire))) return call;
  return new Inliner(call, wire, { ...media, totalMs: Math.min(media.totalMs, remainingMs) })
    .messages(request.messages)
    .then((messages) => withCompleted(call, { ...request, messages }));
}

const wants = (parts: readonly Part[], wire: string): boolean =>
  parts.some((part) => (part.type === "tool-result" ? wants(part.content, wire) : urlToFetch(part, wire) !== undefined));

class Inliner {
  readonly #call: Call;
  readonly #wire: string;
  readonly #media: InlineMedia;
  #left: number;
  #fetched = 0;

  constructor(call: Call, wire: string, media: InlineMedia) {
    this.#call = call;
    this.#wire = wire;
    this.#media = media;
    this.#left = media.maxBytes;
  }

  /** One after the other, so that a call holds no more than its share. */
  async messages(messages: readonly Message[]): Promise<readonly Message[]> {
    const out: Message[] = [];
    for (const [index, message] of messages.entries()) {
      const at = `messages[${index}].content`;
      out.push(wants(message.content, this.#wire) ? { ...message, content: await this.#parts(message.content, at) } : message);
    }
    return out;
  }

  async #parts(parts: readonly Part[], at: string): Promise<readonly Part[]> {
    const out: Part[] = [];
    for (const [index, part] of parts.entries()) {
      const here = `${at}[${index}]`;
      if (part.type === "tool-result") out.push({ ...part, content: await this.#parts(part.content, `${here}.content`) });
      else out.push(await this.#part(part, here));
    }
    return out;
  }

  async #part(part: Part, at: string): Promise<Part> {
    const url = urlToFetch(part, this.#wire);
    if (url === undefined || !isMedia(part)) return part;
    if (++this.#fetched > mostFetched) return this.#unfetched(part, at, `no more than ${mostFetched} are fetched for one call`);
    const { get, totalMs } = this.#media;
    const got = await get({ url, types: typesOf[part.type], maxBytes: this.#left, totalMs, signal: this.#call.signal });
    if (!got.ok) {
      if (!got.refused) return this.#unfetched(part, at, got.why);
      throw new GatewayError("invalid_request", `\`${at}\` cannot be fetched: ${got.why}. Nothing was sent.`, { param: at });
    }
    this.#left -= got.bytes.length;
    const source = sourceOf(got.mediaType, got.bytes);
    if (source === undefined) return this.#unfetched(part, at, "nothing tells of what type it is");
    const detail = `its provider takes no such URL, so the gateway fetched it (${got.mediaType}, ${got.bytes.length} bytes).`;
    this.#warn("emulated", "media_fetched", at, detail);
    return { ...part, source };
  }

  #unfetched(part: Part, at: string, why: string): Part {
    this.#warn("ignored", "media_not_fetched", at, `the gateway would have sent its content, but ${why}.`);
    return part;
  }

  #warn(kind: "emulated" | "ignored", code: string, at: string, detail: string): void {
    const { warnings, source, completed } = this.#call;
    warnings.addAll(inCallersWords([{ kind, code, at, detail }], completed === undefined ? source : undefined));
  }
}

const isMedia = (part: Part): part is MediaPart => part.type in typesOf;

/** Text as text, everything else as bytes. */
function sourceOf(mediaType: string, bytes: Uint8Array): MediaSource | undefined {
  const textual = mediaType.startsWith("text/") || /^application\/(?:json|xml|yaml)$/.test(mediaType);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (textual) return { kind: "text", text: buffer.toString("utf8"), mediaType };
  const known = mediaType !== untyped ? mediaType : buffer.toString("latin1", 0, 5) === "%PDF-" ? "application/pdf" : undefined;
  return known === undefined ? undefined : { kind: "base64", mediaType: known, data: buffer.toString("base64") };
}
