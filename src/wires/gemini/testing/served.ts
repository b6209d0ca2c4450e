import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { GoogleGenAI } from "@google/genai";
import type { WireEvent } from "../../../canonical/event.ts";

const isAddress = (value: AddressInfo | string | null): value is AddressInfo => typeof value === "object" && value !== null;

/** A body of server-sent events. */
export const sse = (events: readonly WireEvent[]): string =>
  events.map(({ event, data }) => `${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`).join("");

/** Runs with an official client whose server gives this answer to everything. */
export async function withClient<T>(
  answer: { readonly status?: number; readonly body: string; readonly type?: string },
  run: (client: GoogleGenAI) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status ?? 200, { "content-type": answer.type ?? "text/event-stream" });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!isAddress(address)) throw new Error("the server has no port");
  try {
    return await run(new GoogleGenAI({ apiKey: "test", httpOptions: { baseUrl: `http://127.0.0.1:${address.port}` } }));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
