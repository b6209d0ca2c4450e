import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { objects, str } from "./json.ts";

/* Vertex can stream the arguments of a call value by value: each with its place, a text in pieces. */

/** The arguments with the values of one event added. */
export function addPartialArgs(args: JsonObject, partials: Json | undefined): JsonObject {
  let out = args;
  for (const partial of objects(partials)) {
    const steps = [...(str(partial["jsonPath"]) ?? "").matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]/g)].map((match) =>
      match[2] === undefined ? (match[1] ?? match[3] ?? "") : Number(match[2]),
    );
    const made = put(out, steps, told(partial));
    if (isObject(made)) out = made;
  }
  return out;
}

function told(partial: JsonObject): Json {
  if ("nullValue" in partial) return null;
  return partial["numberValue"] ?? partial["boolValue"] ?? str(partial["stringValue"]) ?? "";
}

function put(into: Json | undefined, [step, ...rest]: readonly (string | number)[], value: Json): Json {
  if (step === undefined) return typeof into === "string" && typeof value === "string" ? into + value : value;
  if (typeof step === "number") {
    const list = isArray(into) ? [...into] : [];
    list[step] = put(list[step], rest, value);
    return list;
  }
  const object = isObject(into) ? into : {};
  return { ...object, [step]: put(object[step], rest, value) };
}
