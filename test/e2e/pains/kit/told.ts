import type { Json, JsonObject } from "../../../../src/canonical/json.ts";
import { obj, objects, parseJson, str } from "../../../conformance/json.ts";
import { sdkMessage } from "../../../conformance/sdk-read.ts";
import type { Heard } from "../../reliability/ask.ts";
import type { WireName } from "./four-wires.ts";

export interface ToldCall {
  readonly id: string;
  readonly name: string;
  /** Parsed; the text itself where it is no JSON. */
  readonly args: Json;
}

/** What an answer says to a caller, read off what the wire's official SDK makes of it. */
export interface Told {
  readonly text: string;
  readonly calls: readonly ToldCall[];
  /** The reason in the caller's own words; Responses: `status` or `status/reason`. */
  readonly finish: string | null;
}

/** Rejects where the SDK throws. */
export async function told(wire: WireName, answer: Heard, stream: boolean): Promise<Told> {
  return read(wire, stream ? await sdkMessage(wire, answer.text) : obj(parseJson(answer.text)));
}

function read(wire: WireName, body: JsonObject): Told {
  switch (wire) {
    case "openai-chat": {
      const [choice] = objects(body["choices"]);
      const message = obj(choice?.["message"]);
      const calls = objects(message["tool_calls"]).map((call) => made(call["id"], obj(call["function"])));
      return { text: str(message["content"]) ?? "", calls, finish: str(choice?.["finish_reason"]) ?? null };
    }
    case "openai-responses": {
      const output = objects(body["output"]);
      const texts = output.flatMap((item) => objects(item["content"]).map((part) => str(part["text"]) ?? ""));
      const calls = output.filter(({ type }) => type === "function_call").map((item) => made(item["call_id"], item));
      const why = str(obj(body["incomplete_details"])["reason"]);
      return { text: texts.join(""), calls, finish: `${str(body["status"])}${why === undefined ? "" : `/${why}`}` };
    }
    case "anthropic-messages": {
      const blocks = objects(body["content"]);
      const text = blocks.map((block) => str(block["text"]) ?? "").join("");
      const calls = blocks
        .filter(({ type }) => type === "tool_use")
        .map(({ id, name, input }) => made(id, { name, arguments: input }));
      return { text, calls, finish: str(body["stop_reason"]) ?? null };
    }
    case "gemini": {
      const [candidate] = objects(body["candidates"]);
      const parts = objects(obj(candidate?.["content"])["parts"]);
      const text = parts.map((part) => str(part["text"]) ?? "").join("");
      const calls = parts
        .filter((part) => part["functionCall"] !== undefined)
        .map((part) => obj(part["functionCall"]))
        .map(({ id, name, args }) => made(id, { name, arguments: args }));
      return { text, calls, finish: str(candidate?.["finishReason"]) ?? null };
    }
  }
}

function made(id: Json | undefined, call: JsonObject): ToldCall {
  const { name, arguments: args = {} } = call;
  return { id: str(id) ?? "", name: str(name) ?? "", args: typeof args === "string" ? (parseJson(args) ?? args) : args };
}
