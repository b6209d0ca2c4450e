import { messageShape } from "./message-shapes.ts";
import type { CallOptions, EmbedRequest, GenerateRequest, ToolDefinition } from "./request.ts";
import {
  count,
  invalid,
  is,
  isObject,
  isSignal,
  listOf,
  name,
  number,
  object,
  oneOf,
  record,
  type Shape,
  text,
  truth,
  wholeNumber,
} from "./shapes.ts";

/** A shape for each field that there is, no more and no fewer. */
type Fields<T> = { readonly [field in keyof Required<T>]: Shape };

const labels: Shape = (value, at) => {
  object(value, at);
  if (isObject(value)) for (const [label, inner] of Object.entries(value)) text(inner, `${at}.${label}`);
};

const loss = oneOf(["refuse", "warn", "allow"]);

const options = {
  signal: is("an AbortSignal", isSignal),
  timeoutMs: is("a number of milliseconds above 0", (value) => Number.isFinite(value) && Number(value) > 0),
  labels,
  strict: (value, at) => (typeof value === "boolean" ? undefined : loss(value, at)),
} satisfies Fields<CallOptions>;

const model = is("the name of a model, as provider/model", (value) => typeof value === "string" && value !== "");

const tool = record({ name, description: text, parameters: object, strict: truth } satisfies Fields<ToolDefinition>, ["name"]);

const chosen = record({ name }, ["name"]);
const word = is(
  '"auto", "none", "required" or { name }',
  (value) => value === "auto" || value === "none" || value === "required",
);
const schema = is("a JSON Schema, as an object", isObject);
const form = record({ schema, name }, ["schema"]);
const json = is('"json" or { schema }', (value) => value === "json");
const texts = listOf("texts", text);

const generateFields = {
  ...options,
  model,
  messages: (value, at) => {
    listOf("messages", messageShape)(value, at);
    if (Array.isArray(value) && value.length === 0) throw invalid(at, "must be a list of at least one message");
  },
  prompt: text,
  system: text,
  tools: listOf("tools", tool),
  toolChoice: (value, at) => (isObject(value) ? chosen : word)(value, at),
  parallelToolCalls: truth,
  output: (value, at) => (isObject(value) ? form : json)(value, at),
  maxTokens: count,
  temperature: number,
  topP: number,
  topK: wholeNumber,
  seed: wholeNumber,
  stop: (value, at) => (typeof value === "string" ? undefined : texts(value, at)),
  reasoning: record({ effort: text, budgetTokens: wholeNumber }),
  user: text,
} satisfies Fields<GenerateRequest>;

/** What callers without types may have got wrong of a request. Throws GatewayError `invalid_request` naming the field. */
export const generateShape: Shape = record(generateFields, ["model"]);

/** The same of a request for vectors. */
export const embedShape: Shape = record(
  {
    ...options,
    model,
    input: (value, at) => {
      if (typeof value === "string") return;
      texts(value, at);
      if (Array.isArray(value) && value.length === 0) throw invalid(at, "must be a text or a list of at least one");
    },
    dimensions: count,
  } satisfies Fields<EmbedRequest>,
  ["model", "input"],
);
