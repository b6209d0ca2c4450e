import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { camel, snake } from "../gemini/normal.ts";
import type { SpecCheck } from "./spec-file.ts";

/** Fields that the document lacks though the service takes them, met in recorded requests that it answered with 2xx. */
const unlisted: { readonly [schema: string]: { readonly [field: string]: JsonObject } } = {
  FunctionResponsePart: { fileData: { $ref: "FileData" } },
  BatchEmbedContentsRequest: { model: { type: "string" } },
};

const types: { readonly [type: string]: string } = {
  string: "TYPE_STRING",
  boolean: "TYPE_BOOL",
  integer: "TYPE_INT32",
  number: "TYPE_FLOAT",
};
const mostFindings = 20;

/**
 * Google's discovery document, read as the service's own JSON reader does: unknown fields are refused, names may be spelled in
 * camelCase or snake_case, null means absent, an enum may be given by number or in any letter case, a whole number as text, a
 * lone value where a list is meant. Findings are worded as the service words them.
 */
export class Discovery {
  readonly #schemas: JsonObject;

  constructor(text: string) {
    const document: Json = JSON.parse(text);
    const schemas = isObject(document) ? document["schemas"] : undefined;
    if (!isObject(schemas)) throw new Error("the discovery document has no schemas");
    this.#schemas = schemas;
  }

  find(name: string): JsonObject | undefined {
    const schema = this.#schemas[name];
    return isObject(schema) ? schema : undefined;
  }

  /** Throws where the document has no such schema. */
  check(name: string): SpecCheck {
    const schema = this.find(name);
    if (!schema) throw new Error(`the specification has no schema ${name}`);
    return (value) => {
      const found: string[] = [];
      this.#value(value, schema, "", found);
      return [...new Set(found)].slice(0, mostFindings);
    };
  }

  #value(value: Json, stated: JsonObject, at: string, found: string[]): void {
    const schema = typeof stated["$ref"] === "string" ? (this.find(stated["$ref"]) ?? {}) : stated;
    if (value === null || schema["type"] === "any") return;
    if (schema["type"] === "array") {
      const items = isObject(schema["items"]) ? schema["items"] : {};
      if (isArray(value)) for (const [i, one] of value.entries()) this.#value(one, items, `${at}[${i}]`, found);
      else this.#value(value, items, at, found);
    } else if (isArray(value)) {
      found.push(`Invalid JSON payload received. Unknown name ${nameOf(at)}: Proto field is not repeating, cannot start list.`);
    } else if (schema["type"] === "object") this.#object(value, schema, at, found);
    else if (!fits(value, schema)) found.push(`Invalid value at '${at}' (${typeOf(schema)}), ${JSON.stringify(value)}`);
  }

  #object(value: Json, schema: JsonObject, at: string, found: string[]): void {
    if (!isObject(value)) {
      found.push(`Invalid value at '${at}' (${String(schema["id"] ?? "Map")}), ${JSON.stringify(value)}`);
      return;
    }
    const properties = isObject(schema["properties"]) ? schema["properties"] : {};
    const others = schema["additionalProperties"];
    for (const [i, [written, member]] of Object.entries(value).entries()) {
      const stated = properties[written] ?? properties[camel(written)] ?? unlisted[String(schema["id"])]?.[camel(written)];
      if (isObject(stated)) this.#value(member ?? null, stated, join(at, snake(camel(written))), found);
      else if (isObject(others)) this.#value(member ?? null, others, `${at}[${i}].value`, found);
      else
        found.push(
          `Invalid JSON payload received. Unknown name "${written}"${at === "" ? "" : ` at '${at}'`}: Cannot find field.`,
        );
    }
  }
}

const join = (at: string, name: string): string => (at === "" ? name : `${at}.${name}`);

/** The last name of a path, and where it stands. */
function nameOf(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot < 0 ? `"${path}"` : `"${path.slice(dot + 1)}" at '${path.slice(0, dot)}'`;
}

function typeOf(schema: JsonObject): string {
  if (isArray(schema["enum"])) return "TYPE_ENUM";
  if (schema["format"] === "int64") return "TYPE_INT64";
  if (schema["format"] === "byte") return "TYPE_BYTES";
  if (schema["format"] === "double") return "TYPE_DOUBLE";
  return types[String(schema["type"])] ?? String(schema["type"]);
}

function fits(value: Json, schema: JsonObject): boolean {
  if (isArray(schema["enum"])) {
    const known = schema["enum"];
    return typeof value === "number"
      ? Number.isInteger(value)
      : typeof value === "string" && known.some((one) => same(one, value));
  }
  switch (schema["type"]) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return /^-?\d+$/.test(String(value)) && typeof value !== "boolean";
    case "number":
      return typeof value === "number" || (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)));
    default:
      if (schema["format"] === "int64" || schema["format"] === "uint64") return /^-?\d+$/.test(String(value));
      return typeof value === "string" && (schema["format"] !== "byte" || /^[A-Za-z0-9+/_-]*={0,2}$/.test(value));
  }
}

const same = (known: Json, value: string): boolean => typeof known === "string" && known.toLowerCase() === value.toLowerCase();
