import { createServer } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

/* A provider in a thread of its own, so that it keeps its pace while the callers' thread is busy: one long stream for all. */

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const words = chunk({ content: "a word or two " }).repeat(Number(workerData));
const stream = Buffer.from(`${chunk({ role: "assistant", content: "" })}${words}${chunk({}, "stop")}data: [DONE]\n\n`);

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { "content-type": "text/event-stream", "content-length": stream.length }).end(stream);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  parentPort?.postMessage(typeof address === "object" ? address?.port : undefined);
});
