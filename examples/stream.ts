import { createGateway } from "polygate";

const { MODEL = "openai/gpt-4.1-mini" } = process.env;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

await using gateway = await createGateway();
const stream = gateway.generateStream({
  model: MODEL,
  prompt: process.argv.slice(2).join(" ") || "Count to ten, in words.",
  signal: stop.signal,
});
for await (const event of stream) {
  if (event.type === "text") process.stdout.write(event.text);
  if (event.type === "reasoning") process.stderr.write(event.text);
}
const { finishReason, usage } = await stream.result;
console.log();
console.error(`${finishReason}, ${usage?.totalTokens} tokens`);
