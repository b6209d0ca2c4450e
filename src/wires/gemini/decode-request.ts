import type { ChatRequest } from "../../canonical/chat.ts";
import type { Json, JsonObject } from "../../canonical/json.ts";
import { boolean, optional, refuse, text } from "../shared/read.ts";
import type { Incoming } from "../wire.ts";
import { decodeConfig } from "./decode-config.ts";
import { decodeContents, decodeSystem } from "./decode-contents.ts";
import { decodeToolConfig, decodeTools } from "./decode-tools.ts";
import { name } from "./name.ts";
import { camel, type Draft } from "./spelling.ts";

/** Fields that only this wire has words for. */
const own = ["safetySettings", "cachedContent", "labels", "modelArmorConfig"];
const known = new Set([
  ...["contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "serviceTier", "store", "model"],
  ...own,
]);

/** The model as the path names it; bodies need none. Throws `invalid_request` where there is none. */
export const readModel = ({ named }: Incoming): string => named || refuse("model", "named in the path: models/{model}:{method}");

/**
 * A caller's body as a canonical request. `spelling`: `snake` the fields that were in snake_case, `tools` how tools were put
 * together, `toolMode` the mode's own word, `responseFormat` the field that held the schema, `null` for an explicit null.
 */
export function decodeRequest(source: JsonObject, model: string): ChatRequest {
  const snakes = new Set<string>();
  const spelling: Record<string, string> = {};
  const settings: Draft = {};
  const extra: Draft = {};
  const body = camel(source, snakes);
  for (const [field, value] of Object.entries(body)) {
    if (value === undefined) continue;
    if (value === null && known.has(field)) spelling[field] = "null";
    else if (own.includes(field)) settings[field] = value;
    else if (!known.has(field)) extra[field] = value;
  }
  if (typeof body["model"] === "string") spelling["model"] = body["model"];
  const tools = decodeTools(body["tools"], snakes);
  if (tools !== undefined) spelling["tools"] = tools.layout;
  const config = decodeConfig(body["generationConfig"], snakes, spelling);
  const choice = decodeToolConfig(body["toolConfig"], snakes);
  if (choice.mode !== undefined) spelling["toolMode"] = choice.mode;
  const all = { ...settings, ...choice.settings, ...config.settings };
  const tier = optional(body["serviceTier"], "serviceTier", text, "a string");
  const system = decodeSystem(body["systemInstruction"]);
  const contents: Json | undefined = body["contents"];
  if (snakes.size > 0) spelling["snake"] = [...snakes].join(",");
  return {
    model,
    messages: [...system, ...decodeContents(contents)],
    ...(tools && { tools: tools.tools }),
    ...(choice.choice && { toolChoice: choice.choice }),
    ...config.fields,
    ...(tier !== undefined && { serviceTier: tier }),
    store: optional(body["store"], "store", boolean, "true or false"),
    ...(Object.keys(all).length > 0 && { own: { wire: name, settings: all } }),
    spelling,
    ...(Object.keys(extra).length > 0 && { extra }),
    extraOrigin: name,
  };
}
