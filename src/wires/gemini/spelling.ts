import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";

/*
 * The API reads every field in camelCase and in snake_case. Callers' bodies are read in camelCase; which of their fields were in
 * snake_case is kept (in `as` of parts, messages and tools as a token `snake:a,b`, in the request's `spelling` under `snake`), so
 * that the same wire says them again as they were.
 */

/** A JSON object under construction. */
export type Draft = Record<string, Json>;

export function put(target: Draft, name: string, value: Json | undefined): void {
  if (value !== undefined) target[name] = value;
}

/** The object without members that have no value. */
export function defined(value: JsonObject): Draft {
  const made: Draft = {};
  for (const [name, member] of Object.entries(value)) put(made, name, member);
  return made;
}

const names = [
  ...["inlineData", "fileData", "mimeType", "fileUri", "displayName", "functionCall", "functionResponse", "executableCode"],
  ...["codeExecutionResult", "toolCall", "toolResponse", "toolType", "thoughtSignature", "videoMetadata", "mediaResolution"],
  ...["partMetadata", "startOffset", "endOffset", "willContinue", "partialArgs"],
  ...["systemInstruction", "generationConfig", "safetySettings", "cachedContent", "toolConfig", "serviceTier"],
  ...["modelArmorConfig", "functionDeclarations", "parametersJsonSchema", "responseJsonSchema"],
  ...["googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "googleMaps", "fileSearch", "computerUse"],
  ...["mcpServers", "enterpriseWebSearch", "functionCallingConfig", "allowedFunctionNames", "retrievalConfig"],
  ...["streamFunctionCallArguments", "includeServerSideToolInvocations", "stopSequences", "topP", "topK", "candidateCount"],
  ...["maxOutputTokens", "presencePenalty", "frequencyPenalty", "responseLogprobs", "responseMimeType", "responseSchema"],
  ...["responseFormat", "thinkingConfig", "includeThoughts", "thinkingBudget", "thinkingLevel", "speechConfig"],
  ...["responseModalities", "imageConfig", "enableEnhancedCivicAnswers", "enableAffectiveDialog", "translationConfig"],
  ...["audioTimestamp", "routingConfig", "modelSelectionConfig", "generateContentRequest", "taskType"],
  ...["outputDimensionality", "embedContentConfig", "autoTruncate"],
];

const snakeOf = (camel: string): string => camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = new Map(names.map((camel) => [snakeOf(camel), camel]));
const toSnake = new Map(names.map((camel) => [camel, snakeOf(camel)]));

/** The object with the fields this API names in camelCase; those that were in snake_case are added to `snakes` (as sent). */
export function camel(source: JsonObject, snakes: Set<string>): JsonObject {
  let found = false;
  for (const key in source) if (key.includes("_") && toCamel.has(key)) found = true;
  if (!found) return source;
  return Object.fromEntries(
    Object.entries(source).map(([key, value]) => {
      const known = toCamel.get(key);
      // A field in both spellings is kept in both: which of them counts is the provider's to say.
      if (known === undefined || source[known] !== undefined) return [key, value];
      snakes.add(key);
      return [known, value];
    }),
  );
}

/** An object whose fields may be in either spelling, read in camelCase; undefined for anything else. */
export const camelObject = (value: Json | undefined, snakes: Set<string>): JsonObject | undefined =>
  isObject(value) ? camel(value, snakes) : undefined;

/** The reverse of `camel`, for fields of this object and of the objects it is given the names of. */
export function respell(value: JsonObject, snakes: ReadonlySet<string>, within: readonly string[] = []): JsonObject {
  if (snakes.size === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const snake = toSnake.get(key);
      const inner = within.includes(key) && isObject(member) ? respell(member, snakes) : member;
      return [snake !== undefined && snakes.has(snake) ? snake : key, inner];
    }),
  );
}

const mark = "snake:";

/** Tokens of form, joined by blanks; undefined for none. */
export function words(tokens: readonly (string | undefined)[], snakes: ReadonlySet<string>): string | undefined {
  const all = tokens.filter((token) => token !== undefined && token !== "");
  if (snakes.size > 0) all.push(mark + [...snakes].join(","));
  return all.length === 0 ? undefined : all.join(" ");
}

export const spelled = (as: string | undefined, token: string): boolean => as?.split(" ").includes(token) ?? false;

/** The rest of the token that begins with `prefix`. */
export function told(as: string | undefined, prefix: string): string | undefined {
  return as
    ?.split(" ")
    .find((token) => token.startsWith(prefix))
    ?.slice(prefix.length);
}

const none: ReadonlySet<string> = new Set();

export function snakesOf(as: string | undefined): ReadonlySet<string> {
  const list = as === undefined ? undefined : told(as, mark);
  return list === undefined ? none : new Set(list.split(","));
}
