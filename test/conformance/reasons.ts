import type { Json, JsonObject } from "../../src/canonical/json.ts";
import { obj, objects, parseJson, str } from "./json.ts";
import { naiveEvents } from "./sse.ts";

/*
 * A relayed answer is passed on as it came, but for a finish reason that says the opposite of what was said: calls that end in
 * `stop`, the word for calls without any, the empty word. Written apart from the relays.
 */

type Fix = (body: JsonObject) => JsonObject;

interface Fixer {
  readonly fix: Fix;
  /** What is put before the end marker. */
  readonly owed: () => JsonObject | undefined;
}

const forCalls = new Set(["tool_calls", "tool_use", "tool_call", "function_call"]);
const cut = /^(?:length|max_tokens|model_length|max_output_tokens|content_filter|safety|sensitive|error|insufficient_.*)$/i;

/** Of a chat completion or its chunks. `unsaid`: what stands for the empty word. */
function chat(unsaid: "stop" | null): Fixer {
  const called = new Map<number, string>();
  let finished = false;
  let spoken = false;
  let first: JsonObject = {};
  const word = (raw: string, index: number): string => {
    const calls = called.get(index);
    if (forCalls.has(raw)) return calls === undefined ? "stop" : raw;
    return calls === undefined || cut.test(raw) ? raw : calls;
  };
  const choice = (one: JsonObject, at: number): JsonObject => {
    const index = typeof one["index"] === "number" ? one["index"] : at;
    for (const said of [obj(one["delta"]), obj(one["message"])]) {
      if (objects(said["tool_calls"]).length > 0) called.set(index, "tool_calls");
      if (str(obj(said["function_call"])["name"])) called.set(index, "function_call");
      spoken ||= called.size > 0 || Boolean(said["content"] || said["reasoning_content"] || said["reasoning"] || said["refusal"]);
    }
    const raw = str(one["finish_reason"]);
    if (raw === undefined) return one;
    finished ||= raw !== "";
    if (raw !== "") return { ...one, finish_reason: word(raw, index) };
    return { ...one, finish_reason: unsaid === null ? null : word(unsaid, index) };
  };
  return {
    fix: (body) => {
      first = { ...body, ...Object.fromEntries(Object.entries(first).filter(([, value]) => value !== "")) };
      return body["choices"] === undefined || body["choices"] === null
        ? body
        : { ...body, choices: objects(body["choices"]).map(choice) };
    },
    owed: () => {
      if (finished || !spoken) return undefined;
      const { id = "", created = 0, model = "" } = first;
      const end = { index: 0, delta: {}, finish_reason: word("stop", 0) };
      return { id, object: "chat.completion.chunk", created, model, choices: [end] };
    },
  };
}

/** Of a message or its events. */
function messages(): Fixer {
  let called = false;
  const reasoned = (stop: JsonObject): JsonObject => {
    const raw = stop["stop_reason"];
    if (raw === "tool_use" && !called) return { ...stop, stop_reason: "end_turn" };
    const open = raw === "" || raw === "end_turn" || raw === "stop_sequence";
    if (open && called) return { ...stop, stop_reason: "tool_use" };
    return raw === "" ? { ...stop, stop_reason: "end_turn" } : stop;
  };
  return {
    fix: (body) => {
      called ||= [...objects(body["content"]), obj(body["content_block"])].some(({ type }) => type === "tool_use");
      if (body["type"] === "message_delta") return { ...body, delta: reasoned(obj(body["delta"])) };
      return body["type"] === "message" ? reasoned(body) : body;
    },
    owed: () => undefined,
  };
}

const fixerOf = (wire: string, unsaid: "stop" | null): Fixer | undefined =>
  wire === "openai-chat" ? chat(unsaid) : wire === "anthropic-messages" ? messages() : undefined;

/** A whole reply as it is to be passed on. */
export const reasonedWhole = (wire: string, body: JsonObject): JsonObject => fixerOf(wire, "stop")?.fix(body) ?? body;

/** A stream's frames as they are to be passed on. */
export function reasonedFrames(wire: string, frames: readonly string[]): string[] {
  const fixer = fixerOf(wire, null);
  if (fixer === undefined) return [...frames];
  return frames.flatMap((frame) => {
    const [event] = naiveEvents(frame);
    if (event?.data.trim() === "[DONE]") {
      const owed = fixer.owed();
      return owed === undefined ? [frame] : [written(owed), frame];
    }
    const body: Json | undefined = parseJson(event?.data ?? "");
    if (event === undefined || obj(body) !== body) return [frame];
    const fixed = fixer.fix(obj(body));
    return JSON.stringify(fixed) === JSON.stringify(body) ? [frame] : [written(fixed, event.event)];
  });
}

const written = (body: JsonObject, event?: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(body)}\n\n`;
