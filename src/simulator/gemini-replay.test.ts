import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Content, GoogleGenAI, type Part } from "@google/genai";
import { isObject, type Json } from "../canonical/json.ts";
import { startSimulator } from "./index.ts";

const recordings = process.env["POLYGATE_RECORDINGS"] ?? join(import.meta.dirname, "../../../shared/recordings/open");
const skip = !existsSync(join(recordings, "index.jsonl")) && process.env["CI"] !== "true" && "no recordings here";

/** Recorded streams that hold a signed call. */
function* signed(): Iterable<string> {
  for (const line of readFileSync(join(recordings, "index.jsonl"), "utf8").trim().split("\n")) {
    const row: Json = JSON.parse(line);
    if (!isObject(row) || !String(row["file"]).startsWith("gemini/streamGenerateContent/") || row["status"] !== 200) continue;
    const record: Json = JSON.parse(readFileSync(join(recordings, String(row["file"])), "utf8"));
    const body = isObject(record) && isObject(record["response"]) ? record["response"]["body"] : undefined;
    // Arguments that come piecemeal are Vertex's alone.
    if (typeof body !== "string" || body.includes("willContinue")) continue;
    if (/^data: .*functionCall.*thoughtSignature" ?: ?"[\w+/=-]{40}/.test(body)) yield String(row["id"]);
  }
}

test("recorded calls are served, and their signatures are taken back in either alphabet", { skip }, async () => {
  await using stack = new AsyncDisposableStack();
  const simulator = await startSimulator({ replay: recordings });
  stack.defer(() => simulator.close());
  const client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: simulator.url } });
  let count = 0;
  for (const id of signed()) {
    const parts: Part[] = [];
    for await (const chunk of await client.models.generateContentStream({ model: `recording:${id}`, contents: "x" }))
      parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
    const model = parts.filter((part) => part.functionCall?.name);
    assert.ok(model[0]?.thoughtSignature, id);
    const user: Content = {
      role: "user",
      parts: model.map(({ functionCall }) => ({
        functionResponse: { name: functionCall?.name ?? "", response: { output: "r" } },
      })),
    };
    const replay = (change: (signature: string) => string) => {
      const written = model.map((part) =>
        part.thoughtSignature === undefined ? part : { ...part, thoughtSignature: change(part.thoughtSignature) },
      );
      return client.models.generateContent({
        model: "echo",
        contents: [{ role: "user", parts: [{ text: "x" }] }, { role: "model", parts: written }, user],
      });
    };
    await replay((signature) => signature.replaceAll("+", "-").replaceAll("/", "_"));
    await assert.rejects(
      replay((signature) => `${signature.slice(0, 20)}AAAA${signature.slice(24)}`),
      /not valid/,
    );
    if (++count === 10) break;
  }
  assert.ok(count >= 5, String(count));
});
