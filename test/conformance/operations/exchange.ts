import type { Source } from "../../../src/canonical/call.ts";
import { isObject, type JsonObject } from "../../../src/canonical/json.ts";
import type { Operation } from "../../../src/canonical/operations.ts";
import { parseJsonBody } from "../../../src/framing/json-body.ts";
import { anthropicMessages } from "../../../src/wires/anthropic-messages/index.ts";
import { gemini } from "../../../src/wires/gemini/index.ts";
import { openaiEmbeddings } from "../../../src/wires/openai-embeddings/index.ts";
import { openaiResponses } from "../../../src/wires/openai-responses/index.ts";
import type { Codec, Incoming, Target, Wire } from "../../../src/wires/wire.ts";
import { loadRaw, type RawExchange, type Slot, withModel } from "../loader.ts";

/** What is judged here: whole answers only, and small. */
export type SmallOperation = "embed" | "count-tokens";

interface Folder {
  readonly operation: SmallOperation;
  readonly wire: Wire;
}

const openaiEmbed: Folder = { operation: "embed", wire: openaiEmbeddings };
const geminiEmbed: Folder = { operation: "embed", wire: gemini };
const geminiCount: Folder = { operation: "count-tokens", wire: gemini };

/** Recorded folders: an API's name, or provider/name where only that provider's is of the wire. */
const folders: { readonly [folder: string]: Folder } = {
  embeddings: openaiEmbed,
  "ollama/openai_compat_embeddings": openaiEmbed,
  "gemini/batchEmbedContents": geminiEmbed,
  "gemini/embedContent": geminiEmbed,
  "vertex/embedContent": geminiEmbed,
  "anthropic/count_tokens": { operation: "count-tokens", wire: anthropicMessages },
  "openai/responses_input_tokens": { operation: "count-tokens", wire: openaiResponses },
  "gemini/countTokens": geminiCount,
  "vertex/countTokens": geminiCount,
};

const folderOf = (provider: string, api: string): Folder | undefined => folders[`${provider}/${api}`] ?? folders[api];

export const isSmall = (provider: string, api: string): boolean => folderOf(provider, api) !== undefined;

/** Every wire that has the operation. */
export const wiresWith = (operation: SmallOperation): readonly Wire[] =>
  [...new Set(Object.values(folders).map(({ wire }) => wire))].filter((wire) => wire.codecs[operation] !== undefined);

/** One recorded exchange of an operation other than chat. */
export interface SmallExchange extends RawExchange {
  readonly operation: SmallOperation;
  readonly wire: Wire;
  readonly path: string;
  readonly named: string | undefined;
  readonly model: string;
  readonly whole: JsonObject | undefined;
}

export function loadSmall(slot: Slot): SmallExchange | undefined {
  const folder = folderOf(slot.provider, slot.api);
  const raw = loadRaw(slot);
  const pathname = URL.canParse(raw.url) ? new URL(raw.url).pathname : "/";
  // Vertex' computeTokens lists tokens, which no wire of ours can ask for.
  if (!folder || pathname.endsWith(":computeTokens")) return undefined;
  const { operation, wire } = folder;
  const named = wire === gemini ? (/\/models\/([^/:?]+)/.exec(pathname)?.[1] ?? "unnamed-model") : undefined;
  const request = raw.request && named === undefined ? withModel(raw.request, raw.url) : raw.request;
  return {
    ...raw,
    request,
    operation,
    wire,
    named,
    path: pathOf(wire, operation, named, pathname),
    model: named ?? String(request?.["model"] ?? "unnamed-model"),
    whole: isObject(raw.body) ? raw.body : undefined,
  };
}

function pathOf(wire: Wire, operation: SmallOperation, named: string | undefined, recorded: string): string {
  if (wire === gemini) return `/v1beta/models/${named}${/:\w+$/.exec(recorded)?.[0] ?? ""}`;
  if (operation === "embed") return "/v1/embeddings";
  return wire === anthropicMessages ? "/v1/messages/count_tokens" : "/v1/responses/input_tokens";
}

export function codecFor<Op extends Operation>(wire: Wire, operation: Op): Codec<Op> {
  const codec = wire.codecs[operation];
  if (!codec) throw new Error(`the wire ${wire.name} has no ${operation}`);
  return codec;
}

export const incoming = ({ path, named, requestHeaders: headers }: SmallExchange, body: JsonObject): Incoming => ({
  path,
  named,
  query: "",
  headers,
  body,
});

export const smallTarget = ({ provider, model }: SmallExchange): Target => ({
  provider,
  model,
  stream: false,
  callId: "call_1",
  quirks: {},
});

export function smallSource({ wire, path, requestHeaders: headers }: SmallExchange, sent: JsonObject): Source {
  const body = new TextEncoder().encode(JSON.stringify(sent));
  return { wire: wire.name, path, query: "", headers, body, ...parseJsonBody(body) };
}
