import type { JsonObject } from "../../../src/canonical/json.ts";
import type { WireName } from "../pains/kit/four-wires.ts";

/** What stands in one place of a request; each place asks once, by its path in the caller's words. */
export type Fill = (path: string) => string;

const schema = (description: string, also: string): JsonObject => ({
  type: "object",
  description,
  properties: { to: { type: "string", description: also } },
});

/** A conversation that has a text in every kind of part that its wire knows. */
export const rich: { readonly [wire in WireName]: (fill: Fill) => JsonObject } = {
  "openai-chat": (fill) => ({
    messages: [
      { role: "system", content: fill("messages[0].content") },
      { role: "developer", content: [{ type: "text", text: fill("messages[1].content[0].text") }] },
      { role: "user", content: [{ type: "text", text: fill("messages[2].content[0].text") }] },
      {
        role: "assistant",
        content: fill("messages[3].content"),
        tool_calls: [
          {
            id: "call_1",
            type: "function",
            function: { name: "look", arguments: JSON.stringify({ to: fill("messages[3].tool_calls[0].function.arguments") }) },
          },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: fill("messages[4].content") },
      { role: "user", content: fill("messages[5].content") },
    ],
    tools: [
      {
        type: "function",
        function: {
          name: "look",
          description: fill("tools[0].function.description"),
          parameters: schema(
            fill("tools[0].function.parameters.description"),
            fill("tools[0].function.parameters.properties.to.description"),
          ),
        },
      },
    ],
    user: fill("user"),
    metadata: { note: fill("metadata.note") },
  }),
  "openai-responses": (fill) => ({
    instructions: fill("instructions"),
    input: [
      { role: "user", content: [{ type: "input_text", text: fill("input[0].content[0].text") }] },
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: fill("input[1].content[0].text"), annotations: [] }],
      },
      { type: "function_call", call_id: "call_1", name: "look", arguments: JSON.stringify({ to: fill("input[2].arguments") }) },
      { type: "function_call_output", call_id: "call_1", output: fill("input[3].output") },
      { role: "user", content: fill("input[4].content") },
    ],
    tools: [
      {
        type: "function",
        name: "look",
        description: fill("tools[0].description"),
        parameters: schema(fill("tools[0].parameters.description"), fill("tools[0].parameters.properties.to.description")),
        strict: false,
      },
    ],
    metadata: { note: fill("metadata.note") },
  }),
  "anthropic-messages": (fill) => ({
    system: [{ type: "text", text: fill("system[0].text") }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: fill("messages[0].content[0].text") },
          {
            type: "document",
            title: fill("messages[0].content[1].title"),
            context: fill("messages[0].content[1].context"),
            source: { type: "text", media_type: "text/plain", data: fill("messages[0].content[1].source.data") },
          },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "text", text: fill("messages[1].content[0].text") },
          { type: "tool_use", id: "toolu_1", name: "look", input: { to: fill("messages[1].content[1].input.to") } },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "toolu_1",
            content: [{ type: "text", text: fill("messages[2].content[0].content[0].text") }],
          },
          { type: "text", text: fill("messages[2].content[1].text") },
        ],
      },
    ],
    tools: [
      {
        name: "look",
        description: fill("tools[0].description"),
        input_schema: schema(fill("tools[0].input_schema.description"), fill("tools[0].input_schema.properties.to.description")),
      },
    ],
    metadata: { user_id: fill("metadata.user_id") },
  }),
  gemini: (fill) => ({
    systemInstruction: { parts: [{ text: fill("systemInstruction.parts[0].text") }] },
    contents: [
      { role: "user", parts: [{ text: fill("contents[0].parts[0].text") }] },
      {
        role: "model",
        parts: [
          { text: fill("contents[1].parts[0].text") },
          { functionCall: { name: "look", args: { to: fill("contents[1].parts[1].functionCall.args.to") } } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { name: "look", response: { said: fill("contents[2].parts[0].functionResponse.response.said") } } },
        ],
      },
      { role: "user", parts: [{ text: fill("contents[3].parts[0].text") }] },
    ],
    tools: [
      {
        functionDeclarations: [
          {
            name: "look",
            description: fill("tools[0].functionDeclarations[0].description"),
            parametersJsonSchema: schema(
              fill("tools[0].functionDeclarations[0].parametersJsonSchema.description"),
              fill("tools[0].functionDeclarations[0].parametersJsonSchema.properties.to.description"),
            ),
          },
        ],
      },
    ],
  }),
};

/** Every place of a wire's conversation. */
export function placesOf(wire: WireName): readonly string[] {
  const places: string[] = [];
  rich[wire]((path) => {
    places.push(path);
    return "plain";
  });
  return places;
}
