import { isArray, isObject, type Json, type JsonObject } from "../canonical/json.ts";
import type { Redact } from "../canonical/log.ts";
import type { AttemptEnd, AttemptStart } from "../canonical/ports.ts";
import type { Warning } from "../canonical/warnings.ts";
import type { Redactor } from "./redact.ts";

/** What callers wrote, without secrets. The same object where there is nothing to take out, which is nearly always. */
export function cleanStart(start: AttemptStart, { redactName }: Redactor): AttemptStart {
  const requestedModel = redactName(start.requestedModel);
  const upstreamModel = redactName(start.upstreamModel);
  if (requestedModel === start.requestedModel && upstreamModel === start.upstreamModel) return start;
  return { ...start, requestedModel, upstreamModel };
}

/** What providers wrote, without secrets. */
export function cleanEnd(end: AttemptEnd, { redact, redactName }: Redactor): AttemptEnd {
  const servedModel = end.servedModel === undefined ? undefined : redactName(end.servedModel);
  const finishRaw = end.finishRaw === undefined ? undefined : redactName(end.finishRaw);
  const upstreamRequestId = end.upstreamRequestId === undefined ? undefined : redact(end.upstreamRequestId);
  const raw = end.usage === undefined ? undefined : cleanJson(end.usage.raw, redact);
  const warnings = end.warnings.length === 0 ? end.warnings : cleanWarnings(end.warnings, redact);
  const same =
    servedModel === end.servedModel &&
    finishRaw === end.finishRaw &&
    upstreamRequestId === end.upstreamRequestId &&
    raw === end.usage?.raw &&
    warnings === end.warnings;
  if (same) return end;
  const usage = end.usage === undefined || raw === undefined ? end.usage : { ...end.usage, raw };
  return { ...end, servedModel, finishRaw, upstreamRequestId, usage, warnings };
}

function cleanWarnings(warnings: readonly Warning[], redact: Redact): readonly Warning[] {
  const clean = warnings.map((warning) => {
    const at = warning.at === undefined ? undefined : redact(warning.at);
    const detail = warning.detail === undefined ? undefined : redact(warning.detail);
    return at === warning.at && detail === warning.detail ? warning : { ...warning, at, detail };
  });
  return clean.some((one, index) => one !== warnings[index]) ? clean : warnings;
}

/** The same value where there is nothing to take out. */
export function cleanJson(value: Json, redact: Redact): Json {
  if (typeof value === "string") return redact(value);
  if (isArray(value)) {
    const clean = value.map((one) => cleanJson(one, redact));
    return clean.some((one, index) => one !== value[index]) ? clean : value;
  }
  return isObject(value) ? cleanObject(value, redact) : value;
}

function cleanObject(object: JsonObject, redact: Redact): JsonObject {
  let changed: { [name: string]: Json | undefined } | undefined;
  for (const name in object) {
    const value = object[name];
    if (value === undefined || value === null || typeof value === "number" || typeof value === "boolean") continue;
    const clean = cleanJson(value, redact);
    if (clean === value) continue;
    changed ??= { ...object };
    changed[name] = clean;
  }
  return changed ?? object;
}
