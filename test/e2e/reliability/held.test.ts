import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { test } from "node:test";
import { startChildStack } from "./child-stack.ts";
import { startRawUpstream, whole } from "./raw-upstream.ts";
import { openaiStream } from "./streams.ts";

const megabytes = 3;
const callers = 20;

test("a call that is over is held by nothing, though its connections to caller and provider stay", async (t) => {
  const upstream = await startRawUpstream(({ socket }) => socket.write(whole(200, openaiStream.reply)));
  const stack = await startChildStack({ upstream: upstream.url, keys: false });
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const ask = (content: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ model: "oai/m", messages: [{ role: "user", content }] });
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const call = request(`${stack.address}/v1/chat/completions`, { agent, method: "POST", headers });
      call.on("error", reject);
      call.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          text += piece;
        });
        response.on("end", () => resolve(response.statusCode === 200 ? "served" : text));
      });
      call.end(body);
    });
  const all = (content: string): Promise<readonly string[]> => Promise.all(Array.from({ length: callers }, () => ask(content)));
  try {
    // One call for what is made once; the others make their connections themselves.
    await ask("short");
    const before = (await stack.stats()).heldBytes;
    const outcomes = await all("x".repeat(megabytes * 2 ** 20));
    const refused = outcomes.filter((outcome) => outcome !== "served");
    // Sixty megabytes at once may be more than a small machine has room for; most of them must have come through.
    for (const text of new Set(refused)) t.diagnostic(text.slice(0, 300));
    assert.ok(refused.length < callers / 2);
    // Buffers go with the second collection.
    await stack.stats();
    const growth = ((await stack.stats()).heldBytes - before) / 2 ** 20;
    t.diagnostic(`${callers} calls of ${megabytes} MB: ${growth.toFixed(1)} MB held after their answers`);
    // Each connection may keep a buffer; the bodies would be sixty megabytes.
    assert.ok(growth < (callers * megabytes) / 10, `${growth} MB`);
  } finally {
    agent.destroy();
    await stack.close();
    await upstream.close();
  }
});
