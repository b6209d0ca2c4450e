import { type OutputForm, withRequest } from "../canonical/call.ts";
import type { ChatResult, Choice } from "../canonical/chat.ts";
import { GatewayError } from "../canonical/error.ts";
import type { Json } from "../canonical/json.ts";
import type { Part } from "../canonical/parts.ts";
import type { Step } from "../canonical/reply.ts";
import type { Warnings } from "../canonical/warnings.ts";
import type { Judge } from "./json-batches.ts";
import { jsonStream } from "./json-stream.ts";
import { mendJson } from "./mend-json.ts";
import { schemaFault } from "./schema-check.ts";

/**
 * Holds answers to the form that their callers asked for: JSON, and the schema where there is one. Providers promise it; some
 * models break it all the same. Markdown fences are taken off and broken JSON is mended, with a warning. What then does not
 * fit gives a warning, too, and refuses a strict call with `schema_violation` and the path; a strict call's JSON is never
 * mended, only freed of its fence. Only finished answers are judged: one that was cut at its limit is no whole document.
 *
 * Streams lose their fences on the way (`jsonStream`) and are mended no further, as what has gone out cannot be called back.
 * Those of strict calls are translated instead of relayed, so that a broken answer does not end cleanly.
 */
export const validateOutput: Step = (next) => async (call) => {
  const { output, strict, warnings } = call;
  if (output === undefined) return next(call);
  const reply = await next(call.stream && strict ? withRequest(call, call.completed ?? call.request) : call);
  const judge = judgeOf(output, strict, warnings);
  if (reply.stream) return jsonStream(reply, judge, warnings);
  const { result } = reply;
  if (!("choices" in result)) return reply;
  const choices = result.choices.map((choice) => mended(choice, strict, warnings));
  for (const choice of choices) {
    const error = isDocument(choice) ? judge(textIn(choice)) : undefined;
    if (error !== undefined) throw error;
  }
  const same = choices.every((choice, index) => choice === result.choices[index]);
  return same ? reply : { stream: false, result: withChoices(result, choices) };
};

const withChoices = <R extends ChatResult>(result: R, choices: readonly Choice[]): R => ({ ...result, choices });

const textIn = ({ content }: Choice): string => content.map((part) => (part.type === "text" ? part.text : "")).join("");

const isDocument = ({ content, finish }: Choice): boolean =>
  finish.reason === "stop" && !content.some(({ type }) => type === "refusal" || type === "tool-call");

/** The choice with JSON for its text, where it can be had; itself where it is JSON already. */
function mended(choice: Choice, strict: boolean, warnings: Warnings): Choice {
  if (!isDocument(choice)) return choice;
  const text = textIn(choice);
  if (parsed(text) !== undefined) return choice;
  const found = mendJson(text, !strict);
  if (found === undefined) return choice;
  const at = `choices[${choice.index}]`;
  warnings.add({ kind: "repaired", code: found.code, at, detail: details[found.code] });
  let given = false;
  const content = choice.content.flatMap<Part>((part) => {
    if (part.type !== "text") return [part];
    if (given) return [];
    given = true;
    return [{ ...part, text: found.text, citations: undefined }];
  });
  return { ...choice, content };
}

const details = {
  json_fences_stripped: "the markdown fence around the answer's JSON was taken off.",
  json_repaired: "the answer was broken JSON and was mended.",
} as const;

/** Warns of a document that is not what was asked for; gives the error where the call is strict. */
function judgeOf({ schema }: OutputForm, strict: boolean, warnings: Warnings): Judge {
  return (document) => {
    const value = parsed(document);
    if (value !== undefined && schema === undefined) return undefined;
    const fault = value === undefined || schema === undefined ? notJson : schemaFault(value.json, schema);
    if (fault === undefined) return undefined;
    if (fault === "unchecked") {
      const detail = "the schema leads nowhere, or its check took too long.";
      warnings.add({ kind: "ignored", code: "schema_unchecked", detail });
      return undefined;
    }
    const error = violation(fault.path, fault.message);
    const code = schema === undefined ? "not_json" : "schema_violation";
    warnings.add({ kind: "ignored", code, at: fault.path, detail: error.message });
    return strict ? error : undefined;
  };
}

const notJson = { path: "#", message: "it is not JSON" };

/** In a box, as null is JSON, too. */
function parsed(text: string): { readonly json: Json } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

const violation = (path: string, what: string): GatewayError =>
  new GatewayError(
    "schema_violation",
    `The model's answer does not fit the form that was asked for: at ${path}, ${what}. Try again.`,
    { param: path },
  );
