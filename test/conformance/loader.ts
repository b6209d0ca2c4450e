import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HeaderBag } from "../../src/canonical/call.ts";
import { isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { arr, num, obj, parseJson, str } from "./json.ts";

export type WireName = "openai-chat" | "anthropic-messages";

/** One recorded exchange, its wire known. */
export interface Exchange {
  readonly id: string;
  readonly provider: string;
  readonly api: string;
  readonly wire: WireName;
  readonly tags: readonly string[];
  readonly path: string;
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

const openaiApis = new Set(["chat_completions", "openai_compat_chat", "openai_compat_chat_completions", "agents_completions"]);
const anthropicApis = new Set(["anthropic/messages", "vertex/anthropic_messages", "ollama/anthropic_compat_messages"]);

export function wireOf(provider: string, api: string): WireName | undefined {
  if (anthropicApis.has(`${provider}/${api}`)) return "anthropic-messages";
  return openaiApis.has(api) ? "openai-chat" : undefined;
}

/** All exchanges below `root` (provider/api/*.json) that speak one of the two wires, in a stable order. */
export function find(root: string, own: boolean): Slot[] {
  if (!existsSync(root)) return [];
  const slots: Slot[] = [];
  for (const provider of folders(root)) {
    for (const api of folders(join(root, provider))) {
      if (!wireOf(provider, api)) continue;
      const folder = join(root, provider, api);
      for (const name of readdirSync(folder).sort()) {
        if (name.endsWith(".json")) slots.push({ file: join(folder, name), provider, api, own });
      }
    }
  }
  return slots;
}

const folders = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();

/** Some sources glued several streams into one file: each is an exchange of its own. */
export function load(slot: Slot): Exchange[] {
  const record = obj(parseJson(readFileSync(slot.file, "utf8")));
  const wire = wireOf(slot.provider, slot.api);
  if (!wire) return [];
  const request = obj(record["request"]);
  const response = obj(record["response"]);
  const body = response["body"];
  const tags = arr(record["tags"]).flatMap((tag) => str(tag) ?? []);
  const base = {
    id: str(record["id"]) ?? slot.file,
    provider: slot.own ? `own:${slot.provider}` : slot.provider,
    api: slot.api,
    wire,
    tags,
    path: pathOf(str(request["url"])),
    requestHeaders: headerBag(request["headers"]),
    request: isObject(request["body"]) ? withModel(request["body"], str(request["url"]) ?? "") : undefined,
    status: num(response["status"]) ?? 200,
    headers: headerBag(response["headers"]),
    whole: isObject(body) ? body : undefined,
    truncated: response["truncated"] === true,
    own: slot.own,
  };
  if (typeof body !== "string") return [{ ...base, stream: undefined }];
  const parts = wire === "anthropic-messages" ? unglue(body) : [body];
  return parts.map((stream, at) => ({ ...base, id: parts.length > 1 ? `${base.id}#${at}` : base.id, stream }));
}

function pathOf(url: string | undefined): string {
  return url && URL.canParse(url) ? new URL(url).pathname : "/";
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
function withModel(body: JsonObject, url: string): JsonObject {
  if (typeof body["model"] === "string") return body;
  const named = /\/(?:deployments|models)\/([^/:?]+)/.exec(url)?.[1] ?? "unnamed-model";
  return { ...body, model: named };
}

function unglue(text: string): string[] {
  const starts = [...text.matchAll(/(?:^|\n)(event: ?message_start\r?\n)?data: ?\{"type": ?"message_start"/g)].map(
    (m) => m.index,
  );
  if (starts.length < 2) return [text];
  return starts.map((from, at) => text.slice(at === 0 ? 0 : from, starts[at + 1] ?? text.length));
}
