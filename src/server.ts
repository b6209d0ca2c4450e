import type { Server } from "node:http";
import { getHeapStatistics } from "node:v8";
import { type ComposeOptions, compose, type Gateway, type Snapshot } from "./compose.ts";
import { namesOf } from "./ingress/host.ts";
import { createHttpServer } from "./ingress/http.ts";
import { type Listening, listen } from "./ingress/listen.ts";
import type { OperatorPort } from "./ingress/operator.ts";
import type { Serving } from "./ingress/options.ts";
import { LoadShedder } from "./limits/load-shedder.ts";
import { failureFields } from "./telemetry/failure-fields.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";

export interface RunningGateway {
  /** `http://host:port`, with the port that was really taken. */
  readonly address: string;
  readonly gateway: Gateway;
  /** Stops taking calls, lets those under way finish for `drainMs`, writes the books, lets go of everything. */
  close(drainMs: number): Promise<void>;
}

/**
 * How long a streaming caller waits before it gets a sign of life, how long silences in a stream may be, and how long callers may
 * take to send. Milliseconds.
 */
const pace = {
  silenceMs: 10_000,
  keepAliveMs: 15_000,
  writeIdleMs: 60_000,
  headersMs: 10_000,
  requestMs: 120_000,
  bodyGraceMs: 10_000,
};

export type ServeOptions = ComposeOptions & { readonly pace?: Partial<typeof pace> | undefined };

/**
 * Composes a gateway and puts it behind HTTP. Rejects with StorageError if the ledger cannot be opened, with Node's error
 * (`EADDRINUSE` …) if the address cannot be had; nothing is left open then.
 */
export async function serve(options: ServeOptions): Promise<RunningGateway> {
  const { config, onTrouble } = options;
  const gateway = await compose(options);
  const admission = new LoadShedder({
    clock: gateway.clock,
    random: gateway.random,
    most: config.limits.concurrentCalls,
    memory: heapInUse,
  });
  const server = createHttpServer({
    serving: servingOf(gateway),
    unready: () => gateway.unready(),
    admission,
    clock: gateway.clock,
    random: gateway.random,
    operator: operatorOf(gateway),
    onInternalError: (callId, error) => {
      if (options.log === undefined) onTrouble(`Call ${callId} failed inside the gateway: ${cause(error)}`);
      else options.log.error("call_failed", failureFields(callId, error));
    },
    limits: {
      ...pace,
      ...options.pace,
      allBodiesBytes: config.limits.allBodiesBytes,
      connectionsPerAddress: config.limits.connectionsPerAddress,
    },
  });
  countConnections(server, gateway.telemetry);
  server.maxConnections = config.limits.connections;
  let listening: Listening;
  try {
    listening = await listen(server, config.server.host, config.server.port, gateway.clock);
  } catch (thrown) {
    await gateway.close();
    throw thrown;
  }
  admission.start();
  // A connection that cannot be accepted is no reason to end the process.
  server.on("error", (error) => onTrouble(`A connection could not be taken: ${error.message}.`));
  return {
    address: listening.address,
    gateway,
    close: async (drainMs) => {
      await listening.close(drainMs);
      admission.stop();
      await gateway.close();
    },
  };
}

/** Metrics, and what there is to say of a configuration that nobody can change while the gateway runs. */
function operatorOf({ telemetry, current }: Gateway): OperatorPort {
  const status = () => ({ file: current().config.file ?? null, reloadable: false });
  return {
    metrics: () => telemetry.metricsText(),
    configStatus: status,
    reload: () => Promise.resolve(status()),
  };
}

function countConnections(server: Server, { metrics }: Telemetry): void {
  let open = 0;
  server.on("connection", (socket) => {
    open++;
    socket.once("close", () => open--);
  });
  metrics?.add([{ name: "polygate_connections", help: "Open connections of callers.", kind: "gauge", read: () => open }]);
}

/** The part of the heap that Node may use which is in use. */
function heapInUse(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return used_heap_size / heap_size_limit;
}

/** The ingress's view of the configuration in force, made anew only when that changes. */
function servingOf(gateway: Gateway): () => Serving {
  let made: Serving | undefined;
  let of: Snapshot | undefined;
  return () => {
    const current = gateway.current();
    if (made === undefined || of !== current) {
      of = current;
      made = serving(current);
    }
    return made;
  };
}

function serving({ config, handler, identify, open, models }: Snapshot): Serving {
  return {
    handler,
    identify,
    losses: config.strict,
    open,
    hosts: namesOf(config.server.host, config.server.hosts),
    metrics: config.observe.metrics,
    listModels: () => models.all(),
    bounds: { bodyBytes: config.limits.bodyBytes, totalMs: config.timeouts.totalMs },
  };
}

const cause = ({ cause, message }: Error): string => (cause instanceof Error ? (cause.stack ?? cause.message) : message);
