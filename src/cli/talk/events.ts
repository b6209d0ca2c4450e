import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Piece } from "./backend.ts";

/** The data of server-sent events out of a body's bytes. */
export async function* eventData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(line.charAt(5) === " " ? 6 : 5));
      else if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      }
    }
  }
}

/** A value as JSON; undefined where it is none. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const objectAt = (value: Json | undefined, key: string): JsonObject => {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
};

export const textAt = (value: Json | undefined, key: string): string | undefined => {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === "string" ? found : undefined;
};

export const numberAt = (value: Json | undefined, key: string): number | undefined => {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === "number" ? found : undefined;
};

/** The first choice of an answer or a chunk of OpenAI's chat. */
export const firstChoice = (value: Json | undefined): JsonObject => {
  const choices = isObject(value) ? value["choices"] : undefined;
  const first = isArray(choices) ? choices[0] : undefined;
  return isObject(first) ? first : {};
};

/** What a message of OpenAI's chat, or a delta of one, says. */
export function piecesOf(message: JsonObject): readonly Piece[] {
  const pieces: Piece[] = [];
  const thought = textAt(message, "reasoning_content") ?? textAt(message, "reasoning");
  if (thought) pieces.push({ kind: "thought", text: thought });
  const text = textAt(message, "content") ?? textAt(message, "refusal");
  if (text) pieces.push({ kind: "text", text });
  return pieces;
}
