import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "../../../canonical/call.ts";
import type { EmbedRequest } from "../../../canonical/embed.ts";
import { isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Codec, Incoming, Target } from "../../wire.ts";
import { openaiEmbeddings } from "../index.ts";

function whole(found: Codec<"embed"> | undefined) {
  assert(found?.decodeRequest && found.relay);
  return { encodeRequest: found.encodeRequest, decodeRequest: found.decodeRequest, relay: found.relay };
}

export const embed = whole(openaiEmbeddings.codecs.embed);

export const target = (over: Partial<Target> = {}): Target => ({
  provider: "openai",
  model: "text-embedding-3-small",
  stream: false,
  callId: "call_1",
  quirks: {},
  ...over,
});

export const incoming = (body: JsonObject): Incoming => ({ path: "/v1/embeddings", query: "", headers: {}, body });

export const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value));

/** The body decoded and encoded again. */
export function round(body: JsonObject, over: Partial<Target> = {}) {
  const decoded = embed.decodeRequest(incoming(body));
  const { wireRequest, warnings, decoder } = embed.encodeRequest(decoded.request(), target({ model: decoded.model, ...over }));
  return { body: plain(wireRequest.body), codes: warnings.map(({ code }) => code), decoder };
}

/** A request as if it came from Gemini. */
export const foreign = (over: Partial<EmbedRequest> = {}): EmbedRequest => ({
  model: "m",
  inputs: ["hello"],
  extraOrigin: "gemini",
  ...over,
});

/** A caller's bytes; only `model` is known by its place. */
export function sourceOf(json: JsonObject): Source {
  const text = JSON.stringify({ ...json, model: json["model"] ?? "m" });
  const body = Buffer.from(text);
  const key = body.indexOf('"model":');
  const start = key + '"model":'.length;
  const members = new Map([["model", { key, start, end: body.indexOf('"', start + 1) + 1 }]]);
  return { wire: openaiEmbeddings.name, path: "/v1/embeddings", query: "", headers: {}, body, json, members };
}

const root = process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open";
const apis = new Set(["embeddings", "openai_compat_embeddings"]);

/** Why tests over recordings are skipped here; false where they are not. */
export const skip = existsSync(root) ? false : "no recordings here";

export interface Recorded {
  readonly file: string;
  readonly provider: string;
  readonly request: Json | undefined;
  readonly status: number;
  readonly reply: Json | undefined;
}

export function* recordings(): Generator<Recorded> {
  for (const provider of readdirSync(root)) {
    for (const api of apis) {
      const folder = join(root, provider, api);
      if (!existsSync(folder)) continue;
      for (const file of readdirSync(folder)) {
        const found: Json = JSON.parse(readFileSync(join(folder, file), "utf8"));
        assert(isObject(found) && isObject(found["request"]) && isObject(found["response"]));
        const { request, response } = found;
        yield {
          file: `${provider}/${api}/${file}`,
          provider,
          request: request["body"],
          status: Number(response["status"]),
          reply: response["body"],
        };
      }
    }
  }
}
