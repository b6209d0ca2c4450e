import { Buffer } from "node:buffer";
import type { ChatRequest, Message, Tool } from "../canonical/chat.ts";
import type { MediaSource, Part } from "../canonical/parts.ts";
import { imageSize } from "./image-size.ts";
import { textTokens } from "./text-tokens.ts";
import { type Family, familyOf } from "./token-families.ts";

/** Of a picture nobody has shown us. */
const unseen = { width: 1024, height: 1024 };
/** Bytes for a second of sound: of 16-bit samples 16,000 times a second, and packed. */
const wavSecond = 32_000;
const packedSecond = 16_000;
const videoSecond = 250_000;

/**
 * About how many input tokens a model makes of a chat, where nobody can be asked: its text by classes of characters, pictures and
 * documents by the rules their vendors state, and what the model's family adds for messages, tools and thinking. What a provider
 * puts into the prompt of its own accord cannot be known.
 */
export function estimateTokens(request: ChatRequest, model: string): number {
  const family = familyOf(model);
  const { messages, tools = [], toolChoice, responseFormat, reasoning } = request;
  const turn = messages.findLastIndex(
    ({ role, content }) => role === "user" && content.some(({ type }) => type !== "tool-result"),
  );
  let total = family.base + messages.length * family.message;
  for (const [at, message] of messages.entries()) total += messageTokens(message, at > turn, family);
  const offered = toolChoice?.type === "none" ? [] : tools;
  if (offered.length > 0) total += family.tools;
  for (const tool of offered) total += family.tool + textTokens(definition(tool)) * family.toolText;
  if (responseFormat?.type === "json-schema") total += textTokens(JSON.stringify(responseFormat.schema)) * family.toolText;
  if (reasoning !== undefined && reasoning.mode !== "disabled" && reasoning.effort !== "none") total += family.thinking;
  return Math.max(1, Math.round(total));
}

function definition(tool: Tool): string {
  switch (tool.type) {
    case "function":
      return JSON.stringify({ name: tool.name, description: tool.description, parameters: tool.parameters });
    case "custom":
      return JSON.stringify({ name: tool.name, description: tool.description, format: tool.format });
    case "hosted":
      return JSON.stringify(tool.definition);
  }
}

/** `current`: the message belongs to the turn that goes on, whose thoughts are still read. */
function messageTokens({ content, name }: Message, current: boolean, family: Family): number {
  let total = name === undefined ? 0 : textTokens(name) + 1;
  for (const part of content) total += partTokens(part, current, family);
  return total;
}

function partTokens(part: Part, current: boolean, family: Family): number {
  switch (part.type) {
    case "text":
    case "refusal":
      return textTokens(part.text) * family.text;
    case "reasoning":
      return current ? textTokens(part.text) * family.text : 0;
    case "tool-call":
      return family.call + (textTokens(part.name) + textTokens(part.arguments)) * family.text;
    case "tool-result": {
      let total = family.call;
      for (const inner of part.content) total += partTokens(inner, current, family);
      return total;
    }
    case "image":
      return imageTokens(part.source, part.detail, family);
    case "document":
      return documentTokens(part.source, current, family) + textTokens(`${part.title ?? ""} ${part.context ?? ""}`) * family.text;
    case "audio":
      return part.source === undefined
        ? textTokens(part.transcript ?? "") * family.text
        : seconds(part.source, /wav|pcm/.test(part.format ?? "") ? wavSecond : packedSecond) * family.second;
    case "video":
      return seconds(part.source, videoSecond) * 263;
    case "opaque":
      return textTokens(JSON.stringify(part.value)) * family.text;
  }
}

function imageTokens(source: MediaSource, detail: string | undefined, family: Family): number {
  const size = source.kind === "base64" ? imageSize(source.data) : undefined;
  return family.image(size ?? unseen, detail);
}

function documentTokens(source: MediaSource, current: boolean, family: Family): number {
  switch (source.kind) {
    case "base64":
      return pages(source.data) * family.page;
    case "text":
      return textTokens(source.text) * family.text;
    case "parts":
      return source.parts.reduce((sum, part) => sum + partTokens(part, current, family), 0);
    case "url":
    case "file":
      return family.page;
  }
}

/** Pages of a PDF as far as they stand there unpacked. */
function pages(base64: string): number {
  const text = Buffer.from(base64, "base64").toString("latin1");
  return Math.max(1, text.match(/\/Type\s{0,4}\/Page(?![a-zA-Z])/g)?.length ?? 1);
}

const seconds = (source: MediaSource, bytesPerSecond: number): number =>
  source.kind === "base64" ? (source.data.length * 0.75) / bytesPerSecond : 30;
