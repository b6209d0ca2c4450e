import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import type { WireName } from "../wires/wire.ts";
import { fixedReplies } from "./replies.ts";

/* One fixed answer to every request on each of the four wires, streams in paced writes of four events. Environment: PORT. */

const perWrite = 4;

const prepared = new Map(
  Object.entries(fixedReplies).map(([name, { json, frames }]) => {
    const writes = Array.from({ length: Math.ceil(frames.length / perWrite) }, (_, i) =>
      Buffer.from(frames.slice(i * perWrite, (i + 1) * perWrite).join("")),
    );
    return [name, { json: Buffer.from(json), writes }] as const;
  }),
);

function wireOf(path: string): WireName {
  if (path.includes("/chat/completions")) return "openai-chat";
  if (path.includes("/responses")) return "openai-responses";
  return path.includes("/messages") ? "anthropic-messages" : "gemini";
}

async function stream(response: ServerResponse, writes: readonly Buffer[]): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const write of writes) {
    if (response.destroyed) return;
    if (!response.write(write)) await Promise.race([once(response, "drain"), once(response, "close")]);
    await turn();
  }
  response.end();
}

createServer((request, response) => {
  const path = request.url ?? "/";
  const reply = prepared.get(wireOf(path));
  let asked = path.includes(":streamGenerateContent");
  let tail = "";
  request.on("data", (piece: Buffer) => {
    tail = tail.slice(-20) + piece.toString("latin1");
    asked ||= tail.includes('"stream":true');
  });
  request.on("end", () => {
    if (reply === undefined) response.writeHead(404).end();
    else if (asked) void stream(response, reply.writes);
    else {
      const headers = { "content-type": "application/json", "content-length": reply.json.length };
      response.writeHead(200, headers).end(reply.json);
    }
  });
}).listen(Number(process.env["PORT"]), "127.0.0.1");
