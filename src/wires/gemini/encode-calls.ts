import { isObject, type Json, type JsonObject } from "../../canonical/json.ts";
import type { Part, ToolCallPart, ToolResultPart } from "../../canonical/parts.ts";
import { encodeSource } from "./encode-media.ts";
import { finish, ignoreMark } from "./finish-part.ts";
import { restore, type Scope } from "./scope.ts";
import { type Draft, spelled, told } from "./spelling.ts";

/** Key under which arguments that are no JSON object are sent. */
export const invalidJson = "INVALID_JSON";

/** A tool's arguments as an object ("" and null count as none); undefined where they are none. */
export function parseArguments(written: string): JsonObject | undefined {
  if (written.trim() === "") return {};
  try {
    const value: Json = JSON.parse(written);
    return value === null ? {} : isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function encodeCall(part: ToolCallPart, at: string, scope: Scope): Draft {
  const { native, losses, toolNames, callNames } = scope;
  callNames.set(part.id, part.name);
  const call: Draft = { name: toolNames.fit(part.name) };
  if (!(native && spelled(part.as, "id=none"))) call["id"] = part.id;
  if (native && spelled(part.as, "args=none")) return { functionCall: call };
  if (part.kind === "custom") call["args"] = { input: part.arguments };
  else {
    const args = parseArguments(part.arguments);
    if (args === undefined) {
      losses.repair("tool_arguments_invalid", at, `the arguments are no JSON object; sent as {"${invalidJson}": …}.`);
    }
    call["args"] = args ?? { [invalidJson]: part.arguments };
  }
  return { functionCall: call };
}

/** A result, and its media where they cannot stand in it: those go behind all results of the turn. */
export interface EncodedResult {
  readonly result: Draft;
  readonly after: readonly Draft[];
}

export function encodeResult(part: ToolResultPart, at: string, scope: Scope): EncodedResult {
  const { native, losses, toolNames, callNames, generation } = scope;
  ignoreMark(part, at, scope);
  const response: Draft = { name: toolNames.fit(callNames.get(part.toolCallId) ?? part.toolCallId) };
  const given = told(part.as, "id=");
  if (!native || given !== "none") response["id"] = native && given !== undefined ? given : part.toolCallId;
  const inside: Draft[] = [];
  const after: Draft[] = [];
  const texts: string[] = [];
  for (const [index, inner] of part.content.entries()) {
    const where = `${at}.content[${index}]`;
    ignoreMark(inner, where, scope);
    if (inner.type === "text" || inner.type === "refusal") {
      texts.push(inner.text);
      restore({}, inner.extra, where, scope);
      continue;
    }
    const made = mediaOf(inner, where, scope);
    if (made === undefined) continue;
    // Results with media came with the third generation; before it they are refused.
    if (native || (generation !== undefined && generation >= 3 && "inlineData" in made)) {
      inside.push(made);
      continue;
    }
    if (after.length === 0) after.push({ text: `From the result of tool call ${part.toolCallId}:` });
    after.push(made);
    losses.approximate("tool_result_media_moved", where, "results hold no such media here; sent in parts behind the results.");
  }
  const form = told(part.as, "in=");
  const content = native && form !== undefined ? asSent(form, texts) : undefined;
  if (content !== undefined) response["response"] = content;
  else if (!native || texts.length > 0) response["response"] = wrapped(texts, part.isError === true, after.length > 0);
  if (inside.length > 0 || (native && spelled(part.as, "parts=[]"))) response["parts"] = inside;
  return { result: finish({ functionResponse: response }, part, at, scope, ["functionResponse"]), after };
}

function mediaOf(part: Part, at: string, scope: Scope): Draft | undefined {
  const source = "source" in part ? part.source : undefined;
  const kinds = part.type === "image" || part.type === "audio" || part.type === "video" || part.type === "document";
  if (!kinds || source === undefined) {
    scope.losses.drop("part_dropped", at, `a tool result of this API holds no ${part.type}.`);
    return undefined;
  }
  if (part.type === "document" && part.context !== undefined) {
    scope.losses.drop("document_context_dropped", `${at}.context`, "a document in a result has no context here.");
  }
  const made = encodeSource(source, part.type, at, scope, spelled(part.as, "base64url"));
  return made && finish(made, part, at, scope, ["inlineData", "fileData"]);
}

/** What came from this wire, as it was: a text under its name, or a whole object. */
function asSent(form: string, texts: readonly string[]): JsonObject | undefined {
  const [only, ...more] = texts;
  if (only === undefined || more.length > 0) return undefined;
  return form === "" ? parseArguments(only) : { [form]: only };
}

/** Digits that would not survive as a number. */
const longNumber = /\d{16}/;

/** Results must be objects: an object told as JSON is sent as it is, all else under `output`, or `error` of a failed call. */
function wrapped(texts: readonly string[], failed: boolean, elsewhere: boolean): JsonObject {
  const [only] = texts;
  const object = texts.length === 1 && only !== undefined ? objectIn(only) : undefined;
  if (object !== undefined && !failed) return object;
  const bare = elsewhere ? "The result is in the parts behind the results." : "";
  return { [failed ? "error" : "output"]: object ?? (texts.length === 0 ? bare : texts.join("\n")) };
}

function objectIn(said: string): JsonObject | undefined {
  if (!/^\s*\{/.test(said) || longNumber.test(said)) return undefined;
  const value = parseArguments(said);
  return value !== undefined && Object.keys(value).length > 0 ? value : undefined;
}
