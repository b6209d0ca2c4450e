import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isArray, isObject, type JsonObject } from "../../canonical/json.ts";
import { Discovery } from "./discovery.ts";
import { withoutExceptions } from "./exceptions.ts";
import { responsesRequestSchemas, withoutNulls } from "./responses-schemas.ts";
import { type SpecCheck, SpecFile } from "./spec-file.ts";

/** Requests checked against the official interface specifications. */
export interface SpecValidators {
  readonly openai: SpecFile;
  readonly anthropic: SpecFile;
  readonly gemini: Discovery;
  chatRequest: SpecCheck;
  responsesRequest: SpecCheck;
  embeddingsRequest: SpecCheck;
  /** `beta`: the request names a beta, so that the wider beta schema holds. */
  messagesRequest(body: JsonObject, beta: boolean): string[];
}

/**
 * Reads `openai/openapi.yaml`, `anthropic/openapi.json` and `gemini/generativelanguage.v1beta.discovery.json` under `directory`.
 * Schemas are compiled on first use.
 */
export async function loadSpecs(directory: string): Promise<SpecValidators> {
  const [chat, messages, generate] = await Promise.all([
    readFile(join(directory, "openai", "openapi.yaml"), "utf8"),
    readFile(join(directory, "anthropic", "openapi.json"), "utf8"),
    readFile(join(directory, "gemini", "generativelanguage.v1beta.discovery.json"), "utf8"),
  ]);
  const openai = SpecFile.fromYaml(chat);
  const anthropic = SpecFile.fromJson(messages);
  const known = new Map<string, ReadonlySet<string>>();
  const openaiRequest = (name: string, spec = openai, unknown = unknownArgument): SpecCheck => {
    return (body) => {
      let fields = known.get(name);
      if (fields === undefined) {
        fields = propertiesOf(name, spec, 0);
        known.set(name, fields);
      }
      const checked = isObject(body) ? withoutExceptions(body, "openai") : body;
      return [...unknownFields(body, fields, unknown), ...spec.check(name)(checked)];
    };
  };
  const responsesRequest = openaiRequest(
    "CreateResponse",
    openai.with(responsesRequestSchemas),
    (field) => `Unknown parameter: '${field}'.`,
  );
  return {
    openai,
    anthropic,
    gemini: new Discovery(generate),
    chatRequest: openaiRequest("CreateChatCompletionRequest"),
    responsesRequest: (body) => responsesRequest(isObject(body) ? withoutNulls(body) : body),
    embeddingsRequest: openaiRequest("CreateEmbeddingRequest"),
    messagesRequest: (body, beta) =>
      anthropic.check(beta ? "BetaCreateMessageParams" : "CreateMessageParams")(withoutExceptions(body, "anthropic")),
  };
}

/** OpenAI's schema leaves objects open, but the service refuses top-level fields that it does not know. */
function unknownFields(
  body: Parameters<SpecCheck>[0],
  known: ReadonlySet<string>,
  sentence: (field: string) => string,
): string[] {
  if (!isObject(body)) return [];
  const unknown = Object.keys(body).filter((field) => !known.has(field));
  return unknown.map((field) => `${field}: ${sentence(field)}`);
}

const unknownArgument = (field: string): string => `Unrecognized request argument supplied: ${field}`;

function propertiesOf(name: string, spec: SpecFile, depth: number): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (schema: JsonObject | undefined, level: number): void => {
    if (!schema || level > 8) return;
    if (isObject(schema["properties"])) for (const property of Object.keys(schema["properties"])) names.add(property);
    if (typeof schema["$ref"] === "string") visit(spec.find(schema["$ref"].slice("#/components/schemas/".length)), level + 1);
    for (const one of isArray(schema["allOf"]) ? schema["allOf"] : []) if (isObject(one)) visit(one, level + 1);
  };
  visit(spec.find(name), depth);
  return names;
}
