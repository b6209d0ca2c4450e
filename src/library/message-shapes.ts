import type { Part } from "../canonical/parts.ts";
import { invalid, is, isObject, listOf, name, object, record, type Shape, text, truth } from "./shapes.ts";

const anything: Shape = () => {};

/** What stands in any part; an answer's parts come back with it. */
const base = { type: anything, cache: anything, as: anything, seal: anything, itemId: anything, extra: anything };

/** Every field of a part, no more and no fewer. */
type Fields<Type extends Part["type"]> = { readonly [field in keyof Required<Extract<Part, { type: Type }>>]: Shape };

const bytes = is("base64 as text, or a Uint8Array", (value) => typeof value === "string" || value instanceof Uint8Array);
const inline = { type: anything, data: bytes, mediaType: name };

/** Media in short, named or inline, with what else may stand beside them. */
const short = (more: { readonly [field: string]: Shape }): Shape => {
  const named = record({ type: anything, url: name, ...more }, ["url"]);
  const whole = record({ ...inline, ...more }, ["data", "mediaType"]);
  return (value, at) => {
    if (!isObject(value) || (!("url" in value) && !("data" in value)))
      throw invalid(at, "must have a `url`, or `data` and `mediaType`");
    ("url" in value ? named : whole)(value, at);
  };
};

/** One shape for what has its `source`, as an answer's parts do, another for what is said in short. */
const either =
  (full: Shape, inShort: Shape): Shape =>
  (value, at) =>
    (isObject(value) && "source" in value ? full : inShort)(value, at);

const part: Shape = (value, at) => {
  if (!isObject(value) || !("type" in value)) throw invalid(at, "must be an object with a `type`");
  const { type } = value;
  const shape = typeof type === "string" ? parts.get(type) : undefined;
  if (shape === undefined)
    throw invalid(`${at}.type`, `is no part that is known here; known are ${[...parts.keys()].join(", ")}`);
  shape(value, at);
};

const content: Shape = (value, at) => {
  if (typeof value === "string") return;
  if (!Array.isArray(value)) throw invalid(at, "must be text or a list of parts, each an object with a `type`");
  listOf("parts", part)(value, at);
};

const imageFields = { ...base, source: object, detail: text } satisfies Fields<"image">;
const documentFields = {
  ...base,
  source: object,
  title: text,
  context: text,
  citations: truth,
} satisfies Fields<"document">;
const audioFields = {
  ...base,
  source: object,
  format: text,
  id: text,
  transcript: text,
  expiresAt: anything,
} satisfies Fields<"audio">;
const textFields = { ...base, text, citations: anything } satisfies Fields<"text">;
const videoFields = { ...base, source: object } satisfies Fields<"video">;
const callFields = {
  ...base,
  id: name,
  name,
  arguments: text,
  kind: anything,
  namespace: anything,
  caller: anything,
} satisfies Fields<"tool-call">;
const resultFields = { ...base, toolCallId: name, content, isError: truth } satisfies Fields<"tool-result">;
const reasoningFields = {
  ...base,
  text,
  signature: text,
  redacted: text,
  encrypted: text,
  id: text,
  origin: object,
  wanted: truth,
} satisfies Fields<"reasoning">;
const refusalFields = { ...base, text } satisfies Fields<"refusal">;
const opaqueFields = { ...base, origin: object, kind: text, value: object } satisfies Fields<"opaque">;

const shortAudio = record(inline, ["data", "mediaType"]);
const fullAudio = record(audioFields);

const parts: ReadonlyMap<string, Shape> = new Map<Part["type"], Shape>([
  ["text", record(textFields, ["text"])],
  ["image", either(record(imageFields), short({ detail: text }))],
  ["document", either(record(documentFields), short({ title: text }))],
  // Only referred to by its id it has neither.
  ["audio", (value, at) => (isObject(value) && "data" in value ? shortAudio : fullAudio)(value, at)],
  ["video", record(videoFields, ["source"])],
  ["tool-call", record(callFields, ["id", "name", "arguments"])],
  ["tool-result", record(resultFields, ["toolCallId", "content"])],
  ["reasoning", record(reasoningFields, ["text"])],
  ["refusal", record(refusalFields, ["text"])],
  ["opaque", record(opaqueFields, ["origin", "kind", "value"])],
]);

const roles = ["system", "developer", "user", "assistant", "tool"];
const role = is(roles.join(", "), (value) => typeof value === "string" && roles.includes(value));
const said = record({ role, content }, ["role", "content"]);
const toolSaid = record({ role, toolCallId: name, content, isError: truth }, ["toolCallId", "content"]);

/** A message of a request, with all that it holds. */
export const messageShape: Shape = (value, at) => {
  object(value, at);
  (isObject(value) && "role" in value && value.role === "tool" ? toolSaid : said)(value, at);
};
