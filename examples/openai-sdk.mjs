import OpenAI from "openai";

const { POLYGATE_URL = "http://127.0.0.1:4000", POLYGATE_KEY = "open", MODEL = "anthropic/claude-sonnet-4-5" } = process.env;

const client = new OpenAI({ baseURL: `${POLYGATE_URL}/v1`, apiKey: POLYGATE_KEY });
const stream = await client.chat.completions.create({
  model: MODEL,
  messages: [{ role: "user", content: process.argv.slice(2).join(" ") || "Say hello." }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
console.log();
