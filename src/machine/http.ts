import { type IncomingMessage, request as plain } from "node:http";
import { request as secure } from "node:https";
import type { HttpReply, HttpRequest } from "./contract.ts";

/** One request over a connection of its own, without timers: an answer may be long in coming. */
export function sendHttp({ url, method, headers, body, signal }: HttpRequest): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const send = target.protocol === "https:" ? secure : plain;
    const options = { method, headers, agent: false, ...(signal && { signal }) };
    const outgoing = send(target, options, (reply) => {
      resolve({ status: reply.statusCode ?? 0, header: (name) => first(reply, name), body: reply });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function first({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}
