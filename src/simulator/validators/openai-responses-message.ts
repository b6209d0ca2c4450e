import { isArray, type Json, type JsonObject } from "../../canonical/json.ts";
import { type Findings, given, isFilled, isText } from "./findings.ts";
import { checkId } from "./openai-responses-ids.ts";

const roles = ["user", "assistant", "system", "developer"];
const inputParts = ["input_text", "input_image", "input_file"];
const outputParts = ["output_text", "refusal"];

/** A message: whose it is says which parts it may have. */
export function checkMessage(message: JsonObject, at: string, findings: Findings): void {
  const { role, content } = message;
  const known = isText(role) && roles.includes(role);
  findings.want(known, `${at}.role`, `Invalid value: '${String(role)}'. Supported values are: ${quoted(roles)}.`);
  checkId(message, "msg", at, findings);
  if (isText(content)) return;
  if (!isArray(content)) {
    const sentence = given(content)
      ? `Invalid type for '${at}.content': expected one of an array of objects or string.`
      : `Missing required parameter: '${at}.content'.`;
    findings.add(`${at}.content`, sentence);
    return;
  }
  const kinds = role === "assistant" ? outputParts : inputParts;
  for (const [i, one] of content.entries()) {
    const where = `${at}.content[${i}]`;
    const part = findings.object(one, where);
    if (part) checkPart(part, kinds, where, findings);
  }
}

/** A part of a message, or of a tool's output. */
export function checkPart(part: JsonObject, kinds: readonly string[], at: string, findings: Findings): void {
  const { type } = part;
  if (!isText(type) || !kinds.includes(type)) {
    findings.add(`${at}.type`, `Invalid value: '${String(type)}'. Supported values are: ${quoted(kinds)}.`);
    return;
  }
  switch (type) {
    case "input_text":
    case "output_text":
      findings.want(isText(part["text"]), `${at}.text`, `Missing required parameter: '${at}.text'.`);
      break;
    case "refusal":
      findings.want(isText(part["refusal"]), `${at}.refusal`, `Missing required parameter: '${at}.refusal'.`);
      break;
    case "input_image":
      checkImage(part, at, findings);
      break;
    case "input_file":
      checkFile(part, at, findings);
      break;
  }
}

function checkImage(part: JsonObject, at: string, findings: Findings): void {
  const url = part["image_url"];
  if (!given(url)) {
    findings.want(isFilled(part["file_id"]), at, "must have image_url or file_id");
    return;
  }
  findings.want(
    isText(url) && /^(https?:\/\/|data:image\/[a-z0-9.+-]+;base64,)/i.test(url),
    `${at}.image_url`,
    `Invalid '${at}.image_url'. Expected a valid URL, but got a value with an invalid format.`,
  );
}

function checkFile(part: JsonObject, at: string, findings: Findings): void {
  const sources = ["file_id", "file_data", "file_url"].filter((field) => isFilled(part[field]));
  findings.want(sources.length === 1, at, "must have exactly one of file_id, file_data and file_url");
  const data = part["file_data"];
  if (!isFilled(data)) return;
  findings.want(
    data.startsWith("data:"),
    `${at}.file_data`,
    `Invalid file data: '${at}.file_data'. Expected a base64-encoded data URL with a valid file MIME type.`,
  );
  const type = /^data:((?:audio|video)\/[^;,]*)/.exec(data)?.[1];
  const unsupported = `but got unsupported MIME type '${type ?? ""}'.`;
  findings.want(
    type === undefined,
    `${at}.file_data`,
    `Invalid file data: '${at}.file_data'. Expected a base64-encoded data URL with a valid file MIME type, ${unsupported}`,
  );
  findings.want(isFilled(part["filename"]), `${at}.filename`, `Missing required parameter: '${at}.filename'.`);
}

const quoted = (values: readonly Json[]): string => values.map((value) => `'${String(value)}'`).join(", ");
