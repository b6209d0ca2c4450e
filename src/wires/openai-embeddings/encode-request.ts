import type { EmbedInput, EmbedRequest } from "../../canonical/embed.ts";
import { GatewayError } from "../../canonical/error.ts";
import type { Json } from "../../canonical/json.ts";
import type { Part } from "../../canonical/parts.ts";
import { isEmpty, Losses } from "../shared/losses.ts";
import { urlOf } from "../shared/openai/media.ts";
import type { EncodedRequest, Target } from "../wire.ts";
import { EmbedDecoder } from "./decode-reply.ts";
import { path, name as wireName } from "./name.ts";

/** A canonical request as OpenAI's. Throws `unsupported` for inputs that are neither text, tokens nor pictures. */
export function encodeRequest(request: EmbedRequest, target: Target): EncodedRequest<"embed"> {
  const native = request.extraOrigin === wireName;
  const losses = new Losses();
  const spelling = (native && request.spelling) || {};
  const inputs = request.inputs.map((input, index) => encodeInput(input, index, native || target.quirks.embedParts === true));
  const body: Record<string, Json> = {
    model: target.model,
    input: (spelling["input"] === "alone" ? inputs[0] : undefined) ?? inputs,
  };
  const put = (field: string, value: Json | undefined): void => {
    if (value !== undefined) body[field] = value;
  };
  const format = spelling["encoding_format"];
  put("encoding_format", request.encoding ?? (format === "null" ? undefined : format));
  put("dimensions", request.dimensions);
  put("user", request.endUser);
  const [field, word] = spelling["task"]?.split(":") ?? [];
  if (field !== undefined) put(field, word);
  else if (request.taskType !== undefined)
    losses.drop("task_type_dropped", "task_type", "OpenAI's embeddings have no such field.");
  if (request.title !== undefined) losses.drop("title_dropped", "title", "OpenAI's embeddings have no titles.");
  for (const [name, value] of Object.entries(request.extra ?? {})) {
    if (native) put(name, value);
    else if (!isEmpty(value)) {
      losses.drop("unknown_field_dropped", name, "the field is none of OpenAI's and was sent to another API.");
    }
  }
  for (const [name, spelt] of Object.entries(spelling)) if (spelt === "null") body[name] ??= null;
  for (const field of losses.refused(body, target)) delete body[field];
  const decoder = new EmbedDecoder(target.provider, inputs.length);
  return { wireRequest: { path, headers: {}, body }, warnings: losses.warnings, decoder };
}

function encodeInput(input: EmbedInput, index: number, parts: boolean): Json {
  if (typeof input === "string") return input;
  if (isTokens(input)) return input;
  const at = `input[${index}]`;
  if (input.every((part) => part.type === "text")) return input.map(({ text }) => text).join("");
  if (!parts) {
    const message = `\`${at}\` holds more than text, which OpenAI's embeddings cannot take.`;
    throw new GatewayError("unsupported", message, { param: at });
  }
  return { content: input.map((part) => encodePart(part, at)) };
}

const isTokens = (input: readonly number[] | readonly Part[]): input is readonly number[] => typeof input[0] === "number";

/** OpenAI itself takes no pictures; those who do (OpenRouter) take them as in chats. */
function encodePart(part: Part, at: string): Json {
  if (part.type === "text") return { type: "text", text: part.text };
  const url = part.type === "image" ? urlOf(part.source) : undefined;
  if (url !== undefined) return { type: "image_url", image_url: { url } };
  const what = part.type === "image" ? "an image that is a file of another provider" : `a part of type ${part.type}`;
  throw new GatewayError("unsupported", `\`${at}\` holds ${what}, which OpenAI's embeddings cannot take.`, { param: at });
}
