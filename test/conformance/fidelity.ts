import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { type Diff, differences, obj, objects, str } from "./json.ts";
import type { WireName } from "./loader.ts";

/**
 * What the specification names beyond text, calls and usage must survive where the caller speaks the provider's own wire but the
 * reply had to be decoded and written anew. `recorded` and `served` are whole replies (of a stream: what the SDK made of it).
 */
export function fidelity(check: string, wire: WireName, recorded: JsonObject, served: JsonObject): Diff[] {
  const read = facts[wire];
  const whole = check.endsWith(".whole");
  const due = read(recorded, whole);
  const got = read(served, whole);
  // What the recording does not state is not asked for.
  return Object.entries(due).flatMap(([name, value]) =>
    value === undefined ? [] : differences(`${check}.${name}`, value, got[name]),
  );
}

/**
 * Items as they came: hosted ones whole, and what stands in messages beside their text. Calls and thoughts are compared as
 * such elsewhere, and a stream's last word on some of it differs from its events.
 */
function responsesFacts(body: JsonObject, whole: boolean): JsonObject {
  const items = objects(body["output"]).map(({ arguments: _arguments, encrypted_content: _encrypted, content, ...item }) =>
    stated({ ...item, content: whole ? content : objects(content).map(({ logprobs: _logprobs, text: _text, ...part }) => part) }),
  );
  return { output: items.length > 0 ? items : undefined, serviceTier: whole ? str(body["service_tier"]) : undefined };
}

function geminiFacts(body: JsonObject, whole: boolean): JsonObject {
  const candidates = objects(body["candidates"]);
  const own = (name: string): JsonObject =>
    numbered(
      name,
      candidates.map((candidate) => stated(candidate[name]) ?? undefined),
    );
  return {
    ...numbered(
      "parts",
      candidates.map((candidate) =>
        inPieces(candidate) ? undefined : strung(objects(obj(candidate["content"])["parts"]).map(withoutId)),
      ),
    ),
    ...own("groundingMetadata"),
    ...(whole && own("citationMetadata")),
    ...own("urlContextMetadata"),
    ...own("safetyRatings"),
    ...own("logprobsResult"),
    promptFeedback: isObject(body["promptFeedback"]) ? stated(body["promptFeedback"]) : undefined,
  };
}

/** Vertex' calls in pieces come out whole. */
const inPieces = (candidate: JsonObject): boolean => /"(partialArgs|willContinue)"/.test(JSON.stringify(candidate));

/** Most calls come without an id, and leave with one. */
function withoutId(part: JsonObject): JsonObject {
  if (!isObject(part["functionCall"])) return part;
  const { id: _id, ...call } = part["functionCall"];
  return { ...part, functionCall: call };
}

/** Texts that follow each other are one, wherever they were cut. */
function strung(parts: readonly JsonObject[]): Json {
  const out: JsonObject[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    const { text, ...rest } = part;
    const { text: before, ...others } = last ?? {};
    const joins =
      typeof text === "string" && typeof before === "string" && JSON.stringify(stated(others)) === JSON.stringify(stated(rest));
    if (joins) out[out.length - 1] = { ...last, text: `${before}${text}` };
    else out.push(part);
  }
  return out.flatMap((part) => {
    const kept = stated(part);
    return kept === null ? [] : [kept];
  });
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

const defaults: { readonly [key: string]: string } = { caller: '{"type":"direct"}', status: '"completed"' };
const empty = (value: Json): boolean => value === null || value === "" || value === 0 || (isArray(value) && value.length === 0);

const facts: { readonly [wire in WireName]: (body: JsonObject, whole: boolean) => JsonObject } = {
  "openai-chat": openaiFacts,
  "anthropic-messages": anthropicFacts,
  "openai-responses": responsesFacts,
  gemini: geminiFacts,
};
