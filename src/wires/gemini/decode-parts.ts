import { isArray, isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { MediaSource, Part, ToolCallPart, ToolResultPart } from "../../canonical/parts.ts";
import { others, refuse, text, wantObject, wantText } from "../shared/read.ts";
import type { CallIds } from "./call-ids.ts";
import { isUrlSafe, mediaPart, toStandard } from "./media.ts";
import { origin } from "./name.ts";
import { camel, words } from "./spelling.ts";

/*
 * Parts of a caller's contents. `as` holds, separated by blanks: `snake:…` (spelling.ts), `thought=false`, `base64url` for data
 * in the alphabet for URLs, `id=none` and `args=none` for a call or result without them, and for a result where its text stood:
 * `in=output`, `in=error` …, or `in=` for a whole object, told as JSON.
 */

/** Members that a part may have beside its data. Their values stay in `extra`: no other wire has them. */
const beside = ["thought", "thoughtSignature"];
const dataFields = [
  ...["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"],
  ...["toolCall", "toolResponse"],
];

export function decodePart(value: Json, at: string, ids: CallIds): Part {
  if (typeof value === "string") return { type: "text", text: value, as: "bare" };
  const alone = textAlone(value);
  if (alone !== undefined) return { type: "text", text: alone };
  const snakes = new Set<string>();
  const part = camel(wantObject(value, at), snakes);
  const field = dataFields.find((one) => part[one] !== undefined && part[one] !== null);
  switch (field) {
    case "text": {
      const said = wantText(part["text"], `${at}.text`);
      const { thought } = part;
      if (thought === true) return finish({ type: "reasoning", text: said, origin }, part, "text", [], snakes, at);
      return finish({ type: "text", text: said }, part, "text", [], snakes, at);
    }
    case "inlineData":
      return inlineData(part, snakes, at);
    case "fileData":
      return fileData(part, snakes, at);
    case "functionCall":
      return functionCall(part, snakes, at, ids);
    case "functionResponse":
      return functionResponse(part, snakes, at, ids);
    default:
      return { type: "opaque", origin, kind: field ?? "part", value: wantObject(value, at) };
  }
}

/** The text of a part that has nothing else, as nearly all have. */
export function textAlone(value: Json): string | undefined {
  if (!isObject(value)) return undefined;
  for (const field in value) if (field !== "text") return undefined;
  return text(value["text"]);
}

/** The part with what every part may have: its seal, its form, members of no other wire. */
function finish<P extends Part>(
  made: P,
  part: JsonObject,
  field: string,
  tokens: readonly (string | undefined)[],
  snakes: ReadonlySet<string>,
  at: string,
  inner?: JsonObject,
): P {
  const { thoughtSignature: signature, thought } = part;
  if (signature !== undefined && signature !== null && typeof signature !== "string")
    refuse(`${at}.thoughtSignature`, "a string");
  const taken = new Set([field, ...beside]);
  if (thought !== undefined && thought !== false && made.type !== "reasoning") taken.delete("thought");
  const unread = others(part, taken);
  const extra: JsonObject = { ...unread, ...prefixed(field, inner) };
  const as = words([...tokens, thought === false ? "thought=false" : undefined], snakes);
  return {
    ...made,
    ...(typeof signature === "string" && { seal: { value: signature, origin } }),
    ...(as !== undefined && { as }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** Unread members of an inner object, under names that tell where they stood. */
const prefixed = (at: string, members: JsonObject | undefined): JsonObject =>
  Object.fromEntries(Object.entries(members ?? {}).map(([name, value]) => [`${at}.${name}`, value]));

function inlineData(part: JsonObject, snakes: Set<string>, at: string): Part {
  const blob = camel(wantObject(part["inlineData"], `${at}.inlineData`), snakes);
  const mediaType = wantText(blob["mimeType"], `${at}.inlineData.mimeType`);
  const data = wantText(blob["data"], `${at}.inlineData.data`);
  const urlSafe = isUrlSafe(data);
  const source: MediaSource = { kind: "base64", mediaType, data: urlSafe ? toStandard(data) : data };
  const inner = others(blob, new Set(["mimeType", "data"]));
  return finish(mediaPart(mediaType, source), part, "inlineData", [urlSafe ? "base64url" : undefined], snakes, at, inner);
}

function fileData(part: JsonObject, snakes: Set<string>, at: string): Part {
  const file = camel(wantObject(part["fileData"], `${at}.fileData`), snakes);
  const url = wantText(file["fileUri"], `${at}.fileData.fileUri`);
  const mediaType = text(file["mimeType"]);
  const source: MediaSource = { kind: "url", url, ...(mediaType !== undefined && { mediaType }) };
  const inner = others(file, new Set(["fileUri", ...(mediaType === undefined ? [] : ["mimeType"])]));
  return finish(mediaPart(mediaType, source), part, "fileData", [], snakes, at, inner);
}

function functionCall(part: JsonObject, snakes: Set<string>, at: string, ids: CallIds): Part {
  const where = `${at}.functionCall`;
  const call = camel(wantObject(part["functionCall"], where), snakes);
  const called = wantText(call["name"], `${where}.name`);
  const args = call["args"];
  if (args !== undefined && args !== null && !isObject(args)) refuse(`${where}.args`, "an object");
  const given = text(call["id"]);
  const written = JSON.stringify(args ?? {});
  const made: ToolCallPart = { type: "tool-call", id: ids.call(given, called, written, at), name: called, arguments: written };
  const inner = others(call, new Set(["name", ...(isObject(args) ? ["args"] : []), ...(given === undefined ? [] : ["id"])]));
  const tokens = [given === undefined ? "id=none" : undefined, isObject(args) ? undefined : "args=none"];
  return finish(made, part, "functionCall", tokens, snakes, at, inner);
}

/** Members of a result under which a text alone is the text of the result, whatever it stands under. */
const textual = new Set(["output", "result", "error", "content", "return_value"]);

function functionResponse(part: JsonObject, snakes: Set<string>, at: string, ids: CallIds): Part {
  const where = `${at}.functionResponse`;
  const result = camel(wantObject(part["functionResponse"], where), snakes);
  const name = wantText(result["name"], `${where}.name`);
  const given = text(result["id"]);
  const toolCallId = ids.result(given, name);
  const { response } = result;
  if (response !== undefined && response !== null && !isObject(response)) refuse(`${where}.response`, "an object");
  const media = result["parts"];
  const content: Part[] = [];
  let form: string | undefined;
  if (isObject(response)) {
    const [key, ...more] = Object.keys(response);
    const alone = key === undefined || more.length > 0 || !textual.has(key) ? undefined : text(response[key]);
    form = alone === undefined ? "in=" : `in=${key}`;
    content.push({ type: "text", text: alone ?? JSON.stringify(response) });
  }
  for (const [index, item] of (isArray(media) ? media : []).entries()) {
    content.push(decodePart(item, `${where}.parts[${index}]`, ids));
  }
  const failed = isObject(response) && Object.keys(response).length === 1 && "error" in response;
  const made: ToolResultPart = { type: "tool-result", toolCallId, content, ...(failed && { isError: true }) };
  const taken = [
    "name",
    ...(given === undefined ? [] : ["id"]),
    ...(isObject(response) ? ["response"] : []),
    ...(isArray(media) ? ["parts"] : []),
  ];
  const tokens = [
    given === undefined ? "id=none" : given === toolCallId ? undefined : `id=${given}`,
    form,
    isArray(media) && media.length === 0 ? "parts=[]" : undefined,
  ];
  return finish(made, part, "functionResponse", tokens, snakes, at, others(result, new Set(taken)));
}
