import { isArray, isObject, type Json, type JsonObject } from "../canonical/json.ts";
import { gemini } from "../wires/gemini/index.ts";
import type { WireRequest } from "../wires/wire.ts";
import type { ConfiguredProvider, Deployment } from "./provider.ts";

/** Category of harm → threshold, in Google's words. */
export type Safety = Readonly<Record<string, string>>;

/** The laxest first. */
const thresholds = ["OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"];

/**
 * The providers with the operator's safety settings in every request for an answer, whichever wire it was asked on: for the
 * categories that the request itself says nothing of, and, where they are enforced, for those it sets laxer.
 */
export function withSafety(
  providers: ReadonlyMap<string, ConfiguredProvider>,
  { safety, safetyEnforced }: { readonly safety: Readonly<Record<string, Safety>>; readonly safetyEnforced: boolean },
): ReadonlyMap<string, ConfiguredProvider> {
  const named = Object.keys(safety).filter((name) => providers.has(name));
  if (named.length === 0) return providers;
  const settled = [...providers].map(([name, provider]): [string, ConfiguredProvider] => {
    const settings = safety[name];
    if (settings === undefined || !provider.remote.endpoints.some(({ wire }) => wire === gemini)) return [name, provider];
    const { adapt } = provider.remote;
    const remote = {
      ...provider.remote,
      adapt: (request: WireRequest, deployment: Deployment) =>
        withSettings(adapt?.(request, deployment) ?? request, settings, safetyEnforced),
    };
    return [name, { ...provider, remote }];
  });
  return new Map(settled);
}

function withSettings(request: WireRequest, safety: Safety, enforced: boolean): WireRequest {
  const { body } = request;
  if (body === undefined || !/:(?:generateContent|streamGenerateContent)(?:\?|$)/.test(request.path)) return request;
  if (!isPieces(body)) return { ...request, body: merged(body, safety, enforced) };
  const bytes = Buffer.concat(body);
  // A name may be spelled with escapes.
  if (!/safety_?settings|\\u00/i.test(bytes.toString("latin1"))) {
    // The caller's bytes go on as they are, with a member before the first.
    const open = bytes.indexOf("{");
    const rest = bytes.subarray(open + 1);
    const empty = /^\s*\}/.test(rest.subarray(0, 64).toString("latin1"));
    const member = `{"safetySettings":${JSON.stringify(listed(safety))}${empty ? "" : ","}`;
    return { ...request, body: [Buffer.from(member), rest] };
  }
  const json: Json = JSON.parse(bytes.toString("utf8"));
  return isObject(json) ? { ...request, body: merged(json, safety, enforced) } : request;
}

const isPieces = (body: NonNullable<WireRequest["body"]>): body is readonly Uint8Array[] => Array.isArray(body);

const listed = (safety: Safety): readonly JsonObject[] =>
  Object.entries(safety).map(([category, threshold]) => ({ category, threshold }));

function merged(body: JsonObject, safety: Safety, enforced: boolean): JsonObject {
  const { safetySettings, safety_settings: snake, ...rest } = body;
  const given = [safetySettings, snake].flatMap((list) => (isArray(list) ? list : []));
  const said = new Map<string, JsonObject>();
  const other: Json[] = [];
  for (const one of given) {
    const category = isObject(one) ? one["category"] : undefined;
    if (isObject(one) && typeof category === "string") said.set(category, one);
    else other.push(one);
  }
  for (const [category, threshold] of Object.entries(safety)) {
    const own = said.get(category);
    if (own === undefined || (enforced && isLaxer(own["threshold"], threshold)))
      said.set(category, { ...own, category, threshold });
  }
  return { ...rest, safetySettings: [...other, ...said.values()] };
}

/** A threshold that nobody knows is no stricter. */
const isLaxer = (own: Json | undefined, least: string): boolean =>
  typeof own !== "string" || thresholds.indexOf(own) < thresholds.indexOf(least);
