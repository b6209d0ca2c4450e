import type { Server } from "node:http";
import { getHeapStatistics } from "node:v8";
import { GatewayError } from "./canonical/error.ts";
import { type InvariantError, invariantOf } from "./canonical/invariant.ts";
import type { JsonObject } from "./canonical/json.ts";
import type { Clock } from "./canonical/ports.ts";
import { type ComposeOptions, compose, type Gateway, type Snapshot } from "./compose.ts";
import type { Occasion, Reloader } from "./config/reloader.ts";
import { AdminKey } from "./identity/admin-key.ts";
import { namesOf } from "./ingress/host.ts";
import { createHttpServer } from "./ingress/http.ts";
import { listen } from "./ingress/listen.ts";
import { LiveCalls } from "./ingress/live-calls.ts";
import type { OperatorPort } from "./ingress/operator.ts";
import type { Serving } from "./ingress/options.ts";
import { LoadShedder } from "./limits/load-shedder.ts";
import { attemptsIn, reloading } from "./process/reloading.ts";
import { refuseAdminKey, type SettingsSource } from "./process/settings-source.ts";
import { failureFields } from "./telemetry/failure-fields.ts";
import { loadGauges, type Telemetry } from "./telemetry/telemetry.ts";

export interface RunningGateway {
  /** `http://host:port`, with the port that was really taken. */
  readonly address: string;
  readonly gateway: Gateway;
  readonly adminKey: AdminKey;
  /** Reads the configuration anew; the outcome is told, and in the status. */
  reload(by: Occasion): Promise<void>;
  /** Something was thrown that nobody caught: fails the call it was done for. Gives that call's id, undefined for none. */
  fail(thrown: unknown): string | undefined;
  callsUnderWay(): number;
  /**
   * Stops taking calls after `windowMs` (default 0), lets those under way finish for `drainMs` in all, writes the books, lets go of
   * everything. Gives how many calls had to be cut.
   */
  close(drainMs: number, windowMs?: number): Promise<number>;
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
  requestMs: 600_000,
  bodyGraceMs: 10_000,
};

/** Of the heap, for the bodies of calls under way once parsed; as much again may be written for providers of another wire. */
const heapForBodies = 0.35;

export interface ServeOptions extends ComposeOptions {
  readonly pace?: Partial<typeof pace> | undefined;
  /** Whence another configuration may come while it runs; none: what it was started with holds to its end. */
  readonly source?: SettingsSource | undefined;
  /** What operators may do, where this process is one of several. */
  readonly operator?: OperatorPort | undefined;
  /** Told of an invariant that does not hold: the process is to end. */
  readonly onBroken?: ((broken: InvariantError) => void) | undefined;
  /** This process is handed its connections by another one. */
  readonly handed?: boolean | undefined;
}

/**
 * Composes a gateway and puts it behind HTTP. Rejects with StorageError if the ledger cannot be opened, with Node's error
 * (`EADDRINUSE` …) if the address cannot be had; nothing is left open then.
 */
export async function serve(options: ServeOptions): Promise<RunningGateway> {
  const { config, onTrouble } = options;
  const gateway = await compose(options);
  const calls = new LiveCalls();
  let draining = false;
  const adminKey = await orClosed(gateway, () => openAdminKey(options, gateway));
  const { clock } = gateway;
  const reloader =
    options.source &&
    reloading({
      clock,
      started: config,
      source: options.source,
      admin: adminKey,
      apply: (settings) => gateway.apply(settings),
      onAttempt: options.log === undefined ? onTrouble : attemptsIn(options.log),
      onTrouble,
    });
  const admission = new LoadShedder({
    clock: gateway.clock,
    random: gateway.random,
    most: config.limits.concurrentCalls,
    targetMs: config.limits.lagMs,
    memory: heapInUse,
  });
  const server = createHttpServer({
    serving: servingOf(gateway, adminKey),
    unready: () => (draining ? "the gateway is stopping" : gateway.unready()),
    admission,
    calls,
    clock: gateway.clock,
    random: gateway.random,
    operator: options.operator ?? operatorOf(gateway, reloader),
    onError: ({ code }) => gateway.telemetry.metrics?.refused(code),
    onInternalError: (callId, error) => {
      if (options.log === undefined) onTrouble(`Call ${callId} failed inside the gateway: ${cause(error)}`);
      else options.log.error("call_failed", failureFields(callId, error));
      const broken = invariantOf(error);
      if (broken !== undefined) options.onBroken?.(broken);
    },
    limits: {
      ...pace,
      ...options.pace,
      allBodiesBytes: config.limits.allBodiesBytes,
      allBodiesHeapBytes: getHeapStatistics().heap_size_limit * heapForBodies,
      connectionsPerAddress: config.limits.connectionsPerAddress,
      wrongKeys: config.limits.wrongKeys,
    },
  });
  countConnections(server, gateway.telemetry);
  gateway.telemetry.metrics?.add(loadGauges(() => admission.view()));
  const at = { ...config.server, most: config.limits.connections, handed: options.handed === true };
  const listening = await orClosed(gateway, () => listen(server, at, gateway.clock));
  admission.start();
  // A connection that cannot be accepted is no reason to end the process.
  server.on("error", (error) => onTrouble(`A connection could not be taken: ${error.message}.`));
  reloader?.start();
  const stopLooking = every(adminKeyMs, gateway.clock, () => adminKey.look());
  return {
    address: listening.address,
    gateway,
    adminKey,
    reload: async (by) => reloader?.reload(by),
    fail: (thrown) => calls.fail(thrown, gateway.clock),
    callsUnderWay: () => calls.size,
    close: async (drainMs, windowMs = 0) => {
      draining = true;
      reloader?.stop();
      stopLooking();
      const cut = await listening.close({ drainMs, windowMs, cut: () => calls.cut(stopping()) });
      admission.stop();
      await gateway.close();
      return cut;
    },
  };
}

/** Metrics, and the configuration: which is in force, and what became of the last one that was tried. */
function operatorOf({ telemetry, current }: Gateway, reloader: Reloader | undefined): OperatorPort {
  const status = (): JsonObject => reloader?.status() ?? { file: current().config.file ?? null, reloadable: false };
  return {
    metrics: () => telemetry.metricsText(),
    configStatus: status,
    reload: async () => {
      await reloader?.reload("request");
      return status();
    },
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

/** How often the file of the admin key is looked at. */
const adminKeyMs = 1000;

const stopping = (): GatewayError =>
  new GatewayError("gateway_overloaded", "The gateway is stopping and could not wait for this call any longer. Send it again.");

/** Does what comes after the gateway was opened, which is closed again where that fails. */
async function orClosed<T>(gateway: Gateway, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    await gateway.close();
    throw thrown;
  }
}

function openAdminKey({ config, onTrouble }: ServeOptions, { random, telemetry }: Gateway): AdminKey {
  const adminKey = AdminKey.open({
    dataDir: config.dataDir,
    given: config.environment.get("POLYGATE_ADMIN_KEY"),
    random,
    onKey: (key) => telemetry.redactor.add(key),
    onTrouble,
  });
  refuseAdminKey(config, adminKey);
  return adminKey;
}

/** Runs the task again and again; gives what stops that. */
function every(ms: number, clock: Clock, task: () => void): () => void {
  let stop = (): void => {};
  const again = (): void => {
    stop = clock.after(ms, () => {
      task();
      again();
    });
  };
  again();
  return () => stop();
}

/** The part of the heap that Node may use which is in use. */
function heapInUse(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return used_heap_size / heap_size_limit;
}

/** The ingress's view of the configuration in force, made anew only when that changes. */
function servingOf(gateway: Gateway, adminKey: AdminKey): () => Serving {
  const identifyAdmin = (presented: string | undefined): true => {
    if (adminKey.matches(presented)) return true;
    throw new GatewayError("unauthenticated", "This is for the operator: send the admin key as `Authorization: Bearer <key>`.");
  };
  let made: Serving | undefined;
  let of: Snapshot | undefined;
  return () => {
    const current = gateway.current();
    if (made === undefined || of !== current) {
      of = current;
      made = serving(current, identifyAdmin);
    }
    return made;
  };
}

function serving(
  { config, handler, identify, open, models }: Snapshot,
  identifyAdmin: NonNullable<Serving["identifyAdmin"]>,
): Serving {
  return {
    handler,
    identify,
    identifyAdmin,
    losses: config.strict,
    open,
    hosts: namesOf(config.server.host, config.server.hosts),
    metrics: config.observe.metrics,
    listModels: () => models.all(),
    bounds: { bodyBytes: config.limits.bodyBytes, totalMs: config.timeouts.totalMs },
  };
}

const cause = ({ cause, message }: Error): string => (cause instanceof Error ? (cause.stack ?? cause.message) : message);
