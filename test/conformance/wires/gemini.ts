import { isObject, type Json, type JsonObject } from "../../../src/canonical/json.ts";
import { validateGenerateContent } from "../../../src/simulator/validators/gemini.ts";
import { geminiStream, geminiWhole } from "../expect-gemini.ts";
import { obj, objects, str } from "../json.ts";
import { geminiAddress } from "../loader.ts";
import { geminiOrderFaults } from "../order-gemini.ts";
import { type Lens, plain, usualFinish } from "../reading.ts";
import { named, type Substance } from "./substance.ts";
import type { WireJudge } from "./wire-judge.ts";

/** Written caches are no figure of Gemini's: they are part of the prompt. */
const lens: Lens = {
  ...plain,
  opaque: false,
  refusalIsText: true,
  refusalMayFilter: true,
  brokenArgs: false,
  finish: (finish) => usualFinish[finish],
  usage: (usage) => ({ ...usage, cacheWrite: 0, cacheWrite1h: undefined }),
};

export const gemini: WireJudge = {
  whole: geminiWhole,
  stream: geminiStream,
  order: (events, { complete }) => geminiOrderFaults(events, complete),
  strict: (body) => validateGenerateContent(body),
  lens,
  sameLens: { ...lens, opaque: true, finish: (finish) => (finish === "error" ? finish : usualFinish[finish]) },
  ask: (model, stream) => ({
    body: { contents: [{ role: "user", parts: [{ text: "Hello" }] }] },
    ...geminiAddress(model, stream),
  }),
  upstream: (sent) => sent,
  substance,
  described: (event) => event["error"] === undefined,
  hidden: () => false,
  finishing: /"finishReason"/,
  content: /"text"|"functionCall"/,
  isError: (body) =>
    isObject(body["error"]) && typeof body["error"]["message"] === "string" && typeof body["error"]["code"] === "number",
};

/** Both spellings of a field are known to the service. */
const either = (value: JsonObject, camel: string, snake: string): Json | undefined => value[camel] ?? value[snake];

function* substance(body: JsonObject): Substance {
  const system = either(body, "systemInstruction", "system_instruction");
  for (const part of objects(obj(system)["parts"])) yield* named("system", part["text"]);
  for (const content of objects(body["contents"])) {
    for (const part of objects(content["parts"])) yield* said(str(content["role"]) ?? "user", part);
  }
  for (const tool of objects(body["tools"])) {
    for (const fn of objects(either(tool, "functionDeclarations", "function_declarations"))) {
      yield* named("tool", fn["name"]);
      yield* named("tool description", fn["description"]);
    }
  }
}

function* said(role: string, part: JsonObject): Substance {
  if (part["thought"] !== true) yield* named(`text of ${role}`, part["text"]);
  const inline = obj(either(part, "inlineData", "inline_data"));
  // Google takes both alphabets of base64; other wires have the plain one only.
  yield* named("data", str(inline["data"])?.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
  yield* named("file", either(obj(either(part, "fileData", "file_data")), "fileUri", "file_uri"));
  yield* named("tool call", obj(either(part, "functionCall", "function_call"))["name"]);
}
