import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import { arr, obj, parseJson } from "./json.ts";
import type { WireName } from "./loader.ts";

/** What is validated: a request to a provider, a whole reply or a stream's event to a caller. */
export type Kind = "request" | "reply" | "event";

export interface Judges {
  /** Complaints, empty when the body fits; at most a few. */
  faults(wire: WireName, kind: Kind, body: Json): readonly string[];
  /** Names the specification gives at a place of the canonical request (`request`, `message.user`, `part.text`, `tool/function` …). */
  known(wire: WireName, place: string): ReadonlySet<string>;
}

/** Schemas by component name, converted to plain JSON Schema 2020-12. Can be sent to a worker. */
export type Schemas = { readonly [wire in WireName]: JsonObject };

/** A body fits a kind when it fits any of the named schemas (Anthropic's beta API is a superset with other names). */
const roots: { readonly [wire in WireName]: { readonly [kind in Kind]: readonly string[] } } = {
  "openai-chat": {
    request: ["CreateChatCompletionRequest"],
    reply: ["CreateChatCompletionResponse"],
    event: ["CreateChatCompletionStreamResponse"],
  },
  "anthropic-messages": {
    request: ["CreateMessageParams", "BetaCreateMessageParams"],
    reply: ["Message", "BetaMessage"],
    event: ["MessageStreamEvent", "BetaMessageStreamEvent"],
  },
};

const message = (role: string) => [`ChatCompletionRequest${role}Message`];
const part = (name: string) => [`ChatCompletionRequestMessageContentPart${name}`];

/** Where canonical places stand in the specifications. A place that is not listed names nothing. */
const places: { readonly [wire in WireName]: { readonly [place: string]: readonly string[] } } = {
  "openai-chat": {
    request: ["CreateChatCompletionRequest"],
    "message.system": message("System"),
    "message.developer": message("Developer"),
    "message.user": message("User"),
    "message.assistant": message("Assistant"),
    "message.tool": [...message("Tool"), ...message("Function")],
    "part.text": part("Text"),
    "part.image": part("Image"),
    "part.image/image_url": ["ChatCompletionRequestMessageContentPartImage/image_url"],
    "part.audio": part("Audio"),
    "part.audio/input_audio": ["ChatCompletionRequestMessageContentPartAudio/input_audio"],
    "part.document": part("File"),
    "part.document/file": ["ChatCompletionRequestMessageContentPartFile/file"],
    "part.refusal": part("Refusal"),
    "part.tool-call": ["ChatCompletionMessageToolCall"],
    "part.tool-call/function": ["ChatCompletionMessageToolCall/function"],
    "part.tool-result": message("Tool"),
    tool: ["ChatCompletionTool"],
    "tool/function": ["FunctionObject"],
    toolChoice: ["ChatCompletionNamedToolChoice"],
    responseFormat: ["ResponseFormatJsonSchema"],
    "responseFormat/json_schema": ["ResponseFormatJsonSchema/json_schema"],
  },
  "anthropic-messages": {
    request: ["CreateMessageParams", "BetaCreateMessageParams"],
    "message.user": ["InputMessage"],
    "message.assistant": ["InputMessage"],
    "message.system": ["InputMessage"],
    "part.text": ["RequestTextBlock"],
    "part.image": ["RequestImageBlock"],
    "part.document": ["RequestDocumentBlock"],
    "part.tool-call": ["RequestToolUseBlock"],
    "part.tool-result": ["RequestToolResultBlock"],
    "part.reasoning": ["RequestThinkingBlock", "RequestRedactedThinkingBlock"],
    tool: ["Tool", "BetaTool"],
    toolChoice: ["ToolChoice"],
    responseFormat: ["OutputConfig", "JsonOutputFormat"],
    reasoning: ["ThinkingConfigParam", "OutputConfig"],
  },
};

/** Reads and converts the specifications; undefined when the folder is not there. */
export function loadSchemas(folder: string): Schemas | undefined {
  const openai = join(folder, "openai/openapi.yaml");
  const anthropic = join(folder, "anthropic/openapi.json");
  if (!existsSync(openai) || !existsSync(anthropic)) return undefined;
  const yaml: Json = parse(readFileSync(openai, "utf8"), { maxAliasCount: -1 });
  return {
    "openai-chat": closure(yaml, "openai-chat"),
    "anthropic-messages": closure(parseJson(readFileSync(anthropic, "utf8")) ?? null, "anthropic-messages"),
  };
}

/** The schemas our roots and places need, with all that they refer to. */
function closure(document: Json, wire: WireName): JsonObject {
  const all = obj(obj(obj(document)["components"])["schemas"]);
  const out: Record<string, Json> = {};
  const queue = [...Object.values(roots[wire]).flat(), ...Object.values(places[wire]).flat()].map(
    (name) => name.split("/")[0] ?? name,
  );
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name in out) continue;
    const schema = all[name];
    if (schema === undefined) throw new Error(`the ${wire} specification has no schema ${name}`);
    out[name] = convert(schema, queue);
  }
  return out;
}

const prose = new Set([
  "description",
  "example",
  "examples",
  "title",
  "default",
  "deprecated",
  "discriminator",
  "summary",
  "externalDocs",
]);

/** OpenAPI to JSON Schema: `nullable` becomes a type, `oneOf` (which real specifications use loosely) `anyOf`, prose goes. */
function convert(schema: Json, queue: string[], names = false): Json {
  if (isArray(schema)) return schema.map((one) => convert(one, queue));
  if (!isObject(schema)) return schema;
  const out: Record<string, Json> = {};
  // Where branches are told apart by a tag, only the branch that is meant complains. (OpenAI's branches lack the tags.)
  const tag = obj(schema["discriminator"]);
  const tagged = !names && isObject(tag["mapping"]) && isArray(schema["oneOf"]);
  if (tagged) out["discriminator"] = { propertyName: tag["propertyName"] ?? "type" };
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || (!names && (prose.has(key) || key.startsWith("x-") || key === "nullable"))) continue;
    if (key === "$ref" && typeof value === "string") {
      const name = value.slice(value.lastIndexOf("/") + 1);
      queue.push(name);
      out["$ref"] = `#/$defs/${name}`;
    } else if (key === "enum" || key === "const" || key === "required") out[key] = value;
    else if (key === "oneOf" && !names && !tagged) out["anyOf"] = convert(value, queue);
    else out[key] = convert(value, queue, !names && key === "properties");
  }
  if (schema["nullable"] === true && !names) return { anyOf: [out, { type: "null" }] };
  return out;
}

export function judgesFrom(schemas: Schemas): Judges {
  const compiled = new Map<string, ValidateFunction>();
  const validator = (wire: WireName, name: string): ValidateFunction => {
    const key = `${wire}/${name}`;
    let found = compiled.get(key);
    if (!found) {
      const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, discriminator: true });
      found = ajv.compile({ $ref: `#/$defs/${name}`, $defs: schemas[wire] });
      compiled.set(key, found);
    }
    return found;
  };
  const sets = new Map<string, ReadonlySet<string>>();
  return {
    faults(wire, kind, body) {
      let faults: readonly string[] = [];
      for (const name of roots[wire][kind]) {
        const validate = validator(wire, name);
        if (validate(body)) return [];
        faults = [...faults, ...explain(validate, name)];
      }
      return faults.slice(0, 3);
    },
    known(wire, place) {
      const key = `${wire}/${place}`;
      let found = sets.get(key);
      if (!found) {
        found = new Set((places[wire][place] ?? []).flatMap((path) => propertyNames(schemas[wire], path)));
        sets.set(key, found);
      }
      return found;
    },
  };
}

/** The deepest complaint: the branch that was meant gets furthest. */
function explain(validate: ValidateFunction, name: string): string[] {
  const deepest = (validate.errors ?? []).toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0];
  return deepest ? [`${name}${deepest.instancePath} ${deepest.message ?? ""} ${JSON.stringify(deepest.params)}`] : [name];
}

/** Property names of a schema (`Name`) or of one of its properties (`Name/property`). */
function propertyNames(schemas: JsonObject, path: string): string[] {
  const [name = "", property] = path.split("/");
  const out = new Set<string>();
  const visit = (schema: Json | undefined, wanted: string | undefined, depth: number): void => {
    if (!isObject(schema) || depth > 12) return;
    if (typeof schema["$ref"] === "string") visit(schemas[schema["$ref"].slice("#/$defs/".length)], wanted, depth + 1);
    for (const key of ["allOf", "anyOf", "oneOf"]) for (const one of arr(schema[key])) visit(one, wanted, depth + 1);
    for (const [key, inner] of Object.entries(obj(schema["properties"]))) {
      if (wanted === undefined) out.add(key);
      else if (key === wanted) visit(inner, undefined, depth + 1);
    }
  };
  visit(schemas[name], property, 0);
  return [...out];
}
