import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Findings } from "./findings.ts";

/** OpenAI's rule for `strict` schemas: every object closes itself (`additionalProperties: false`) and requires all its properties. */
export function checkStrictSchema(schema: JsonObject, at: string, findings: Findings): void {
  walk(schema, at, findings, 0);
}

function walk(schema: Json | undefined, at: string, findings: Findings, depth: number): void {
  if (!isObject(schema) || depth > 50) return;
  const properties = isObject(schema["properties"]) ? schema["properties"] : undefined;
  if (properties || schema["type"] === "object") {
    findings.want(
      schema["additionalProperties"] === false,
      at,
      "'additionalProperties' is required to be supplied and to be false",
    );
    const required = isArray(schema["required"]) ? schema["required"] : [];
    const missing = Object.keys(properties ?? {}).filter((name) => !required.includes(name));
    findings.want(missing.length === 0, at, `'required' must include every key in properties; missing: ${missing.join(", ")}`);
  }
  for (const [name, property] of Object.entries(properties ?? {}))
    walk(property, `${at}.properties.${name}`, findings, depth + 1);
  walk(schema["items"], `${at}.items`, findings, depth + 1);
  for (const key of ["anyOf", "allOf"]) {
    const branches = schema[key];
    if (isArray(branches)) for (const [i, branch] of branches.entries()) walk(branch, `${at}.${key}[${i}]`, findings, depth + 1);
  }
  for (const key of ["$defs", "definitions"]) {
    const definitions = schema[key];
    if (!isObject(definitions)) continue;
    for (const [name, definition] of Object.entries(definitions)) walk(definition, `${at}.${key}.${name}`, findings, depth + 1);
  }
}
