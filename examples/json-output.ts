import { createGateway } from "polygate";

const { MODEL = "openai/gpt-4.1-mini" } = process.env;

await using gateway = await createGateway();
const { json } = await gateway.generate({
  model: MODEL,
  prompt: process.argv.slice(2).join(" ") || "Ada Lovelace, born in 1815.",
  output: {
    name: "person",
    schema: {
      type: "object",
      properties: { name: { type: "string" }, born: { type: "integer" } },
      required: ["name", "born"],
      additionalProperties: false,
    },
  },
  // An answer that breaks the schema is an error and no surprise further on.
  strict: true,
});
console.log(JSON.stringify(json));
