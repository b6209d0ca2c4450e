import assert from "node:assert/strict";
import { dirname, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { ChatRequest } from "../../src/canonical/chat.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../src/canonical/json.ts";
import type { Part } from "../../src/canonical/parts.ts";
import { inCallersWords } from "../../src/router/places.ts";
import { type Exchange, find, load } from "./loader.ts";
import { decodeRequest, loadSubject, sourceOf } from "./subject.ts";

/*
 * Where the gateway says that something of a request stands, it stands: each part and each tool of every recorded request is looked
 * up in the body it came in, at the place that a warning about it would name.
 */

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const recordings = resolve(root, process.env["POLYGATE_RECORDINGS"] ?? "../shared/recordings/open");
const subject = await loadSubject(root);

/** What must be found at a part's place: what it says, names or answers. */
function marks(part: Part): readonly string[] {
  switch (part.type) {
    case "text":
    case "refusal":
      return [part.text];
    case "tool-call":
      return [part.name];
    case "tool-result":
      return part.content.flatMap((inner) => (inner.type === "text" && part.as !== "in=" ? [inner.text] : []));
    default:
      return [];
  }
}

function at(body: Json, path: string): Json | undefined {
  let value: Json | undefined = body;
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    if (isArray(value)) value = value[Number(step)];
    else value = isObject(value) ? value[step] : undefined;
  }
  return value;
}

/** All texts in a value, what is JSON in them read. */
const texts = (value: Json | undefined): string => (typeof value === "string" ? value : JSON.stringify(value ?? null));

function misplaced(exchange: Exchange, body: JsonObject, request: ChatRequest): readonly string[] {
  const source = sourceOf(subject, exchange, body);
  const wrong: string[] = [];
  const look = (canonical: string, wanted: readonly string[]): void => {
    const [{ at: path = "" } = {}] = inCallersWords([{ kind: "dropped", code: "x", at: canonical }], source);
    const found = at(body, path);
    const said = texts(found);
    const there = wanted.every((mark) => said.includes(mark) || said.includes(JSON.stringify(mark).slice(1, -1)));
    if (found === undefined || !there) wrong.push(`${exchange.id}: ${canonical} → ${path}: ${said.slice(0, 80)}`);
  };
  for (const [index, { content }] of request.messages.entries()) {
    for (const [number, part] of content.entries()) look(`messages[${index}].content[${number}]`, marks(part));
  }
  for (const [index, tool] of (request.tools ?? []).entries()) {
    look(`tools[${index}]`, tool.type === "hosted" ? [] : [tool.name]);
    if (tool.type !== "function" || tool.parameters === undefined) continue;
    look(`tools[${index}].parameters`, Object.keys(isObject(tool.parameters["properties"]) ? tool.parameters["properties"] : {}));
  }
  if (request.responseFormat?.type === "json-schema") look("response_format.schema", []);
  return wrong;
}

test("every part and tool of every recorded request stands where a warning would say", { timeout: 120_000 }, (t) => {
  const wrong: string[] = [];
  let requests = 0;
  for (const exchange of [...find(resolve(root, "test/fixtures"), true), ...find(recordings, false)].flatMap(load)) {
    const { request: body } = exchange;
    if (body === undefined) continue;
    let request: ChatRequest;
    try {
      request = decodeRequest(subject, exchange, body).request();
    } catch {
      continue;
    }
    requests++;
    wrong.push(...misplaced(exchange, body, request));
  }
  t.diagnostic(`${requests} requests`);
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} places`);
});
