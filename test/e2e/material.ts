/** A 1×1 PNG, base64. */
export const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const parameters = {
  type: "object" as const,
  properties: { city: { type: "string" as const, description: "Name of the city" } },
  required: ["city"],
};

/** A tool as OpenAI's SDK offers it. */
export const weatherTool = {
  type: "function" as const,
  function: { name: "get_weather", description: "Current weather in a city", parameters },
};

/** The same tool as Anthropic's SDK offers it. */
export const weatherToolAnthropic = { name: "get_weather", description: "Current weather in a city", input_schema: parameters };
