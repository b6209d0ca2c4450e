import type { OutputForm } from "../canonical/call.ts";
import type { ChatRequest, FunctionTool, Message, ResponseFormat, ToolChoice } from "../canonical/chat.ts";
import type { Part } from "../canonical/parts.ts";
import { parts } from "./parts.ts";
import type { GenerateRequest, InputMessage, ToolDefinition } from "./request.ts";
import { generateShape } from "./request-shapes.ts";
import { invalid } from "./shapes.ts";

/** The request in the gateway's own words. Throws GatewayError `invalid_request` with the field at fault. */
export function chatRequest(request: GenerateRequest): ChatRequest {
  generateShape(request, "");
  const { model, tools, toolChoice, parallelToolCalls, output, maxTokens, temperature, topP, topK, seed, stop, reasoning, user } =
    request;
  return {
    model,
    messages: messages(request),
    tools: tools?.map(functionTool),
    toolChoice: choice(toolChoice),
    parallelToolCalls,
    responseFormat: responseFormat(output),
    reasoning,
    maxOutputTokens: maxTokens,
    temperature,
    topP,
    topK,
    seed,
    stop: typeof stop === "string" ? [stop] : stop,
    endUser: user,
  };
}

/** The form the answer is held to. */
export function outputForm({ output }: GenerateRequest): OutputForm | undefined {
  if (output === undefined) return undefined;
  return output === "json" ? {} : { schema: output.schema };
}

function messages({ messages, prompt, system }: GenerateRequest): readonly Message[] {
  if ((messages === undefined) === (prompt === undefined)) throw invalid("messages", "or `prompt` must be there, and not both");
  const said = messages ?? [{ role: "user" as const, content: prompt ?? "" }];
  const told = said.map(message);
  return system === undefined ? told : [{ role: "system", content: [{ type: "text", text: system }], as: "string" }, ...told];
}

function message(given: InputMessage): Message {
  switch (given.role) {
    case "tool": {
      const { toolCallId, isError } = given;
      const result: Part = { type: "tool-result", toolCallId, content: parts(given.content), isError };
      return { role: "tool", content: [result] };
    }
    case "system":
    case "developer":
    case "user":
    case "assistant": {
      const content = parts(given.content);
      return typeof given.content === "string" ? { role: given.role, content, as: "string" } : { role: given.role, content };
    }
  }
}

const functionTool = ({ name, description, parameters, strict }: ToolDefinition): FunctionTool => ({
  type: "function",
  name,
  description,
  parameters: parameters ?? { type: "object", properties: {} },
  strict,
});

const choice = (given: GenerateRequest["toolChoice"]): ToolChoice | undefined =>
  given === undefined ? undefined : typeof given === "string" ? { type: given } : { type: "tool", name: given.name };

function responseFormat(output: GenerateRequest["output"]): ResponseFormat | undefined {
  if (output === undefined) return undefined;
  if (output === "json") return { type: "json" };
  return { type: "json-schema", name: output.name ?? "answer", schema: output.schema };
}
