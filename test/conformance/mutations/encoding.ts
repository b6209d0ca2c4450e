import type { WireEvent } from "../../../src/canonical/event.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { finished } from "../../../src/canonical/terminal.ts";
import { obj, objects } from "../json.ts";
import { onEncoder, type Planted, withData } from "./wrap.ts";

/* Replies miswritten. */

const openai = ["openai-chat"] as const;
const anthropic = ["anthropic-messages"] as const;

const endsWith = (events: readonly WireEvent[], data: string): boolean => events.at(-1)?.data.includes(data) === true;

export const encoding: readonly Planted[] = [
  { id: "served: end marker after truncation", mutation: onEncoder({ end: (_events, encoder) => encoder.end(finished) }) },
  { id: "served: no end marker", mutation: onEncoder({ end: () => [] }) },
  {
    id: "served: nothing after a cut at a limit",
    mutation: onEncoder({ end: (events, _encoder, terminal) => (terminal.kind === "limited" ? [] : events) }),
  },
  {
    id: "served: usage chunk missing",
    mutation: onEncoder(
      {
        events: (event, body) => (isObject(body["usage"]) && isArray(body["choices"]) ? [] : [event]),
        end: (events) => events.filter((event) => !event.data.includes('"usage":{')),
      },
      openai,
    ),
  },
  {
    id: "served: usage chunk twice",
    mutation: onEncoder({ end: (events) => (endsWith(events, "[DONE]") ? [...events.slice(0, -1), ...events] : events) }, openai),
  },
  { id: "served: role missing", mutation: onEncoder({ events: (event, body) => [withoutRole(event, body)] }, openai) },
  {
    id: "served: tool call indices all 0",
    mutation: onEncoder(
      {
        events: (event) => [{ ...event, data: event.data.replace(/"tool_calls":\[\{"index":\d+/g, '"tool_calls":[{"index":0') }],
      },
      openai,
    ),
  },
  {
    id: "served: text delta empty",
    mutation: onEncoder({ events: (event) => [{ ...event, data: event.data.replace(/"(content|text)":"[^"\\]+"/, '"$1":""') }] }),
  },
  {
    id: "served: finish_reason stop for length",
    mutation: onEncoder(
      {
        events: (event) => [{ ...event, data: event.data.replace('"finish_reason":"length"', '"finish_reason":"stop"') }],
        whole: (body) => retyped(body, "finish_reason", "length", "stop"),
      },
      openai,
    ),
  },
  {
    id: "served: content_block_stop missing",
    mutation: onEncoder({ events: (event) => (event.event === "content_block_stop" ? [] : [event]) }, anthropic),
  },
  {
    id: "served: signature as text",
    mutation: onEncoder({ events: (event) => (event.data.includes("signature_delta") ? [] : [event]) }, anthropic),
  },
  {
    id: "served: block indices all 0",
    mutation: onEncoder({ events: (event) => [{ ...event, data: event.data.replace(/"index":\d+/, '"index":0') }] }, anthropic),
  },
  { id: "served: event names missing", mutation: onEncoder({ events: (event) => [{ data: event.data }] }, anthropic) },
  {
    id: "served: stop_reason end_turn for tool_use",
    mutation: onEncoder({ whole: (body) => retyped(body, "stop_reason", "tool_use", "end_turn") }, anthropic),
  },
  {
    id: "served: input tokens missing at the end",
    mutation: onEncoder({ whole: (body) => ({ ...body, usage: { ...obj(body["usage"]), input_tokens: 0 } }) }, anthropic),
  },
  {
    id: "served: a field the specification forbids to miss",
    bySpecification: true,
    mutation: onEncoder({ whole: ({ id: _id, ...body }) => body }),
  },
];

function withoutRole(event: WireEvent, body: JsonObject): WireEvent {
  if (!isArray(body["choices"])) return event;
  const choices = objects(body["choices"]).map((choice) => {
    const { role: _role, ...delta } = obj(choice["delta"]);
    return { ...choice, delta };
  });
  return withData(event, { ...body, choices });
}

/** A JSON value with one member's value replaced wherever it stands. */
function retyped(body: JsonObject, key: string, from: string, to: string): JsonObject {
  const change = (value: Json | undefined): Json | undefined => {
    if (isArray(value)) return value.map((one) => change(one) ?? null);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, name === key && one === from ? to : change(one)]),
    );
  };
  return obj(change(body) ?? null);
}
