import type { ResponseFormat, Tool, ToolChoice } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { boolean, list, object, others, refuse, text, wantList, wantObject, wantText } from "../shared/read.ts";
import { origin } from "./name.ts";

/* Tools, tool choice and the format of the text. `as` of a tool: `field=null` for each named field that was null. */

const functionFields = ["name", "description", "parameters", "strict"];

export function decodeTools(value: Json | undefined): readonly Tool[] | undefined {
  if (value === undefined || value === null) return undefined;
  return wantList(value, "tools").map((tool, index) => decodeTool(wantObject(tool, `tools[${index}]`), `tools[${index}]`));
}

function decodeTool(tool: JsonObject, at: string): Tool {
  const type = wantText(tool["type"], `${at}.type`);
  if (type === "function") return decodeFunction(tool, at);
  if (type !== "custom") return { type: "hosted", origin, kind: type, definition: tool };
  const { description, format } = tool;
  const extra = others(tool, new Set(["type", "name", "format", ...(typeof description === "string" ? ["description"] : [])]));
  return {
    type: "custom",
    name: wantText(tool["name"], `${at}.name`),
    ...(typeof description === "string" && { description }),
    ...(format !== undefined && { format }),
    ...(extra && { extra }),
  };
}

/** Fields of the tools that programs call; their `allowed_callers` are not those that Anthropic's tools name so. */
const programmatic = ["output_schema", "allowed_callers"];

function decodeFunction(tool: JsonObject, at: string): Tool {
  const { description, parameters, strict } = tool;
  if (description !== undefined && description !== null && typeof description !== "string") {
    refuse(`${at}.description`, "a string");
  }
  if (strict !== undefined && strict !== null && typeof strict !== "boolean") refuse(`${at}.strict`, "true or false");
  const form = functionFields.filter((field) => tool[field] === null).map((field) => `${field}=null`);
  const defer = boolean(tool["defer_loading"]);
  const known = new Set(["type", ...functionFields, ...programmatic, ...(defer === undefined ? [] : ["defer_loading"])]);
  const settings = Object.fromEntries(programmatic.flatMap((field) => (tool[field] === undefined ? [] : [[field, tool[field]]])));
  const extra = others(tool, known);
  return {
    type: "function",
    name: wantText(tool["name"], `${at}.name`),
    ...(typeof description === "string" && { description }),
    ...(parameters !== undefined && parameters !== null && { parameters: wantObject(parameters, `${at}.parameters`) }),
    ...(typeof strict === "boolean" && { strict }),
    ...(form.length > 0 && { as: form.join(" ") }),
    ...(defer !== undefined && { deferLoading: defer }),
    ...(Object.keys(settings).length > 0 && { own: { wire: origin.wire, settings } }),
    ...(extra && { extra }),
  };
}

/** True where nothing of the object is left unread. */
const wholly = (value: JsonObject, known: readonly string[]): boolean => others(value, new Set(known)) === undefined;

/**
 * `tool_choice`. Undefined for a tool of the provider's own, and for a shape that the specification does not know: it then
 * stays among the request's unnamed fields.
 */
export function decodeToolChoice(value: Json): ToolChoice | undefined {
  if (value === "auto" || value === "none" || value === "required") return { type: value };
  const choice = object(value);
  if (choice === undefined) return refuse("tool_choice", "none, auto, required or an object naming a tool");
  const type = choice["type"];
  if (type === "function" || type === "custom") {
    const name = wantText(choice["name"], "tool_choice.name");
    return wholly(choice, ["type", "name"]) ? { type: "tool", name, ...(type === "custom" && { kind: type }) } : undefined;
  }
  if (type !== "allowed_tools" || !wholly(choice, ["type", "mode", "tools"])) return undefined;
  const { mode } = choice;
  const tools = list(choice["tools"])?.map((tool) => object(tool));
  const objects = tools?.filter((tool) => tool !== undefined);
  if ((mode !== "auto" && mode !== "required") || objects === undefined || objects.length !== tools?.length) {
    return refuse("tool_choice", "an object with `mode` (auto or required) and a list `tools`");
  }
  return { type: "allowed", mode, tools: objects.map(nested) };
}

/** An allowed tool as the canonical request names it: as OpenAI chat does, its name in an inner object. */
function nested(tool: JsonObject): JsonObject {
  const { type, name } = tool;
  const plain = (type === "function" || type === "custom") && wholly(tool, ["type", "name"]);
  return plain && name !== undefined ? { type, [type]: { name } } : tool;
}

/** `text.format`. Undefined where it has a shape that the specification does not know. */
export function decodeFormat(value: Json): ResponseFormat | undefined {
  const format = wantObject(value, "text.format");
  const type = wantText(format["type"], "text.format.type");
  if (type === "text" && wholly(format, ["type"])) return { type: "text" };
  if (type === "json_object" && wholly(format, ["type"])) return { type: "json" };
  if (type !== "json_schema") return undefined;
  const title = text(format["name"]);
  const description = text(format["description"]);
  const strict = boolean(format["strict"]);
  // What is null or of another type than named goes along as it is.
  const read = { name: title, description, strict };
  const known = Object.entries(read).flatMap(([field, found]) => (found === undefined ? [] : [field]));
  const extra = others(format, new Set(["type", "schema", ...known]));
  return {
    type: "json-schema",
    ...(title !== undefined && { name: title }),
    ...(description !== undefined && { description }),
    schema: wantObject(format["schema"], "text.format.schema"),
    ...(strict !== undefined && { strict }),
    ...(extra && { extra }),
  };
}
