import assert from "node:assert/strict";
import type { Source, Span } from "../../../canonical/call.ts";
import type { Message } from "../../../canonical/chat.ts";
import type { WireEvent } from "../../../canonical/event.ts";
import { isObject, type Json, type JsonObject } from "../../../canonical/json.ts";
import type { Operation } from "../../../canonical/operations.ts";
import type { Codec, Target } from "../../wire.ts";

/** A codec that serves callers, encodes and relays. */
export function whole<Op extends Operation>(found: Codec<Op> | undefined) {
  assert(found?.decodeRequest && found.relay);
  return { encodeRequest: found.encodeRequest, decodeRequest: found.decodeRequest, relay: found.relay };
}

/** What requests are encoded for unless a test says otherwise. */
export const targets =
  (provider: string, model: string) =>
  (over: Partial<Target> = {}): Target => ({ provider, model, stream: false, callId: "call_1", quirks: {}, ...over });

export const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });

/** As it is once written and read. */
export const plain = (value: unknown): Json => (value === undefined ? null : JSON.parse(JSON.stringify(value)));

/** The events' data. */
export const parsed = (events: readonly WireEvent[]): readonly JsonObject[] =>
  events.map(({ data }) => {
    const value: Json = JSON.parse(data);
    assert(isObject(value));
    return value;
  });

/** A caller's bytes, with the places of their top-level members. `write` spells each member's value. */
export function sourceAt(
  { wire, path }: Pick<Source, "wire" | "path">,
  json: JsonObject,
  gap = "",
  write: (value: Json) => string = (value) => JSON.stringify(value),
): Source {
  const members = new Map<string, Span>();
  const bytes = (text: string): number => Buffer.byteLength(text);
  let text = `{${gap}`;
  for (const [name, value] of Object.entries(json)) {
    if (value === undefined) continue;
    if (members.size > 0) text += `${gap},${gap}`;
    const key = bytes(text);
    text += `${JSON.stringify(name)}${gap}:${gap}`;
    const start = bytes(text);
    text += write(value);
    members.set(name, { key, start, end: bytes(text) });
  }
  const body = Buffer.from(`${text}${gap}}`);
  return { wire, path, query: "", headers: {}, body, json, members };
}
