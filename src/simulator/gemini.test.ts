import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GoogleGenAI } from "@google/genai";
import { type Simulator, startSimulator } from "./index.ts";

let simulator: Simulator;
let client: GoogleGenAI;
before(async () => {
  simulator = await startSimulator();
  client = new GoogleGenAI({ apiKey: "test", httpOptions: { baseUrl: simulator.url } });
});
after(() => simulator.close());

test("a whole answer repeats the user and counts words as tokens", async () => {
  const reply = await client.models.generateContent({ model: "echo", contents: "one two three" });
  assert.equal(reply.text, "one two three");
  assert.equal(reply.candidates?.[0]?.finishReason, "STOP");
  assert.equal(reply.usageMetadata?.candidatesTokenCount, 3);
});

test("a stream carries the same text", async () => {
  let text = "";
  for await (const chunk of await client.models.generateContentStream({ model: "echo", contents: "eins zwei  drei 🙂" }))
    text += chunk.text ?? "";
  assert.equal(text, "eins zwei  drei 🙂");
});
