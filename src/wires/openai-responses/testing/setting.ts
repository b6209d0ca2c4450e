import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createParser } from "eventsource-parser";
import { accumulate } from "../../../canonical/accumulate.ts";
import type { Source, Span } from "../../../canonical/call.ts";
import type { ChatChunk, ChatRequest, ChatResult, Message } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Warning } from "../../../canonical/warnings.ts";
import type { Codec, Incoming, ReplyDecoder, ReplyEncoder, Target } from "../../wire.ts";
import { openaiResponses } from "../index.ts";

function whole(found: Codec<"chat"> | undefined) {
  assert(found?.decodeRequest && found.relay);
  return { encodeRequest: found.encodeRequest, decodeRequest: found.decodeRequest, relay: found.relay };
}

export const responses = whole(openaiResponses.codecs.chat);

export const target = (over: Partial<Target> = {}): Target => ({
  provider: "openai",
  model: "gpt-5",
  stream: false,
  callId: "call_1",
  quirks: {},
  ...over,
});

export const incoming = (body: JsonObject, path = "/v1/responses"): Incoming => ({ path, query: "", headers: {}, body });

export const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });

/** A request as if it came from another wire. */
export const foreign = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "m",
  messages: [user("hello")],
  extraOrigin: "anthropic-messages",
  ...over,
});

export interface Encoded {
  readonly body: JsonObject;
  readonly input: readonly JsonObject[];
  readonly warnings: readonly Warning[];
  readonly codes: readonly string[];
  readonly decoder: ReplyDecoder<"chat">;
}

export function encode(request: ChatRequest, over: Partial<Target> = {}): Encoded {
  const { wireRequest, warnings, decoder } = responses.encodeRequest(request, target(over));
  const body = plain(wireRequest.body);
  assert(isObject(body));
  const input = isArray(body["input"]) ? body["input"].filter(isObject) : [];
  return { body, input, warnings, codes: warnings.map((warning) => warning.code), decoder };
}

/** The body decoded and encoded again. */
export function round(body: JsonObject, over: Partial<Target> = {}): Encoded {
  const decoded = responses.decodeRequest(incoming(body));
  return encode(decoded.request(), { model: decoded.model, stream: decoded.stream, ...over });
}

export const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));

export const decoder = (): ReplyDecoder<"chat"> => encode(foreign()).decoder;

export function encoder(body: JsonObject = {}): ReplyEncoder<"chat"> {
  const decoded = responses.decodeRequest(incoming({ model: "m", input: "hi", ...body }));
  return decoded.encoder({ id: "resp_ours", createdAt: 7, model: "m" });
}

/** Events as a provider would send them. */
export const events = (...bodies: readonly JsonObject[]): WireEvent[] =>
  bodies.map((body) => ({ event: String(body["type"]), data: JSON.stringify(body) }));

export function readStream(
  from: readonly WireEvent[],
  reader = decoder(),
): { chunks: ChatChunk[]; result: ChatResult; ended: boolean } {
  const chunks = from.flatMap((event) => [...reader.push(event)]);
  chunks.push(...reader.end());
  return { chunks, result: accumulate(chunks), ended: reader.ended };
}

/** A caller's bytes, with the places of their top-level members. `write` spells each member's value. */
export function sourceOf(json: JsonObject, gap = "", write: (value: Json) => string = (value) => JSON.stringify(value)): Source {
  const members = new Map<string, Span>();
  const bytes = (text: string): number => Buffer.byteLength(text);
  let text = `{${gap}`;
  for (const [name, value] of Object.entries(json)) {
    if (value === undefined) continue;
    if (members.size > 0) text += `${gap},${gap}`;
    const key = bytes(text);
    text += `${JSON.stringify(name)}${gap}:${gap}`;
    const start = bytes(text);
    text += write(value);
    members.set(name, { key, start, end: bytes(text) });
  }
  const body = Buffer.from(`${text}${gap}}`);
  return { wire: openaiResponses.name, path: "/v1/responses", query: "", headers: {}, body, json, members };
}

const root = process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open";

/** Why tests over recordings are skipped here; false where they are not. */
export const skip = existsSync(root) ? false : "no recordings here";

export interface Recorded {
  readonly file: string;
  readonly provider: string;
  readonly method: string;
  readonly path: string;
  readonly request: Json | undefined;
  readonly status: number;
  readonly reply: Json | undefined;
}

export function* recordings(wanted = "responses"): Generator<Recorded> {
  for (const provider of readdirSync(root, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue;
    for (const api of readdirSync(join(root, provider.name))) {
      if (api !== wanted) continue;
      for (const file of readdirSync(join(root, provider.name, api))) {
        const found: Json = JSON.parse(readFileSync(join(root, provider.name, api, file), "utf8"));
        assert(isObject(found) && isObject(found["request"]) && isObject(found["response"]));
        const { request, response } = found;
        yield {
          file: `${provider.name}/${api}/${file}`,
          provider: provider.name,
          method: String(request["method"]),
          path: new URL(String(request["url"]), "http://here").pathname,
          request: request["body"],
          status: Number(response["status"]),
          reply: response["body"],
        };
      }
    }
  }
}

export function eventsOf(stream: string): WireEvent[] {
  const found: WireEvent[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => found.push({ event, data }) });
  parser.feed(stream);
  parser.reset({ consume: true });
  return found;
}
