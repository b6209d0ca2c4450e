import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isArray, isObject, type Json, type JsonObject } from "../../../../canonical/json.ts";

export const recordings =
  process.env["POLYGATE_RECORDINGS"] ?? join(import.meta.dirname, "../../../../../../shared/recordings/open");

export interface Found {
  readonly schema: JsonObject;
  readonly use: "arguments" | "answer";
  /** The recording it was first met in. */
  readonly file: string;
}

/** Every schema that the recorded requests of any wire carry, each once. Undefined where the recordings are not there. */
export function schemasRecorded(): readonly Found[] | undefined {
  let files: readonly string[];
  try {
    files = readdirSync(recordings, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
  } catch {
    return undefined;
  }
  const found = new Map<string, Found>();
  for (const file of files) {
    const text = readFileSync(join(recordings, file), "utf8");
    if (!/schema|parameters/i.test(text)) continue;
    const recorded: Json = JSON.parse(text);
    const request = isObject(recorded) ? recorded["request"] : undefined;
    const body = isObject(request) ? request["body"] : undefined;
    if (!isObject(body)) continue;
    for (const [use, schema] of schemasOf(body)) {
      const key = `${use} ${JSON.stringify(schema)}`;
      if (!found.has(key)) found.set(key, { schema, use, file });
    }
  }
  return [...found.values()];
}

/** What a provider runs itself has settings, no schema. */
const kindOf = ({ type }: JsonObject): string | undefined => (typeof type === "string" ? type : undefined);

const toolFields = ["parameters", "input_schema", "parametersJsonSchema", "parameters_json_schema"];

function* schemasOf(body: JsonObject): Generator<readonly ["arguments" | "answer", JsonObject]> {
  const tools = isArray(body["tools"]) ? body["tools"] : [];
  for (const tool of tools) {
    if (!isObject(tool) || !["function", "custom", undefined].includes(kindOf(tool))) continue;
    const declared = tool["functionDeclarations"] ?? tool["function_declarations"];
    for (const one of isArray(declared) ? declared : [isObject(tool["function"]) ? tool["function"] : tool]) {
      if (!isObject(one)) continue;
      for (const field of toolFields) if (isObject(one[field])) yield ["arguments", one[field]];
    }
  }
  for (const path of answerPaths) {
    let at: Json | undefined = body;
    for (const key of path.split(".")) at = isObject(at) ? at[key] : undefined;
    if (isObject(at)) yield ["answer", at];
  }
}

const answerPaths = [
  "response_format.json_schema.schema",
  "text.format.schema",
  "output_config.format.schema",
  "output_format.schema",
  "generationConfig.responseSchema",
  "generationConfig.responseJsonSchema",
  "generationConfig.response_schema",
];
