import { once } from "node:events";
import type { Call } from "../../../src/canonical/call.ts";
import { GatewayError } from "../../../src/canonical/error.ts";
import type { Operation } from "../../../src/canonical/operations.ts";
import type { Batches, Reply } from "../../../src/canonical/reply.ts";
import { finished } from "../../../src/canonical/terminal.ts";
import { KeyRing } from "../../../src/identity/keys.ts";
import { createHttpServer } from "../../../src/ingress/http.ts";
import type { IngressLimits, Serving } from "../../../src/ingress/options.ts";
import type { MetricsAccess } from "../../../src/ingress/routes.ts";
import { identifyBy } from "../../../src/policy/authenticate.ts";
import { systemClock } from "../../../src/transport/clock.ts";
import { systemRandom } from "../../../src/transport/random.ts";

/* The entrance alone, on a real socket: what passes it is only counted. */

export const callerKey = "pg-caller-0123456789abcdef";
export const adminKey = "pg-admin-0123456789abcdef";

export interface Front {
  readonly address: string;
  readonly port: number;
  /** Calls that came through to the pipeline. */
  readonly calls: readonly Call[];
  /** Bytes taken from all connections so far, closed ones included. */
  bytesTaken(): number;
  close(): Promise<void>;
}

export interface FrontOptions {
  readonly keyed?: boolean | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly metrics?: MetricsAccess | undefined;
  readonly limits?: Partial<IngressLimits> | undefined;
  readonly bodyBytes?: number | undefined;
}

export async function startFront({
  keyed = true,
  hosts = [],
  metrics = "admin",
  limits,
  bodyBytes = 1e6,
}: FrontOptions = {}): Promise<Front> {
  const calls: Call[] = [];
  const ring = new KeyRing(keyed ? [{ id: "dev", secret: callerKey, labels: {} }] : []);
  const serving: Serving = {
    handler: async (call) => {
      calls.push(call);
      return call.stream ? streamed() : whole(call.model === "p/long" ? long : short);
    },
    identify: identifyBy(ring),
    identifyAdmin: (presented) => {
      if (presented === adminKey) return true;
      throw new GatewayError("unauthenticated", "This takes the admin key.");
    },
    losses: "warn",
    open: !keyed,
    hosts,
    metrics,
    listModels: async () => ({ models: [{ id: "p/m", provider: "p", createdAt: 5 }], silent: [] }),
    bounds: { bodyBytes, totalMs: 60_000 },
  };
  const server = createHttpServer({
    serving: () => serving,
    unready: () => undefined,
    operator: {
      metrics: async () => ({ contentType: "text/plain; version=0.0.4", text: "up 1\n" }),
      configStatus: () => ({ status: "fine" }),
      reload: async () => ({ status: "read" }),
    },
    clock: systemClock,
    random: systemRandom,
    onInternalError: (_, error) => {
      throw error;
    },
    limits: {
      allBodiesBytes: 64e6,
      silenceMs: 10_000,
      keepAliveMs: 15_000,
      writeIdleMs: 60_000,
      headersMs: 10_000,
      requestMs: 120_000,
      bodyGraceMs: 10_000,
      connectionsPerAddress: 1024,
      wrongKeys: 20,
      ...limits,
    },
  });
  let gone = 0;
  const open = new Set<{ readonly bytesRead: number }>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      gone += socket.bytesRead;
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    address: `http://127.0.0.1:${port}`,
    port,
    calls,
    bytesTaken: () => [...open].reduce((sum, { bytesRead }) => sum + bytesRead, gone),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const short = Buffer.from('{"raw":1}');
/** More than the sockets on the way can hold. */
const long = Buffer.alloc(16 * 1024 * 1024, "x");

const whole = <Op extends Operation>(raw: Buffer): Reply<Op> => ({
  stream: false,
  get result(): never {
    throw new Error("a relayed answer was decoded");
  },
  raw,
});

function streamed<Op extends Operation>(): Reply<Op> {
  const batches: Batches<Op> = {
    next: async () => ({ done: true, value: finished }),
    return: async (terminal) => ({ done: true, value: terminal }),
  };
  return { stream: true, relayed: true, batches };
}
