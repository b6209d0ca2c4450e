import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import { normal, objects, partsOf } from "../gemini/normal.ts";
import { checkGeminiOptions } from "./gemini-options.ts";
import { checkGeminiTools } from "./gemini-tools.ts";

/** What only the service itself could know of a request. Where a member is absent its rule is not applied. */
export interface GeminiContext {
  /** Whether the service issued this signature for such a part. */
  readonly signed?: ((signature: string, part: JsonObject) => boolean) | undefined;
  /** The first function call of every step of the current turn must carry its signature, as Gemini 3 wants it. */
  readonly wantsSignatures?: boolean | undefined;
}

/**
 * What Gemini refuses of a generateContent request although its fields are known: turns, calls and their results, signatures,
 * declarations and their schemas, limits. Written from the service's documented and recorded behaviour, apart from `wires/`.
 * Takes both spellings of field names. Gives the service's own sentences; none = valid.
 */
export function validateGenerateContent(body: Json, context: GeminiContext = {}): string[] {
  if (!isObject(body)) return ["Invalid JSON payload received. Request must be an object."];
  const request = normal(body);
  const found: string[] = [];
  checkContents(objects(request["contents"]), context, found);
  checkGeminiTools(request, found);
  checkGeminiOptions(request, found);
  return found.slice(0, 20);
}

function checkContents(contents: readonly JsonObject[], context: GeminiContext, found: string[]): void {
  if (contents.length === 0) found.push("* GenerateContentRequest.contents: contents is not specified");
  for (const [i, content] of contents.entries()) {
    const role = content["role"] ?? "user";
    if (role !== "user" && role !== "model" && role !== "function") found.push("Please use a valid role: user, model.");
    const parts = partsOf(content);
    const at = `GenerateContentRequest.contents[${i}].parts`;
    if (parts.length === 0 && role !== "model") found.push(`* ${at}: contents.parts must not be empty.`);
    for (const [p, part] of parts.entries()) checkPart(part, role, `${at}[${p}]`, context, found);
  }
  checkCallOrder(contents, found);
  if (context.wantsSignatures === true) checkSignatures(contents, found);
}

const dataFields = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
];

function checkPart(part: JsonObject, role: Json, at: string, context: GeminiContext, found: string[]): void {
  const data = dataFields.filter((field) => part[field] !== undefined);
  if (data.length === 0 && part["thoughtSignature"] === undefined)
    found.push(`* ${at}.data: required oneof field 'data' must have one initialized field`);
  if (data.length > 1) found.push(`* ${at}: oneof field 'data' is already set. Cannot set '${data[1]}'`);
  if (isObject(part["functionCall"])) {
    if (role !== "model") found.push(`* ${at}.function_call: a function call can only be in a content of role model`);
    checkName(part["functionCall"]["name"], `${at}.function_call`, found);
  }
  if (isObject(part["functionResponse"])) {
    const { functionResponse } = part;
    if (role === "model") found.push(`* ${at}.function_response: a function response cannot be in a content of role model`);
    checkName(functionResponse["name"], `${at}.function_response`, found);
    if (!isObject(functionResponse["response"])) found.push(`* ${at}.function_response.response: must be an object`);
  }
  for (const field of ["inlineData", "fileData"]) {
    const medium = part[field];
    if (!isObject(medium)) continue;
    const mime = medium["mimeType"];
    if (field === "inlineData" && (typeof mime !== "string" || mime === ""))
      found.push(`* ${at}.inline_data.mime_type: must be specified`);
  }
  const signature = part["thoughtSignature"];
  if (typeof signature === "string" && context.signed?.(signature, part) === false) found.push("Thought signature is not valid.");
}

const functionName = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

function checkName(name: Json | undefined, at: string, found: string[]): void {
  if (typeof name !== "string" || name === "") found.push(`* ${at}.name: Name cannot be empty.`);
  else if (!functionName.test(name)) found.push(`* ${at}.name: Invalid function name.`);
}

interface Turn {
  readonly model: boolean;
  readonly calls: JsonObject[];
  readonly results: JsonObject[];
  /** Something else stands before the first result. */
  late: boolean;
}

/** Contents of one side that follow one another count as one turn; calls are answered in the very next, as many as there were. */
function checkCallOrder(contents: readonly JsonObject[], found: string[]): void {
  const turns = turnsOf(contents);
  for (const [i, turn] of turns.entries()) {
    const calls = turns[i - 1]?.calls ?? [];
    if (turn.results.length > 0 && (calls.length === 0 || turn.late))
      found.push("Please ensure that function response turn comes immediately after a function call turn.");
    else if (calls.length > 0) checkResults(calls, turn.results, found);
    if (turn.calls.length > 0 && i === 0)
      found.push("Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
  }
  if ((turns.at(-1)?.calls.length ?? 0) > 0) found.push(countSentence);
}

const countSentence =
  "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.";

function checkResults(calls: readonly JsonObject[], results: readonly JsonObject[], found: string[]): void {
  if (calls.length !== results.length) found.push(countSentence);
  const left = [...calls];
  for (const result of results) {
    const match = left.findIndex((call) => answers(result, call));
    if (match < 0)
      found.push(`Function response '${String(result["name"])}' does not match any function call of the function call turn.`);
    else left.splice(match, 1);
  }
}

const answers = (result: JsonObject, call: JsonObject): boolean =>
  result["name"] === call["name"] && (result["id"] === undefined || call["id"] === undefined || result["id"] === call["id"]);

function turnsOf(contents: readonly JsonObject[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const content of contents) {
    const model = content["role"] === "model";
    let turn = turns.at(-1);
    if (turn?.model !== model) {
      turn = { model, calls: [], results: [], late: false };
      turns.push(turn);
    } else if (turn.results.length === 0) turn.late = true;
    for (const part of partsOf(content)) {
      if (isObject(part["functionCall"])) turn.calls.push(part["functionCall"]);
      if (isObject(part["functionResponse"])) turn.results.push(part["functionResponse"]);
    }
  }
  return turns;
}

/** The current turn begins with the last content of the user that is not a result alone; before it nothing is asked for. */
function checkSignatures(contents: readonly JsonObject[], found: string[]): void {
  const start = contents.findLastIndex(
    (content) => content["role"] !== "model" && partsOf(content).some((part) => part["functionResponse"] === undefined),
  );
  for (const [i, content] of contents.entries()) {
    if (i < start || content["role"] !== "model") continue;
    const first = partsOf(content).find((part) => isObject(part["functionCall"]));
    if (!first || typeof first["thoughtSignature"] === "string") continue;
    const call = isObject(first["functionCall"]) ? first["functionCall"] : {};
    found.push(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${String(call["name"])}\` , position ${i + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    );
  }
}
