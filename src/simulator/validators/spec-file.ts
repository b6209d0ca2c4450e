import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { toJsonSchema } from "./openapi.ts";

/** Says what of a value departs from a schema, as `field: sentence`; none = valid. */
export type SpecCheck = (value: Json) => string[];

/** Gives a schema instead of the one the document states. `find` gives others, as they are stated. */
export type ChangeSchema = (schema: JsonObject, find: (name: string) => JsonObject | undefined) => JsonObject;

/**
 * An OpenAPI document whose schemas can be checked against. Schemas are compiled on first use and kept; of a YAML document
 * only the schemas in use are ever parsed, since the whole takes seconds.
 */
export class SpecFile {
  readonly #source: (name: string) => JsonObject | undefined;
  readonly #found = new Map<string, JsonObject | undefined>();
  readonly #checks = new Map<string, SpecCheck>();

  private constructor(source: (name: string) => JsonObject | undefined) {
    this.#source = source;
  }

  static fromJson(text: string): SpecFile {
    const document: Json = JSON.parse(text);
    return new SpecFile((name) => schemaOf(document, name));
  }

  static fromYaml(text: string): SpecFile {
    let whole: Json | undefined;
    return new SpecFile((name) => {
      const piece = cut(text, name);
      if (piece !== undefined) {
        const parsed: Json = parse(piece);
        if (isObject(parsed) && isObject(parsed[name])) return parsed[name];
      }
      if (whole === undefined) {
        const document: Json = parse(text);
        whole = document;
      }
      return schemaOf(whole, name);
    });
  }

  /** The same document with some schemas changed; checks of either do not touch the other's. */
  with(changes: { readonly [name: string]: ChangeSchema }): SpecFile {
    return new SpecFile((name) => {
      const stated = this.find(name);
      return stated && (changes[name]?.(stated, (other) => this.find(other)) ?? stated);
    });
  }

  /** The schema as the document states it. */
  find(name: string): JsonObject | undefined {
    if (!this.#found.has(name)) this.#found.set(name, this.#source(name));
    return this.#found.get(name);
  }

  /** Throws where the document has no such schema. */
  check(name: string): SpecCheck {
    const known = this.#checks.get(name);
    if (known) return known;
    const validate = new Ajv2020({ strict: false, validateFormats: false, inlineRefs: false, logger: false }).compile(
      toJsonSchema(name, (other) => this.find(other)),
    );
    const check = checkWith(validate);
    this.#checks.set(name, check);
    return check;
  }
}

function schemaOf(document: Json | undefined, name: string): JsonObject | undefined {
  const components = isObject(document) ? document["components"] : undefined;
  const schemas = isObject(components) ? components["schemas"] : undefined;
  const schema = isObject(schemas) ? schemas[name] : undefined;
  return isObject(schema) ? schema : undefined;
}

/** The lines of one component schema in a document indented by two. */
function cut(text: string, name: string): string | undefined {
  const components = text.indexOf("\ncomponents:\n");
  const start = text.indexOf(`\n    ${name}:\n`, Math.max(components, 0));
  if (components < 0 || start < 0) return undefined;
  const rest = text.slice(start + 1);
  const end = /\n {0,4}[^\s#]/.exec(rest);
  return end ? rest.slice(0, end.index) : rest;
}

const mostErrors = 3;

function checkWith(validate: ValidateFunction): SpecCheck {
  return (value) => {
    if (validate(value)) return [];
    const errors = (validate.errors ?? []).filter((error) => error.keyword !== "if" && error.keyword !== "anyOf");
    // A union reports every branch; the branch that got deepest is the one that was meant.
    const deepest = Math.max(0, ...errors.map((error) => error.instancePath.split("/").length));
    const meant = errors.filter((error) => error.instancePath.split("/").length === deepest);
    return [...new Set(meant.map(sentence))].slice(0, mostErrors);
  };
}

function sentence(error: ErrorObject): string {
  const at = error.instancePath.slice(1).replaceAll("/", ".") || "body";
  const params: Json = JSON.parse(JSON.stringify(error.params));
  const detail = isObject(params)
    ? (params["additionalProperty"] ?? params["allowedValues"] ?? params["allowedValue"])
    : undefined;
  return `${at}: ${error.message ?? error.keyword}${detail === undefined ? "" : ` (${JSON.stringify(detail)})`}`;
}
