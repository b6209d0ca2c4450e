import { createGateway, type InputMessage, type Json, type ToolDefinition } from "polygate";

const { MODEL = "openai/gpt-4.1-mini" } = process.env;

const tools: ToolDefinition[] = [
  {
    name: "weather",
    description: "The weather in a city, now.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
  },
];

function call(name: string, input: Json | undefined): string {
  return name === "weather" ? `It is sunny. (asked with ${JSON.stringify(input)})` : `There is no tool ${name}.`;
}

await using gateway = await createGateway();
const messages: InputMessage[] = [{ role: "user", content: process.argv.slice(2).join(" ") || "What is the weather in Paris?" }];
for (let turn = 0; turn < 5; turn++) {
  const { text, parts, toolCalls } = await gateway.generate({ model: MODEL, messages, tools });
  if (toolCalls.length === 0) {
    console.log(text);
    break;
  }
  // The parts hold what the provider wants back with the results, signatures of its thoughts for one: return them as they came.
  messages.push({ role: "assistant", content: parts });
  for (const { id, name, input } of toolCalls) {
    console.error(`calling ${name}`);
    messages.push({ role: "tool", toolCallId: id, content: call(name, input) });
  }
}
