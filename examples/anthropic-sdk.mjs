import Anthropic from "@anthropic-ai/sdk";

const { POLYGATE_URL = "http://127.0.0.1:4000", POLYGATE_KEY = "open", MODEL = "openai/gpt-4.1-mini" } = process.env;

const client = new Anthropic({ baseURL: POLYGATE_URL, apiKey: POLYGATE_KEY });
const { content, usage } = await client.messages.create({
  model: MODEL,
  max_tokens: 500,
  messages: [{ role: "user", content: process.argv.slice(2).join(" ") || "Say hello." }],
});
console.log(content.map((block) => (block.type === "text" ? block.text : "")).join(""));
console.error(`${usage.input_tokens} tokens in, ${usage.output_tokens} out`);
