import type { Clock } from "../../canonical/ports.ts";
import { systemClock } from "../clock.ts";
import { type BodyReader, HttpTransport, type UpstreamReply, type UpstreamRequest } from "../http-transport.ts";
import { openEgress } from "./network.ts";
import { type RawRequest, RawServer } from "./raw-server.ts";

export interface Rig extends AsyncDisposable {
  readonly server: RawServer;
  readonly transport: HttpTransport;
  readonly abort: AbortController;
  send(changes?: Partial<UpstreamRequest>): Promise<UpstreamReply>;
}

export const patient = { connectMs: 10_000, firstByteMs: 10_000, idleMs: 10_000, totalMs: 20_000 } as const;

/** A raw server and a transport that asks it. */
export async function rig(
  handler: (request: RawRequest) => void,
  options: { readonly clock?: Clock | undefined; readonly connections?: number | undefined } = {},
): Promise<Rig> {
  const server = await RawServer.listen(handler);
  const transport = new HttpTransport({
    clock: options.clock ?? systemClock,
    connections: options.connections,
    egress: openEgress,
  });
  const abort = new AbortController();
  return {
    server,
    transport,
    abort,
    send: (changes = {}) =>
      transport.send({
        origin: server.origin,
        path: "/v1/x",
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
        signal: abort.signal,
        timeouts: patient,
        ...changes,
      }),
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      await server.close();
    },
  };
}

/** All that a body gives, as text, one string per read. */
export async function reads(body: BodyReader): Promise<readonly string[]> {
  const got: string[] = [];
  for (let bytes = await body.read(); bytes !== undefined; bytes = await body.read()) got.push(Buffer.from(bytes).toString());
  return got;
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error("was fulfilled");
}
