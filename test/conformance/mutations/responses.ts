import type { WireEvent } from "../../../src/canonical/event.ts";
import { isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { arr, num, obj, objects, str } from "../json.ts";
import { mapChoices, onDecoder, onEncoder, onOutgoing, onParts, type Planted, withData } from "./wrap.ts";

/* Mistakes on OpenAI's Responses wire. */

const responses = ["openai-responses"] as const;

/** One thing wrong in the events of some types, or in all. */
const events = (id: string, of: RegExp, change: (body: JsonObject) => JsonObject | undefined): Planted => ({
  id: `responses: ${id}`,
  mutation: onEncoder(
    {
      events: (event, body) => {
        if (!of.test(str(body["type"]) ?? "")) return [event];
        const changed = change(body);
        return changed ? [withData(event, changed)] : [];
      },
    },
    responses,
  ),
});

const gone = (): undefined => undefined;

/** The items of a response, wherever an event or a whole reply holds it. */
const items = (body: JsonObject, change: (items: readonly JsonObject[]) => readonly Json[]): JsonObject =>
  isObject(body["response"])
    ? { ...body, response: items(body["response"], change) }
    : { ...body, output: change(objects(body["output"])) };

const withoutSecret = (item: JsonObject): JsonObject => {
  const { encrypted_content: _encrypted, ...rest } = item;
  return rest;
};

const callsFirst = (list: readonly JsonObject[]): readonly JsonObject[] => [
  ...list.filter((item) => item["type"] !== "reasoning"),
  ...list.filter((item) => item["type"] === "reasoning"),
];

const mistakes: readonly Planted[] = [
  events("sequence_number leaps", /./, (body) => ({
    ...body,
    sequence_number: (num(body["sequence_number"]) ?? 0) * 2,
  })),
  events("output_item.done missing", /output_item\.done/, gone),
  events("output_item.added missing", /output_item\.added/, gone),
  events("content_part.added missing", /content_part\.added/, gone),
  events("content_part.done missing", /content_part\.done/, gone),
  events("response.created missing", /response\.created/, gone),
  events("output_text.done missing", /output_text\.done/, gone),
  events("function_call_arguments.done missing", /function_call_arguments\.done/, gone),
  events("custom_tool_call_input.delta missing", /custom_tool_call_input\.delta/, gone),
  events("reasoning_summary_part.done missing", /reasoning_summary_part\.done/, gone),
  events("output_index all 0", /output_item|\.delta|\.done/, (body) => ({ ...body, output_index: 0 })),
  events("item_id of another item", /\.delta$/, (body) => ({ ...body, item_id: "msg_other" })),
  events("text of .done empty", /output_text\.done/, (body) => ({ ...body, text: "" })),
  events("delta empty", /\.delta$/, (body) => ({ ...body, delta: "" })),
  events("response.completed without its items", /response\.completed/, (body) => items(body, () => [])),
  events("completed told as incomplete", /response\.completed/, (body) => ({ ...body, type: "response.incomplete" })),
  {
    id: "responses: length told as completed",
    mutation: onEncoder(
      { whole: (body) => (body["status"] === "incomplete" ? { ...body, status: "completed", incomplete_details: null } : body) },
      responses,
    ),
  },
  {
    id: "responses: no error event at the end",
    mutation: onEncoder(
      { end: (list, _encoder, terminal) => (terminal.kind === "error" || terminal.kind === "truncated" ? [] : list) },
      responses,
    ),
  },
  {
    id: "responses: event names missing",
    mutation: onEncoder({ events: (event): readonly WireEvent[] => [{ data: event.data }] }, responses),
  },
  {
    id: "responses: encrypted_content not served",
    mutation: onEncoder({ whole: (body) => items(body, (list) => list.map(withoutSecret)) }, responses),
  },
  {
    id: "responses: encrypted_content not read",
    mutation: onParts((part) => (part.type === "reasoning" ? { ...part, encrypted: undefined } : part), responses),
  },
  {
    id: "responses: several summary parts served as one",
    mutation: onEncoder(
      {
        whole: (body) =>
          items(body, (list) =>
            list.map((item) => (item["type"] === "reasoning" ? { ...item, summary: arr(item["summary"]).slice(0, 1) } : item)),
          ),
      },
      responses,
    ),
  },
  {
    id: "responses: reasoning served after its calls",
    mutation: onEncoder({ whole: (body) => items(body, callsFirst) }, responses),
  },
  {
    id: "responses: reasoning read after its calls",
    mutation: onDecoder(
      {
        result: (result) =>
          mapChoices(result, (choice) => ({
            ...choice,
            content: [
              ...choice.content.filter((part) => part.type !== "reasoning"),
              ...choice.content.filter((part) => part.type === "reasoning"),
            ],
          })),
      },
      responses,
    ),
  },
  {
    id: "responses: reasoning sent after its calls",
    mutation: onOutgoing((body) => ({ ...body, input: callsFirst(objects(body["input"])) }), responses),
  },
  {
    id: "responses: call_id sent as id",
    mutation: onOutgoing(
      (body) =>
        Array.isArray(body["input"])
          ? { ...body, input: objects(body["input"]).map((item) => (item["call_id"] ? { ...item, call_id: item["id"] } : item)) }
          : body,
      responses,
    ),
  },
  {
    id: "responses: results sent in another order than their calls",
    mutation: onOutgoing((body) => ({ ...body, input: resultsTurned(arr(body["input"])) }), responses),
  },
  {
    id: "responses: instructions lost",
    mutation: onOutgoing(({ instructions: _instructions, ...body }) => body, responses),
  },
  {
    id: "responses: output limit under chat's name",
    bySpecification: true,
    mutation: onOutgoing(({ max_output_tokens: limit, ...body }) => ({ ...body, max_tokens: limit }), responses),
  },
  {
    id: "responses: schema of the answer lost",
    mutation: onOutgoing(({ text: _text, ...body }) => body, responses),
  },
  {
    id: "responses: cached tokens not told",
    mutation: onEncoder(
      { whole: (body) => ({ ...body, usage: { ...obj(body["usage"]), input_tokens_details: { cached_tokens: 0 } } }) },
      responses,
    ),
  },
];

function resultsTurned(input: readonly Json[]): readonly Json[] {
  const isResult = (item: Json): boolean => obj(item)["type"] === "function_call_output";
  const results = input.filter(isResult).toReversed();
  return input.map((item) => (isResult(item) ? (results.shift() ?? item) : item));
}

export const responsesMistakes: readonly Planted[] = mistakes.map((one) => ({ ...one, wire: "openai-responses" }));
