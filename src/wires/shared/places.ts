import type { JsonObject } from "../../canonical/json.ts";

/*
 * Encoders name what they lose by its canonical place (`messages[2].content[0]`, `tools[1].parameters.properties.x`, `stop`). A
 * caller is told the place in the body it sent. Each wire's `places.ts` says how its bodies are laid out; they are asked only once
 * something is to be told, and so look it up in the body instead of having kept it.
 */

/** Where a canonical message stands. */
export interface MessagePlace {
  readonly at: string;
  /** Of the content's part of that number, or of what this holds (the content of a tool's result). */
  part(index: number, inner: number | undefined): string;
}

/** Where a canonical tool stands, and the schema of its arguments. */
export interface ToolPlace {
  readonly at: string;
  readonly schema: string;
}

/** How a wire's bodies are laid out. What is undefined has its canonical name. */
export interface Layout {
  message(body: JsonObject, index: number): MessagePlace | undefined;
  tool(body: JsonObject, index: number): ToolPlace | undefined;
  /** Of settings, by their canonical names or paths. */
  readonly fields: { readonly [name: string]: string | ((body: JsonObject) => string | undefined) | undefined };
}

const listed = /^(messages|tools)\[(\d+)\](?:\.content\[(\d+)\](?:\.content\[(\d+)\])?)?(.*)$/s;

/** The place in the caller's body. One that is not known there stays as it is. */
export function placeIn(layout: Layout, body: JsonObject, at: string): string {
  const [, list, number, part, inner, rest = ""] = listed.exec(at) ?? [];
  if (list === "tools") {
    const tool = layout.tool(body, Number(number));
    if (tool === undefined) return at;
    const within = /^\.parameters(?=$|[.[])/.test(rest);
    return within ? tool.schema + rest.slice(".parameters".length) : tool.at + rest;
  }
  if (list === "messages") {
    const message = layout.message(body, Number(number));
    if (message === undefined) return at;
    if (part === undefined) return message.at + rest;
    return message.part(Number(part), inner === undefined ? undefined : Number(inner)) + rest;
  }
  return fieldIn(layout, body, at);
}

/** A setting: the longest beginning of its path that is known, and the rest. */
function fieldIn({ fields }: Layout, body: JsonObject, at: string): string {
  for (let known = at; known !== ""; known = known.slice(0, Math.max(0, known.lastIndexOf(".")))) {
    // What the body has under that very name is meant, and not what is canonically called so.
    if (Object.hasOwn(body, known)) return at;
    const field = Object.hasOwn(fields, known) ? fields[known] : undefined;
    const place = typeof field === "function" ? field(body) : field;
    if (place !== undefined) return place + at.slice(known.length);
  }
  return at;
}
