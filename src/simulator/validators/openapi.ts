import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/** Gives a component schema of an OpenAPI document by name. */
export type FindSchema = (name: string) => JsonObject | undefined;

const prefix = "#/components/schemas/";

/**
 * The named OpenAPI schema as one JSON Schema (2020-12) with all it refers to under `$defs`. `nullable` becomes a null type;
 * a union whose branches say by a constant which they are becomes a chain of conditions, so that an error names the field at
 * fault instead of every branch; other `oneOf`s become `anyOf`, because published specifications let branches overlap.
 */
export function toJsonSchema(name: string, find: FindSchema): JsonObject {
  const definitions: Record<string, JsonObject> = {};
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next in definitions) continue;
    const found = find(next);
    if (!found) throw new Error(`the specification has no schema ${next}`);
    const converter = new Converter(next, find, (other) => waiting.push(other));
    definitions[next] = converter.schema(found);
  }
  return { $ref: `#/$defs/${name}`, $defs: definitions };
}

const annotations = new Set([
  "example",
  "examples",
  "default",
  "description",
  "title",
  "deprecated",
  "externalDocs",
  "xml",
  "format",
]);
const nested = new Set(["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"]);
const named = new Set(["properties", "patternProperties", "$defs", "definitions"]);

class Converter {
  readonly #name: string;
  readonly #find: FindSchema;
  readonly #refer: (name: string) => void;

  constructor(name: string, find: FindSchema, refer: (name: string) => void) {
    this.#name = name;
    this.#find = find;
    this.#refer = refer;
  }

  schema(source: JsonObject): JsonObject {
    const { nullable, ...rest } = source;
    const converted = this.#plain(rest);
    return nullable === true ? orNull(converted) : converted;
  }

  #plain(source: JsonObject): JsonObject {
    const out: Record<string, Json> = {};
    for (const [key, value] of Object.entries(source)) {
      if (value === undefined || annotations.has(key) || key.startsWith("x-")) continue;
      if (key === "$recursiveRef") out["$ref"] = this.#reference(prefix + this.#name);
      else if (key === "$ref" && typeof value === "string") out["$ref"] = this.#reference(value);
      else if (key === "anyOf" || key === "oneOf") Object.assign(out, this.#union(value, source["discriminator"], out));
      else if (key === "allOf" && isArray(value))
        out["allOf"] = [...(isArray(out["allOf"]) ? out["allOf"] : []), ...value.map((one) => this.#maybe(one))];
      else if (nested.has(key)) out[key] = this.#maybe(value);
      else if (named.has(key) && isObject(value)) {
        out[key] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.#maybe(one ?? true)]));
      } else if (key !== "discriminator" && key !== "$recursiveAnchor") out[key] = value;
    }
    return out;
  }

  #maybe(value: Json): Json {
    return isObject(value) ? this.schema(value) : value;
  }

  #reference(pointer: string): string {
    if (!pointer.startsWith(prefix)) return pointer;
    const name = pointer.slice(prefix.length);
    this.#refer(name);
    return `#/$defs/${name}`;
  }

  #union(value: Json, discriminator: Json | undefined, before: JsonObject): JsonObject {
    const branches = isArray(value) ? value.filter(isObject) : [];
    const told = isObject(discriminator) ? discriminator["propertyName"] : undefined;
    for (const property of [told, "type", "role"]) {
      if (typeof property !== "string") continue;
      const tags = branches.map((branch) => this.#tags(branch, property, 0));
      if (!tags.every((tag) => tag !== undefined) || overlap(tags)) continue;
      const cases = branches.map((branch, i) => ({
        if: { properties: { [property]: { enum: tags[i] ?? [] } }, required: [property] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: this.schema(branch),
      }));
      const known = { type: "object", required: [property], properties: { [property]: { enum: tags.flat() } } };
      return { allOf: [...(isArray(before["allOf"]) ? before["allOf"] : []), known, ...cases] };
    }
    return { anyOf: branches.map((branch) => this.schema(branch)) };
  }

  /** The constants by which a branch says that it is meant; undefined where it has none or need not say so. */
  #tags(branch: JsonObject, property: string, depth: number): readonly Json[] | undefined {
    if (depth > 5 || branch["nullable"] === true) return undefined;
    const pointer = branch["$recursiveRef"] === "#" ? prefix + this.#name : branch["$ref"];
    if (typeof pointer === "string") {
      const target = this.#find(pointer.slice(prefix.length));
      return target && this.#tags(target, property, depth + 1);
    }
    if (isArray(branch["allOf"])) {
      for (const one of branch["allOf"]) {
        const tags = isObject(one) ? this.#tags(one, property, depth + 1) : undefined;
        if (tags) return tags;
      }
    }
    const stated = isObject(branch["properties"]) ? branch["properties"][property] : undefined;
    const required = isArray(branch["required"]) && branch["required"].includes(property);
    if (!isObject(stated) || !required) return undefined;
    if (stated["const"] !== undefined) return [stated["const"]];
    return isArray(stated["enum"]) ? stated["enum"] : undefined;
  }
}

function overlap(tags: readonly (readonly Json[] | undefined)[]): boolean {
  const all = tags.flatMap((tag) => tag ?? []);
  return new Set(all).size !== all.length;
}

function orNull(schema: JsonObject): JsonObject {
  const { type, ...rest } = schema;
  if (typeof type === "string" && !("allOf" in schema) && !("anyOf" in schema) && !("$ref" in schema) && !("const" in schema)) {
    return { ...rest, type: [type, "null"], ...(isArray(schema["enum"]) && { enum: [...schema["enum"], null] }) };
  }
  return { anyOf: [schema, { type: "null" }] };
}
