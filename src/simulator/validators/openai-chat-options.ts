import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isText } from "./findings.ts";
import { checkMetadata } from "./openai-metadata.ts";
import { checkStrictSchema } from "./strict-schema.ts";

/** Sampling, limits, format, metadata: bounds, and fields that exclude or need each other. */
export function checkChatOptions(request: JsonObject, findings: Findings): void {
  findings.range(request, "temperature", 0, 2);
  findings.range(request, "top_p", 0, 1);
  findings.range(request, "frequency_penalty", -2, 2);
  findings.range(request, "presence_penalty", -2, 2);
  findings.range(request, "n", 1, 128, true);
  findings.range(request, "top_logprobs", 0, 20, true);
  findings.range(request, "max_tokens", 1, Number.MAX_SAFE_INTEGER, true);
  findings.range(request, "max_completion_tokens", 1, Number.MAX_SAFE_INTEGER, true);
  findings.want(
    !(given(request["max_tokens"]) && given(request["max_completion_tokens"])),
    "max_tokens",
    "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported",
  );
  findings.want(!given(request["top_logprobs"]) || request["logprobs"] === true, "top_logprobs", "needs 'logprobs' to be true");
  findings.want(
    !given(request["stream_options"]) || request["stream"] === true,
    "stream_options",
    "is only allowed when 'stream' is enabled",
  );
  for (const field of ["stream", "logprobs", "parallel_tool_calls", "store"]) {
    const value = request[field];
    findings.want(!given(value) || typeof value === "boolean", field, "must be a boolean");
  }
  checkStop(request["stop"], findings);
  checkMetadata(request["metadata"], findings);
  checkFormat(request, findings);
}

function checkStop(stop: Json | undefined, findings: Findings): void {
  if (!given(stop) || isText(stop)) return;
  const list = findings.array(stop, "stop");
  findings.want(list.length <= 4, "stop", "must hold at most 4 sequences");
  findings.want(list.every(isText), "stop", "must hold strings only");
}

function checkFormat(request: JsonObject, findings: Findings): void {
  const format = request["response_format"];
  if (!given(format)) return;
  const stated = findings.object(format, "response_format");
  switch (stated?.["type"]) {
    case undefined:
    case "text":
      return;
    case "json_object":
      findings.want(
        says(request["messages"], "json"),
        "messages",
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'",
      );
      return;
    case "json_schema":
      checkJsonSchema(stated["json_schema"], findings);
      return;
    default:
      findings.add("response_format.type", "must be text, json_object or json_schema");
  }
}

function checkJsonSchema(value: Json | undefined, findings: Findings): void {
  const at = "response_format.json_schema";
  const stated = findings.object(value, at);
  if (!stated) return;
  const name = stated["name"];
  findings.want(isText(name) && /^[a-zA-Z0-9_-]{1,64}$/.test(name), `${at}.name`, "must match ^[a-zA-Z0-9_-]{1,64}$");
  const schema = stated["schema"];
  if (!given(schema)) return;
  if (isObject(schema) && stated["strict"] === true) checkStrictSchema(schema, `${at}.schema`, findings);
}

function says(messages: Json | undefined, word: string): boolean {
  if (!isArray(messages)) return false;
  return messages.some(
    (message) =>
      isObject(message) &&
      JSON.stringify(message["content"] ?? "")
        .toLowerCase()
        .includes(word),
  );
}
