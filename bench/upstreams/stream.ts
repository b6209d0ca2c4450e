import { once } from "node:events";
import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { streamWords } from "./reply.ts";

/* One fixed stream for every request: 204 events in paced writes of four. Stands in where the reference is not at hand. Environment: PORT. */

const base = {
  id: "chatcmpl-abc123",
  object: "chat.completion.chunk",
  created: 1741569952,
  model: "gpt-4o-mini-2024-07-18",
  service_tier: "default",
  system_fingerprint: "fp_44709d6fcb",
};
const event = (rest: object): string => `data: ${JSON.stringify({ ...base, ...rest })}\n\n`;
const delta = (content: object, finish: string | null = null): string =>
  event({ choices: [{ index: 0, delta: content, logprobs: null, finish_reason: finish }] });
const events = [
  delta({ role: "assistant", content: "", refusal: null }),
  ...Array.from({ length: streamWords }, (_, i) => delta({ content: ` word${i}` })),
  delta({}, "stop"),
  event({ choices: [], usage: { prompt_tokens: 19, completion_tokens: streamWords, total_tokens: 19 + streamWords } }),
  "data: [DONE]\n\n",
];
const perWrite = 4;
const writes = Array.from({ length: Math.ceil(events.length / perWrite) }, (_, i) =>
  Buffer.from(events.slice(i * perWrite, (i + 1) * perWrite).join("")),
);

createServer((request, response) => {
  request.resume();
  request.on("end", async () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const write of writes) {
      if (response.destroyed) return;
      if (!response.write(write)) await Promise.race([once(response, "drain"), once(response, "close")]);
      await turn();
    }
    response.end();
  });
}).listen(Number(process.env["PORT"]), "127.0.0.1");
