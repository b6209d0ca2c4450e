import type { JsonObject } from "../../canonical/json.ts";
import type { ErrorForm, ErrorKind } from "../face.ts";

interface Said {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  readonly message: string;
}

const kinds: { readonly [Kind in ErrorKind]: Omit<Said, "message" | "param"> } = {
  invalid: { status: 400, type: "invalid_request_error", code: null },
  "context-overflow": { status: 400, type: "invalid_request_error", code: "context_length_exceeded" },
  authentication: { status: 401, type: "invalid_request_error", code: "invalid_api_key" },
  permission: { status: 403, type: "invalid_request_error", code: "permission_denied" },
  "not-found": { status: 404, type: "invalid_request_error", code: "model_not_found" },
  "too-large": { status: 413, type: "invalid_request_error", code: null },
  "rate-limit": { status: 429, type: "tokens", code: "rate_limit_exceeded" },
  internal: { status: 500, type: "server_error", code: "server_error" },
  overloaded: { status: 503, type: "server_error", code: "server_is_overloaded" },
};

/** What the service is recorded to answer to certain requests, told by the sentence. */
const special: readonly { readonly sentence: RegExp; readonly code: string; readonly status?: number }[] = [
  { sentence: /^Previous response with id /, code: "previous_response_not_found" },
  { sentence: /^Mutually exclusive parameters/, code: "mutually_exclusive_parameters" },
  { sentence: /^The encrypted content /, code: "invalid_encrypted_content" },
  { sentence: /^Invalid schema for function /, code: "invalid_function_parameters" },
  { sentence: /^Invalid schema for response_format /, code: "invalid_json_schema" },
  { sentence: /^Unknown parameter/, code: "unknown_parameter" },
  { sentence: /^Missing required parameter/, code: "missing_required_parameter" },
  { sentence: /: string too long/, code: "string_above_max_length" },
  { sentence: /: integer below minimum value/, code: "integer_below_min_value" },
  { sentence: /: decimal below minimum value/, code: "decimal_below_min_value" },
  { sentence: /: decimal above maximum value/, code: "decimal_above_max_value" },
  { sentence: /^Invalid type for /, code: "invalid_type" },
  { sentence: /^Invalid (?:value|file data)/, code: "invalid_value" },
  { sentence: /^Invalid '/, code: "invalid_value" },
];

/** An error as the service words it. A validator's sentence begins with the field at fault, which becomes `param`. */
export function say(kind: ErrorKind, message: string): Said {
  const base = kinds[kind];
  if (kind === "not-found" && message.startsWith("The requested model "))
    return { ...base, status: 400, param: "model", message };
  if (kind !== "invalid") return { ...base, param: kind === "context-overflow" ? "input" : null, message };
  const field = /^([a-z_]+(?:[.[][\w.[\]]*)?): /.exec(message);
  const sentence = field ? message.slice(field[0].length) : message;
  const param = field?.[1] === undefined || field[1] === "body" ? null : field[1];
  if (/^(?:Item|Response) with id '[^']*' not found/.test(sentence)) return { ...base, status: 404, param, message: sentence };
  const found = special.find((one) => one.sentence.test(sentence));
  if (!found) return { ...base, param, message: sentence };
  return { ...base, param: found.code === "invalid_encrypted_content" ? null : param, code: found.code, message: sentence };
}

export const statusOf = (kind: ErrorKind, message: string): number => say(kind, message).status;

export function errorBody(kind: ErrorKind, message: string): string {
  const { type, param, code, message: sentence } = say(kind, message);
  return JSON.stringify({ error: { message: sentence, type, param, code } });
}

/** One event; its type stands both in the event line and in the data. */
export const frame = (event: JsonObject & { readonly type: string }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/**
 * An error in a stream. `usual`: as recorded, an `error` event with a nested error and then `response.failed`; `terminal`:
 * `response.failed` alone; `flat`: the one event that the specification shows.
 */
export function errorFrame(
  kind: ErrorKind,
  message: string,
  _requestId: string,
  sent: readonly string[],
  form: ErrorForm,
): string {
  const { type, param, code, message: sentence } = say(kind, message);
  const next = sent.length;
  if (form === "flat") {
    return frame({ type: "error", sequence_number: next, code: code ?? "server_error", message: sentence, param });
  }
  const first =
    form === "usual" ? frame({ type: "error", sequence_number: next, error: { type, code, message: sentence, param } }) : "";
  const begun = /"response":(\{.*\})\}\n\n$/s.exec(sent[0] ?? "")?.[1];
  if (begun === undefined) {
    // Before response.created there is no response that could have failed.
    return first === ""
      ? frame({ type: "error", sequence_number: next, error: { type, code, message: sentence, param } })
      : first;
  }
  const response: JsonObject = JSON.parse(begun);
  const failed = { ...response, status: "failed", error: { code: failedCode(code), message: sentence } };
  return first + frame({ type: "response.failed", sequence_number: next + (first === "" ? 0 : 1), response: failed });
}

/** A response names fewer codes than an error does. */
const failedCode = (code: string | null): string => (code === "rate_limit_exceeded" ? code : "server_error");
