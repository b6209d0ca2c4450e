import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { type Diff, differences, obj, objects, str } from "./json.ts";
import type { WireName } from "./loader.ts";

/**
 * What the specification names beyond text, calls and usage must survive where the caller speaks the provider's own wire but the
 * reply had to be decoded and written anew. `recorded` and `served` are whole replies (of a stream: what the SDK made of it).
 */
export function fidelity(check: string, wire: WireName, recorded: JsonObject, served: JsonObject): Diff[] {
  const read = wire === "openai-chat" ? openaiFacts : anthropicFacts;
  const due = read(recorded);
  const got = read(served);
  // What the recording does not state is not asked for.
  return Object.entries(due).flatMap(([name, value]) =>
    value === undefined ? [] : differences(`${check}.${name}`, value, got[name]),
  );
}

function openaiFacts(body: JsonObject): JsonObject {
  const ofMessage = (name: string) => objects(body["choices"]).map((choice) => stated(obj(choice["message"])[name]) ?? undefined);
  const logprobs = objects(body["choices"]).map((choice) => stated(choice["logprobs"]) ?? undefined);
  return {
    ...numbered("logprobs", logprobs),
    ...numbered("annotations", ofMessage("annotations")),
    ...numbered("audio", ofMessage("audio")),
  };
}

/** One fact per choice, so that a choice that does not state it is not asked for it. */
const numbered = (name: string, values: readonly (Json | undefined)[]): JsonObject =>
  Object.fromEntries(values.map((value, at) => [`${name}.${at}`, value]));

function anthropicFacts(body: JsonObject): JsonObject {
  return {
    content: objects(body["content"]).map((block) => stated(block)),
    stopSequence: str(body["stop_sequence"]),
    stopDetails: isObject(body["stop_details"]) ? stated(body["stop_details"]) : undefined,
    container: isObject(body["container"]) ? body["container"] : undefined,
    serviceTier: str(obj(body["usage"])["service_tier"]),
  };
}

/** Without members that say nothing: null, "", 0, [] and {} of an answer's optional members mean the same as their absence. */
function stated(value: Json | undefined): Json {
  if (isArray(value)) return value.length === 0 ? null : value.map(stated);
  if (!isObject(value)) return value ?? null;
  const members = Object.entries(value).flatMap(([key, one]) => {
    const kept = stated(one);
    return empty(kept) || defaults[key] === JSON.stringify(kept) ? [] : [[key, kept] as const];
  });
  return members.length === 0 ? null : Object.fromEntries(members);
}

const defaults: { readonly [key: string]: string } = { caller: '{"type":"direct"}' };
const empty = (value: Json): boolean => value === null || value === "" || value === 0 || (isArray(value) && value.length === 0);
