import { GatewayError } from "../canonical/error.ts";
import { isArray, isObject, type Json } from "../canonical/json.ts";
import type { ListedModel, ModelListing } from "../canonical/models.ts";
import type { Clock } from "../canonical/ports.ts";
import type { ConfiguredProvider } from "../providers/index.ts";
import { readAll, type Sender, type UpstreamReply } from "../transport/http-transport.ts";
import { splitBase, upstreamRequest } from "./upstream-request.ts";

const freshMs = 60_000;
const waitMs = 5_000;
const largestList = 8 * 1024 * 1024;
/** The end of the year 9999, in seconds since the epoch. */
const lastSecond = 253_402_300_799;

/**
 * The models of all providers, as they list them themselves; a list is asked for at most once a minute. A provider that
 * does not answer in time, or refuses, is named with the reason, and the others are shown all the same.
 */
export class ModelList {
  readonly #providers: ReadonlyMap<string, ConfiguredProvider>;
  readonly #transport: Sender;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly at: number; readonly listing: Promise<ModelListing> }>();

  constructor(providers: ReadonlyMap<string, ConfiguredProvider>, transport: Sender, clock: Clock) {
    this.#providers = providers;
    this.#transport = transport;
    this.#clock = clock;
  }

  async all(): Promise<ModelListing> {
    const listings = await Promise.all([...this.#providers.values()].map((provider) => this.#of(provider)));
    return { models: listings.flatMap(({ models }) => models), silent: listings.flatMap(({ silent }) => silent) };
  }

  #of(provider: ConfiguredProvider): Promise<ModelListing> {
    const kept = this.#kept.get(provider.name);
    if (kept !== undefined && this.#clock.now() - kept.at < freshMs) return kept.listing;
    const listing = this.#ask(provider).then(
      (models): ModelListing => ({ models, silent: [] }),
      (thrown: unknown): ModelListing => {
        this.#kept.delete(provider.name);
        const reason = thrown instanceof GatewayError ? thrown.message : "its list cannot be read.";
        return { models: [], silent: [{ provider: provider.name, reason }] };
      },
    );
    this.#kept.set(provider.name, { at: this.#clock.now(), listing });
    return listing;
  }

  async #ask(provider: ConfiguredProvider): Promise<readonly ListedModel[]> {
    const upstream = await askForModels(provider, this.#transport, waitMs);
    const text = Buffer.from(await readAll(upstream.body, largestList)).toString("utf8");
    if (upstream.status === 200) return readList(JSON.parse(text), provider.name);
    const { status } = upstream;
    const refused = status === 401 || status === 403;
    const what = refused ? "refused the gateway's credential" : "did not list its models";
    throw new GatewayError("provider_error", `${provider.name} ${what} (HTTP ${status}).`);
  }
}

/** Asks a provider for its models with its own credential; the reply is its own, whatever its status. Rejects with TransportError. */
export function askForModels(provider: ConfiguredProvider, transport: Sender, waitMs: number): Promise<UpstreamReply> {
  const { name, baseUrl, credential, modelsUrl, remote } = provider;
  const { origin, basePath } = splitBase(modelsUrl);
  const endpoint = remote.endpoints[0];
  const asked = { deployment: { provider: name, baseUrl, credential }, auth: endpoint?.auth ?? remote.auth, base: origin };
  const headers = {
    accept: "application/json",
    "user-agent": "polygate",
    ...(endpoint?.wire.name === "anthropic-messages" ? { "anthropic-version": "2023-06-01" } : {}),
  };
  return transport.send({
    ...upstreamRequest(asked, { method: "GET", path: basePath, headers }),
    signal: new AbortController().signal,
    timeouts: { connectMs: waitMs, firstByteMs: waitMs, idleMs: waitMs, totalMs: waitMs },
  });
}

/** Reads three shapes of list: OpenAI's `created` in seconds, Anthropic's `created_at` in RFC 3339, Gemini's `models/…`. */
export function readList(body: Json, provider: string): readonly ListedModel[] {
  if (!isObject(body)) return [];
  const gemini = body["data"] === undefined;
  const data = gemini ? body["models"] : body["data"];
  if (!isArray(data)) return [];
  return data.flatMap((entry) => {
    if (!isObject(entry)) return [];
    const id = gemini ? entry["name"] : entry["id"];
    if (typeof id !== "string") return [];
    const { created, created_at: date } = entry;
    const seconds = typeof created === "number" ? created : typeof date === "string" ? Date.parse(date) / 1000 : 0;
    // Whatever is no time of this era would be no date either.
    const createdAt = seconds >= 0 && seconds <= lastSecond ? Math.floor(seconds) : 0;
    return [{ id: `${provider}/${id.replace(/^models\//, "")}`, provider, createdAt }];
  });
}
