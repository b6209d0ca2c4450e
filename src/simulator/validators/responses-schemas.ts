import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { ChangeSchema } from "./spec-file.ts";

const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

const without = (schema: JsonObject, ...names: readonly string[]): JsonObject => ({
  ...schema,
  required: isArray(schema["required"]) ? schema["required"].filter((name) => !names.includes(String(name))) : [],
});

/**
 * Where OpenAI's specification of Responses requests forbids what the service is recorded to accept, or says it so that an
 * error could not be told by its place. Holds for requests only.
 */
export const responsesRequestSchemas: { readonly [name: string]: ChangeSchema } = {
  // A tool's defaults may be left out; the specification's own FunctionToolParam says so.
  FunctionTool: (schema) => without(schema, "strict", "parameters"),
  InputImageContent: (schema) => without(schema, "detail"),
  // Thoughts that carry themselves need no id.
  ReasoningItem: (schema) => without(schema, "id"),
  MCPApprovalResponse: (schema) => without(schema, "request_id"),
  // Both may be null, which is taken for absent.
  CodeInterpreterToolCall: (schema) => without(schema, "code", "outputs"),
  // What a caller says in the assistant's name has neither id nor annotations.
  OutputTextContent: (schema) => without(schema, "annotations", "logprobs"),
  OutputMessage: (schema) => ({
    ...schema,
    required: ["role", "content"],
    properties: {
      ...(isObject(schema["properties"]) ? schema["properties"] : {}),
      content: { anyOf: [{ type: "string" }, { type: "array", items: ref("OutputMessageContent") }] },
    },
  }),
  /** The same union, told apart by type and role, so that an error names the field at fault. */
  InputItem: (schema, find) => {
    const known = new Set(["EasyInputMessage", "InputMessage", "OutputMessage", "ItemReferenceParam"]);
    const others = [...unionOf(schema), ...unionOf(find("Item"))].filter((one) => isOther(one, known));
    const type = (name: string): JsonObject => ({ properties: { type: { enum: [name, null] } } });
    return {
      if: { required: ["role"], ...type("message") },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        if: { properties: { role: { enum: ["assistant"] } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: ref("OutputMessage"),
        else: ref("EasyInputMessage"),
      },
      else: {
        if: type("item_reference"),
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: ref("ItemReferenceParam"),
        else: { oneOf: others },
      },
    };
  },
};

const unionOf = (schema: JsonObject | undefined): readonly Json[] => (isArray(schema?.["oneOf"]) ? schema["oneOf"] : []);

function isOther(branch: Json, known: ReadonlySet<string>): boolean {
  const pointer = isObject(branch) ? branch["$ref"] : undefined;
  const name = typeof pointer === "string" ? (pointer.split("/").at(-1) ?? "") : "";
  return name !== "Item" && !known.has(name);
}

/** The service takes null for whatever is optional in an item; the specification allows it here and there. */
export function withoutNulls(body: JsonObject): JsonObject {
  return isArray(body["input"]) ? { ...body, input: strip(body["input"]) } : body;
}

function strip(value: Json): Json {
  if (isArray(value)) return value.map(strip);
  if (!isObject(value)) return value;
  const out: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== null && inner !== undefined) out[key] = strip(inner);
  return out;
}
