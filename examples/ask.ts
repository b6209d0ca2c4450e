import { createGateway } from "polygate";

const { MODEL = "openai/gpt-4.1-mini" } = process.env;
const question = process.argv.slice(2).join(" ") || "What is a gateway? One sentence.";

// Credentials come from the environment, or from a polygate.yaml in the working directory.
await using gateway = await createGateway();
const { text, usage, cost, provider, model, attempts, warnings } = await gateway.generate({
  model: MODEL,
  system: "You answer briefly.",
  prompt: question,
});

console.log(text);
console.error(`${provider}/${model}, ${attempts} attempt(s), ${usage?.inputTokens} tokens in, ${usage?.outputTokens} out`);
console.error(cost === undefined ? "price unknown" : `$${cost.toFixed(6)}`);
for (const { code, at } of warnings) console.error(`not as asked: ${code} (${at ?? "the request"})`);
