import { isArray, isObject, type Json } from "../canonical/json.ts";
import type { ListedModel } from "../canonical/models.ts";
import type { ProviderOptions } from "../config/config.ts";
import type { Ports } from "./ports.ts";

/** How long a server on this machine may take to say what it has. */
const patienceMs = 500;

interface LocalServer {
  readonly name: string;
  readonly probe: string;
  readonly baseUrl: string;
  /** The models it has, out of its answer; undefined where the answer is of some other program. */
  models(answer: Json): readonly string[] | undefined;
}

const localServers: readonly LocalServer[] = [
  {
    name: "ollama",
    probe: "http://127.0.0.1:11434/api/tags",
    baseUrl: "http://127.0.0.1:11434/v1",
    models: (answer) => strings(answer, "models", "name"),
  },
  {
    name: "lmstudio",
    probe: "http://127.0.0.1:1234/v1/models",
    baseUrl: "http://127.0.0.1:1234/v1",
    models: (answer) => strings(answer, "data", "id"),
  },
];

/** Model servers that run on this machine and have at least one model, as providers. */
export async function findLocalServers(getJson: Ports["getJson"]): Promise<readonly ProviderOptions[]> {
  const found = await Promise.all(
    localServers.map(async ({ name, probe, baseUrl, models }) => {
      const answer = await getJson(probe, patienceMs);
      const has = answer === undefined ? undefined : models(answer);
      if (has === undefined || has.length === 0) return [];
      const provider: ProviderOptions = { name, wire: "openai-chat", baseUrl, apiKey: "none" };
      return [provider];
    }),
  );
  return found.flat();
}

function strings(answer: Json, list: string, field: string): readonly string[] | undefined {
  const entries = isObject(answer) ? answer[list] : undefined;
  if (!isArray(entries)) return undefined;
  return entries.flatMap((entry) => {
    const value = isObject(entry) ? entry[field] : undefined;
    return typeof value === "string" ? [value] : [];
  });
}

const notForChat =
  /embed|bge-|whisper|tts|transcri|speech|audio|voice|realtime|image|imagine|dall-e|video|sora|moderation|guard|davinci|babbage|instruct-0|turbo-instruct|computer-use|search|deep-research|rerank|orpheus|ocr|codex/i;
const smallAndCheap = /mini|nano|haiku|flash|lite|instant|small|echo|\b[1-9]b\b/i;

/**
 * The model to try first: of those that can probably chat and whose name a terminal can show, one on this machine before a small one before any other, the
 * newest of equals.
 */
export function modelToTry(models: readonly ListedModel[], local: ReadonlySet<string>): ListedModel | undefined {
  const rank = ({ id, provider }: ListedModel): number => (local.has(provider) ? 2 : 0) + (smallAndCheap.test(id) ? 1 : 0);
  return models
    .filter(({ id }) => !notForChat.test(id) && !/\p{C}/u.test(id))
    .reduce<ListedModel | undefined>((best, model) => {
      if (best === undefined) return model;
      const ahead = rank(model) - rank(best);
      return ahead > 0 || (ahead === 0 && model.createdAt > best.createdAt) ? model : best;
    }, undefined);
}

/** One line to paste into a shell. */
export function curlLine(address: string, model: string, keyId: string | undefined): string {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Say hello." }] });
  const key = keyId === undefined ? "" : ` -H ${quote(`authorization: Bearer <secret of the key ${keyId}>`)}`;
  return `curl ${address}/v1/chat/completions${key} -H 'content-type: application/json' -d ${quote(body)}`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
