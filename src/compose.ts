import type { ModelListing } from "./canonical/models.ts";
import type { Clock, Random } from "./canonical/ports.ts";
import type { Handler } from "./canonical/reply.ts";
import { AnswerStore } from "./conversations/answer-store.ts";
import { openPins } from "./conversations/open-pins.ts";
import type { Tell, Told } from "./conversations/told.ts";
import { TurnStore } from "./conversations/turn-store.ts";
import type { LedgerHealth } from "./ledger/attempt-log.ts";
import { openLedger } from "./ledger/open.ts";
import { EgressGuard, type Outside } from "./providers/egress-guard.ts";
import { type Settings, type Snapshot, type Standing, snapshot } from "./snapshot.ts";
import type { ProcessLog } from "./telemetry/log.ts";
import { Redactor } from "./telemetry/redact.ts";
import { ledgerGauges, openTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { traceSettings } from "./telemetry/trace-settings.ts";
import { systemClock } from "./transport/clock.ts";
import { HttpTransport } from "./transport/http-transport.ts";
import { systemRandom } from "./transport/random.ts";

export type { Settings, Snapshot } from "./snapshot.ts";

export interface ComposeOptions extends Settings {
  /** Told of what the operator should know while the gateway runs, in sentences. */
  readonly onTrouble: (message: string) => void;
  /** Where calls and what goes wrong with them are written down; none: nowhere. */
  readonly log?: ProcessLog | undefined;
  /** Stands before the log already; learns the configuration's secrets here. Default: one of its own. */
  readonly redactor?: Redactor | undefined;
  /** Of the program, for traces and metrics. */
  readonly version?: string | undefined;
  /** True: who has finished its work and forgets to close the gateway ends all the same, once the books are written. */
  readonly yields?: boolean | undefined;
  /** Told of what other processes that serve the same callers must remember, too; see `Gateway.hear`. */
  readonly tell?: Tell | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** How the outside is reached. Default: the machine's own resolver and sockets. */
  readonly outside?: Outside | undefined;
}

/** The gateway without an entrance: what an ingress, the library face and the command line are given. */
export interface Gateway {
  /** Serves each call by the configuration that is in force when it comes. */
  readonly handler: Handler;
  readonly clock: Clock;
  readonly random: Random;
  /** The configuration in force and what follows from it. To be asked for once per call, before its caller is identified. */
  current(): Snapshot;
  /**
   * Puts another configuration in force for every call that comes from now on; calls under way keep theirs. All or nothing:
   * where it throws, the one before stays in force. What only a restart changes (see `needsRestart`) stays as it was.
   */
  apply(settings: Settings): void;
  listModels(): Promise<ModelListing>;
  /** Undefined when calls can be served and booked, else why not. */
  unready(): string | undefined;
  ledgerHealth(): LedgerHealth;
  readonly telemetry: Telemetry;
  /** Another process that serves the same callers has come to remember this. */
  hear(told: Told): void;
  /** Resolves once everything that has ended is in the books. */
  flush(): Promise<void>;
  /** Writes the books to their end and lets go of sockets and files. Calls must be over by then. */
  close(): Promise<void>;
}

/** Builds everything from the configuration: the one place where areas meet. Throws StorageError if the ledger cannot be opened. */
export async function compose(options: ComposeOptions): Promise<Gateway> {
  const standing = await openStanding(options);
  const { ledger, pins, transport, telemetry, clock, random } = standing;
  let current = snapshot(options, standing);
  return {
    handler: (call) => current.handler(call),
    clock,
    random,
    current: () => current,
    apply: (settings) => {
      const next = snapshot(settings, standing);
      knowSecrets(telemetry.redactor, settings);
      current = next;
    },
    listModels: () => current.models.all(),
    unready: () => {
      const { losing, trouble } = ledger.health();
      return losing ? (trouble ?? "the ledger is losing rows") : undefined;
    },
    ledgerHealth: () => ledger.health(),
    telemetry,
    hear: (told) => hear(standing, told),
    flush: async () => {
      await Promise.all([ledger.flush(), pins.flush()]);
    },
    close: async () => {
      await transport.close();
      await Promise.all([ledger.close(), pins.close(), telemetry.close()]);
    },
  };
}

function hear({ turns, answers, pins }: Standing, told: Told): void {
  switch (told.kind) {
    case "turn":
      turns.hear(told.owner, told.turn);
      break;
    case "pin":
      pins.hear(told.id, told.pin);
      break;
    case "asked":
    case "answered":
    case "forgotten":
      answers.hear(told);
      break;
  }
}

async function openStanding(options: ComposeOptions): Promise<Standing> {
  const { config, onTrouble, yields, tell, clock = systemClock, random = systemRandom } = options;
  const ledger = await openLedger({ dataDir: config.dataDir, clock, onTrouble, yields });
  const pins = await opened(() => openPins({ dataDir: config.dataDir, clock, onTrouble, yields, tell }), ledger);
  const { ttlMs } = config.conversations;
  const telemetry = await observe(options, clock);
  telemetry.metrics?.add(ledgerGauges(() => ledger.health()));
  const egress = new EgressGuard({ outside: options.outside, clock, onRefused: onTrouble });
  return {
    onTrouble,
    clock,
    random,
    ledger,
    pins,
    telemetry,
    egress,
    transport: new HttpTransport({ clock, egress: egress.publicOnly }),
    answers: new AnswerStore(clock, { ttlMs }, tell),
    turns: new TurnStore(clock, { ttlMs }, tell),
  };
}

function observe(
  { config, providers, log, redactor = new Redactor(), version, onTrouble }: ComposeOptions,
  clock: Clock,
): Promise<Telemetry> {
  knowSecrets(redactor, { config, providers });
  return openTelemetry({
    clock,
    redactor,
    log,
    calls: config.log.calls,
    metrics: config.observe.metrics !== "off",
    traces: traceSettings({ said: config.observe, variables: config.environment, version: version ?? "unknown", onTrouble }),
  });
}

/** What must not be told by anybody: the keys that open the gateway, and the credentials that open its providers. */
function knowSecrets(redactor: Redactor, { config, providers }: Settings): void {
  for (const { secret } of config.keys) redactor.add(secret);
  for (const { credential } of providers.values()) if (credential !== undefined) redactor.add(credential);
}

/** Opens what comes after the ledger, which is closed again where that fails. */
async function opened<T>(open: () => T, ledger: { close(): Promise<unknown> }): Promise<T> {
  try {
    return open();
  } catch (thrown) {
    await ledger.close();
    throw thrown;
  }
}
