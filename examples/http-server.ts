import { createServer } from "node:http";
import { CallError, createGateway } from "polygate";

/* A server of your own: POST a question to it, and the answer comes as plain text while it is written. */

const { MODEL = "openai/gpt-4.1-mini", PORT = "8787" } = process.env;
const gateway = await createGateway();

const server = createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  // Who goes away takes the provider's request along.
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    const stream = gateway.generateStream({
      model: MODEL,
      prompt: Buffer.concat(pieces).toString(),
      labels: { app: "example" },
      signal: gone.signal,
    });
    for await (const event of stream) if (event.type === "text") response.write(event.text);
    response.end("\n");
  } catch (error) {
    if (!response.headersSent) response.statusCode = error instanceof CallError ? error.status : 500;
    response.end(error instanceof CallError ? `${error.message}\n` : "failed\n");
  }
});

server.listen(Number(PORT), "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`curl -d 'Hello' http://127.0.0.1:${address?.port}`);
});
process.once("SIGTERM", () => server.close(() => gateway.close()));
