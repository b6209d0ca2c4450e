import OpenAI from "openai";
import type { WireEvent } from "../../../canonical/event.ts";
import type { Json, JsonObject } from "../../../canonical/json.ts";
import { plain } from "../../shared/testing/codec.ts";

/** The bytes of a stream, as the gateway's framing would lay them out. */
export const framed = (events: readonly WireEvent[]): string =>
  events.map(({ event, data }) => `${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`).join("");

const client = (body: string, type: string): OpenAI =>
  new OpenAI({
    apiKey: "key",
    baseURL: "http://127.0.0.1:1/v1",
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers: { "content-type": type } })),
  });

/** The response that the official SDK puts together from a stream. Rejects where the SDK does. */
export async function sdkStream(events: readonly WireEvent[]): Promise<Json> {
  const stream = client(framed(events), "text/event-stream").responses.stream({ model: "m", input: "hi" });
  return plain(await stream.finalResponse());
}

/** The events of a stream as the SDK hands them on. */
export async function sdkEvents(events: readonly WireEvent[]): Promise<Json[]> {
  const read: Json[] = [];
  const stream = await client(framed(events), "text/event-stream").responses.create({ model: "m", input: "hi", stream: true });
  for await (const event of stream) read.push(plain(event));
  return read;
}

export async function sdkWhole(body: JsonObject): Promise<Json> {
  const found = await client(JSON.stringify(body), "application/json").responses.create({ model: "m", input: "hi" });
  return plain(found);
}
