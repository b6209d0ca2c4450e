import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isText } from "./findings.ts";
import { checkMetadata } from "./openai-metadata.ts";
import { checkStrict } from "./openai-responses-tools.ts";

const leastOutputTokens = 16;

/** Sampling, limits, format, metadata: bounds, and fields that exclude or need each other. */
export function checkResponsesOptions(request: JsonObject, findings: Findings): void {
  decimal(request, "temperature", 2, findings);
  decimal(request, "top_p", 1, findings);
  findings.range(request, "top_logprobs", 0, 20, true);
  checkLimit(request["max_output_tokens"], findings);
  for (const field of ["stream", "parallel_tool_calls", "store", "background"]) {
    const value = request[field];
    findings.want(!given(value) || typeof value === "boolean", field, `Invalid type for '${field}': expected a boolean.`);
  }
  findings.want(
    !(given(request["previous_response_id"]) && given(request["conversation"])),
    "body",
    "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
  );
  findings.want(
    !given(request["stream_options"]) || request["stream"] === true,
    "stream_options",
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  );
  findings.want(
    !(request["background"] === true && request["store"] === false),
    "background",
    "Background mode requires 'store' to be true.",
  );
  checkMetadata(request["metadata"], findings);
  checkFormat(request, findings);
}

function decimal(request: JsonObject, field: string, most: number, findings: Findings): void {
  const value = request[field];
  if (!given(value)) return;
  if (typeof value !== "number") findings.add(field, `Invalid type for '${field}': expected a decimal.`);
  else if (value < 0)
    findings.add(field, `Invalid '${field}': decimal below minimum value. Expected a value >= 0, but got ${value} instead.`);
  else if (value > most)
    findings.add(
      field,
      `Invalid '${field}': decimal above maximum value. Expected a value <= ${most}, but got ${value} instead.`,
    );
}

function checkLimit(limit: Json | undefined, findings: Findings): void {
  const field = "max_output_tokens";
  if (!given(limit)) return;
  if (typeof limit !== "number" || !Number.isInteger(limit))
    findings.add(field, `Invalid type for '${field}': expected an integer.`);
  else if (limit < leastOutputTokens)
    findings.add(
      field,
      `Invalid '${field}': integer below minimum value. Expected a value >= ${leastOutputTokens}, but got ${limit} instead.`,
    );
}

function checkFormat(request: JsonObject, findings: Findings): void {
  const text = given(request["text"]) ? findings.object(request["text"], "text") : undefined;
  const format = given(text?.["format"]) ? findings.object(text?.["format"], "text.format") : undefined;
  switch (format?.["type"]) {
    case undefined:
    case "text":
      return;
    case "json_object":
      findings.want(
        given(request["previous_response_id"]) || given(request["conversation"]) || given(request["prompt"]) || saysJson(request),
        "input",
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
      );
      return;
    case "json_schema":
      checkSchema(format, findings);
      return;
    default:
      findings.add("text.format.type", "Invalid value. Supported values are: 'json_object', 'json_schema', and 'text'.");
  }
}

function checkSchema(format: JsonObject, findings: Findings): void {
  const { name, schema, strict } = format;
  const at = "text.format";
  findings.want(
    isText(name) && /^[a-zA-Z0-9_-]{1,64}$/.test(name),
    `${at}.name`,
    given(name)
      ? `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`
      : `Missing required parameter: '${at}.name'.`,
  );
  if (!isObject(schema)) findings.add(`${at}.schema`, `Missing required parameter: '${at}.schema'.`);
  else if (strict === true)
    checkStrict(schema, `${at}.schema`, `Invalid schema for response_format '${String(name)}': `, findings);
}

const saysJson = ({ input, instructions }: JsonObject): boolean =>
  (isText(instructions) && /json/i.test(instructions)) ||
  (isArray(input) || isText(input) ? /json/i.test(JSON.stringify(input)) : false);
