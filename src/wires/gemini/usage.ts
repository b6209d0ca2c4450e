import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { inputTokens, type Modality, outputTokens, type Usage } from "../../canonical/usage.ts";
import { count, list } from "../shared/read.ts";

const counts = ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount"];

/**
 * Usage of a stream: each chunk tells all that was counted so far, so the last one that counts anything stands for the whole
 * (Vertex's first ones tell the kind of traffic only).
 */
export function mergeUsage(before: JsonObject | undefined, after: JsonObject): JsonObject {
  if (before === undefined || counts.some((field) => count(after[field]) !== undefined)) return after;
  return { ...before, ...after };
}

/**
 * A provider's usage in disjoint buckets. The prompt counts what was cached of it; what the provider's own tools fed to the
 * model is input too and counted apart; thoughts are counted apart from candidates. Undefined where nothing is counted.
 */
export function decodeUsage(raw: JsonObject): Usage | undefined {
  if (counts.every((field) => count(raw[field]) === undefined)) return undefined;
  const read = (field: string): number => count(raw[field]) ?? 0;
  const prompt = read("promptTokenCount");
  const cached = read("cachedContentTokenCount");
  const input = prompt + read("toolUsePromptTokenCount");
  const visible = read("candidatesTokenCount");
  const thoughts = read("thoughtsTokenCount");
  const total = count(raw["totalTokenCount"]);
  const anomalies: string[] = [];
  const cacheRead = Math.min(cached, input);
  if (cached > input) anomalies.push(`${cached} cached tokens of ${input} prompt tokens`);
  const gap = total === undefined ? 0 : total - input - visible - thoughts;
  if (gap !== 0) anomalies.push(`totalTokenCount differs from the sum of its parts by ${gap}`);
  return {
    inputUncached: input - cacheRead,
    cacheRead,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    outputVisible: visible,
    outputReasoning: thoughts,
    modality: modality(raw),
    reportedTotal: total,
    anomaly: anomalies.length === 0 ? undefined : anomalies.join("; "),
    raw,
  };
}

function modality(raw: JsonObject): Modality | undefined {
  const sum = (field: string, kind: string): number | undefined => {
    let found = 0;
    for (const item of list(raw[field]) ?? []) {
      if (isObject(item) && item["modality"] === kind) found += count(item["tokenCount"]) ?? 0;
    }
    return found || undefined;
  };
  const found: Modality = {
    inputAudio: sum("promptTokensDetails", "AUDIO"),
    inputImage: sum("promptTokensDetails", "IMAGE"),
    inputVideo: sum("promptTokensDetails", "VIDEO"),
    outputAudio: sum("candidatesTokensDetails", "AUDIO"),
    outputImage: sum("candidatesTokensDetails", "IMAGE"),
  };
  return Object.values(found).some((value) => value !== undefined) ? found : undefined;
}

/** Buckets as callers of this wire are told them. */
export function encodeUsage(usage: Usage): JsonObject {
  const prompt = inputTokens(usage);
  const { outputVisible: visible, outputReasoning: thoughts, cacheRead, modality: kinds } = usage;
  const input = details(prompt, { AUDIO: kinds?.inputAudio, IMAGE: kinds?.inputImage, VIDEO: kinds?.inputVideo });
  const output = details(visible, { AUDIO: kinds?.outputAudio, IMAGE: kinds?.outputImage });
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: visible,
    totalTokenCount: prompt + outputTokens(usage),
    ...(cacheRead > 0 && { cachedContentTokenCount: cacheRead }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    promptTokensDetails: input,
    ...(output.length > 0 && { candidatesTokensDetails: output }),
  };
}

/** Tokens by kind; what is of no other kind is text. */
function details(all: number, kinds: { readonly [kind: string]: number | undefined }): readonly Json[] {
  const named = Object.entries(kinds).flatMap(([kind, tokens]) => (tokens === undefined ? [] : [{ modality: kind, tokens }]));
  const text = all - named.reduce((sum, { tokens }) => sum + tokens, 0);
  return [...(text > 0 ? [{ modality: "TEXT", tokens: text }] : []), ...named].map(({ modality: kind, tokens }) => ({
    modality: kind,
    tokenCount: tokens,
  }));
}
