import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Pool } from "undici";

/*
 * The floor: the least a Node gateway could do. A JSON call is parsed and written again, both ways; a stream is piped through. Used where the
 * project's reference floor (POLYGATE_BENCH_FLOOR) is not at hand. Environment: PORT, UP_JSON, UP_STREAM.
 */

const upstream = {
  json: new Pool(process.env["UP_JSON"] ?? "", { connections: 128 }),
  stream: new Pool(process.env["UP_STREAM"] ?? "", { connections: 128 }),
};
const headers = { "content-type": "application/json", authorization: "Bearer floor" };

function asksForStream(body: unknown): boolean {
  return typeof body === "object" && body !== null && "stream" in body && body.stream === true;
}

async function whole(path: string, body: unknown, response: ServerResponse): Promise<void> {
  const reply = await upstream.json.request({ method: "POST", path, headers, body: JSON.stringify(body) });
  const parsed: unknown = JSON.parse(await reply.body.text());
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(parsed));
}

async function piped(path: string, body: Buffer, response: ServerResponse): Promise<void> {
  await upstream.stream.stream({ method: "POST", path, headers, body }, ({ statusCode, headers: reply }) =>
    response.writeHead(statusCode, { "content-type": String(reply["content-type"]) }),
  );
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces);
    const parsed: unknown = JSON.parse(body.toString());
    const path = request.url ?? "/";
    const done = asksForStream(parsed) ? piped(path, body, response) : whole(path, parsed, response);
    done.catch(() => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  });
}

createServer(answer).listen(Number(process.env["PORT"]), "127.0.0.1");
