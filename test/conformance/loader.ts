import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HeaderBag } from "../../src/canonical/call.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { arr, num, obj, parseJson, str } from "./json.ts";

export type WireName = "openai-chat" | "anthropic-messages" | "openai-responses" | "gemini";

export const wireNames: readonly WireName[] = ["openai-chat", "anthropic-messages", "openai-responses", "gemini"];

/** One recorded exchange, its wire known. */
export interface Exchange {
  readonly id: string;
  readonly provider: string;
  readonly api: string;
  readonly wire: WireName;
  readonly tags: readonly string[];
  /** As a caller of ours would say it. */
  readonly path: string;
  readonly query: string;
  /** What the path names: the model, where the wire has it there. */
  readonly named: string | undefined;
  readonly requestHeaders: HeaderBag;
  /** Absent where the source kept none. */
  readonly request: JsonObject | undefined;
  readonly status: number;
  readonly headers: HeaderBag;
  /** A whole reply. */
  readonly whole: JsonObject | undefined;
  /** A streamed reply, as text. */
  readonly stream: string | undefined;
  readonly truncated: boolean;
  /** From our own fixtures. */
  readonly own: boolean;
}

/** Where an exchange is to be read from: main finds these, workers load them. */
export interface Slot {
  readonly file: string;
  readonly provider: string;
  readonly api: string;
  readonly own: boolean;
}

/** Chat exchanges by folder: an API's name, or provider/name where only that provider's is of the wire. */
const apis: { readonly [folder: string]: WireName } = {
  chat_completions: "openai-chat",
  openai_compat_chat: "openai-chat",
  openai_compat_chat_completions: "openai-chat",
  agents_completions: "openai-chat",
  "anthropic/messages": "anthropic-messages",
  "vertex/anthropic_messages": "anthropic-messages",
  "ollama/anthropic_compat_messages": "anthropic-messages",
  responses: "openai-responses",
  "gemini/generateContent": "gemini",
  "gemini/streamGenerateContent": "gemini",
  "vertex/generateContent": "gemini",
  "vertex/streamGenerateContent": "gemini",
};

export const wireOf = (provider: string, api: string): WireName | undefined => apis[`${provider}/${api}`] ?? apis[api];

/** All exchanges below `root` (provider/api/*.json) of the folders that are wanted, in a stable order. */
export function find(root: string, own: boolean, wanted: (provider: string, api: string) => boolean = isChat): Slot[] {
  if (!existsSync(root)) return [];
  const slots: Slot[] = [];
  for (const provider of folders(root)) {
    for (const api of folders(join(root, provider))) {
      if (!wanted(provider, api)) continue;
      const folder = join(root, provider, api);
      for (const name of readdirSync(folder).sort()) {
        if (name.endsWith(".json")) slots.push({ file: join(folder, name), provider, api, own });
      }
    }
  }
  return slots;
}

const isChat = (provider: string, api: string): boolean => wireOf(provider, api) !== undefined;

const folders = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

/** A record's parts that every wire's exchanges have. */
export interface RawExchange {
  readonly id: string;
  readonly provider: string;
  readonly tags: readonly string[];
  readonly url: string;
  readonly method: string;
  readonly requestHeaders: HeaderBag;
  readonly request: JsonObject | undefined;
  readonly status: number;
  readonly headers: HeaderBag;
  readonly body: Json;
  readonly truncated: boolean;
}

export function loadRaw(slot: Slot): RawExchange {
  const record = obj(parseJson(readFileSync(slot.file, "utf8")));
  const request = obj(record["request"]);
  const response = obj(record["response"]);
  return {
    id: str(record["id"]) ?? slot.file,
    provider: slot.own ? `own:${slot.provider}` : slot.provider,
    tags: arr(record["tags"]).flatMap((tag) => str(tag) ?? []),
    url: str(request["url"]) ?? "",
    method: str(request["method"]) ?? "POST",
    requestHeaders: headerBag(request["headers"]),
    request: isObject(request["body"]) ? request["body"] : undefined,
    status: num(response["status"]) ?? 200,
    headers: headerBag(response["headers"]),
    body: response["body"] ?? null,
    truncated: response["truncated"] === true,
  };
}

/** Some sources glued several streams into one file: each is an exchange of its own. */
export function load(slot: Slot): Exchange[] {
  const wire = wireOf(slot.provider, slot.api);
  // Lists and reads of stored answers are no chats.
  const raw = loadRaw(slot);
  if (!wire || raw.method !== "POST") return [];
  const { url, body, method: _method, ...kept } = raw;
  const base = {
    ...kept,
    api: slot.api,
    wire,
    ...addressed(wire, url, slot.api),
    request: raw.request && (wire === "gemini" ? raw.request : withModel(raw.request, url)),
    whole: isObject(body) ? body : undefined,
    own: slot.own,
  };
  const text = streamOf(body);
  if (text === undefined) return [{ ...base, stream: undefined }];
  const begin = beginnings[wire];
  const parts = begin ? unglue(text, begin) : [text];
  return parts.map((stream, at) => ({ ...base, id: parts.length > 1 ? `${base.id}#${at}` : base.id, stream }));
}

/** Google streams a JSON array to whoever does not ask for SSE, as we always do: its elements are the same. */
function streamOf(body: Json): string | undefined {
  if (isArray(body)) return body.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join("");
  return typeof body === "string" ? body : undefined;
}

interface Address {
  readonly path: string;
  readonly query: string;
  readonly named: string | undefined;
}

/** Gemini's model is in the path, below folders of Vertex' own; the other wires' paths differ by provider and say nothing. */
function addressed(wire: WireName, url: string, api: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (wire !== "gemini") return { path: parsed?.pathname ?? "/", query: "", named: undefined };
  const named = /\/models\/([^/:?]+)/.exec(parsed?.pathname ?? "")?.[1];
  return geminiAddress(named === undefined ? "unnamed-model" : decodeURIComponent(named), api === "streamGenerateContent");
}

export function geminiAddress(named: string, stream: boolean): Address {
  const verb = stream ? "streamGenerateContent" : "generateContent";
  return { path: `/v1beta/models/${encodeURIComponent(named)}:${verb}`, query: stream ? "alt=sse" : "", named };
}

function headerBag(value: Json | undefined): HeaderBag {
  return Object.fromEntries(
    Object.entries(obj(value)).map(([name, text]) => [
      name.toLowerCase(),
      str(text) ??
        arr(text)
          .flatMap((one) => str(one) ?? [])
          .join(", "),
    ]),
  );
}

/** Azure and Vertex name the model in the path; a caller of ours must name it in the body. */
export function withModel(body: JsonObject, url: string): JsonObject {
  if (typeof body["model"] === "string") return body;
  const named = /\/(?:deployments|models)\/([^/:?]+)/.exec(url)?.[1] ?? "unnamed-model";
  return { ...body, model: named };
}

const beginnings: { readonly [wire in WireName]?: RegExp } = {
  "anthropic-messages": /(?:^|\n)(event: ?message_start\r?\n)?data: ?\{"type": ?"message_start"/g,
  "openai-responses": /(?:^|\n)(event: ?response\.created\r?\n)?data: ?\{"type": ?"response\.created"/g,
};

function unglue(text: string, begin: RegExp): string[] {
  const starts = [...text.matchAll(begin)].map((match) => match.index);
  if (starts.length < 2) return [text];
  return starts.map((from, at) => text.slice(at === 0 ? 0 : from, starts[at + 1] ?? text.length));
}
