import type { Caller } from "./canonical/call.ts";
import type { ModelListing } from "./canonical/models.ts";
import type { Clock, Random } from "./canonical/ports.ts";
import type { Handler } from "./canonical/reply.ts";
import type { Config } from "./config/config.ts";
import { AnswerStore } from "./conversations/answer-store.ts";
import { openPins } from "./conversations/open-pins.ts";
import { TurnStore } from "./conversations/turn-store.ts";
import { chain } from "./gateway.ts";
import { KeyRing } from "./identity/keys.ts";
import type { LedgerHealth } from "./ledger/attempt-log.ts";
import { openLedger } from "./ledger/open.ts";
import { authenticate, identifyBy } from "./policy/authenticate.ts";
import { keepAnswers } from "./policy/keep-answers.ts";
import { keepParts } from "./policy/keep-parts.ts";
import { validateOutput } from "./policy/validate-output.ts";
import type { ConfiguredProvider } from "./providers/index.ts";
import { dispatch } from "./router/dispatch.ts";
import { ModelList } from "./router/list-models.ts";
import { planner } from "./router/plan.ts";
import { retryPolicy } from "./router/retry.ts";
import { systemClock } from "./transport/clock.ts";
import { HttpTransport } from "./transport/http-transport.ts";
import { systemRandom } from "./transport/random.ts";
import { references } from "./wires/openai-responses/references.ts";

export interface ComposeOptions {
  readonly config: Config;
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  /** Told of what the operator should know while the gateway runs, in sentences. */
  readonly onTrouble: (message: string) => void;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** The gateway without an entrance: what an ingress, the library face and the command line are given. */
export interface Gateway {
  readonly handler: Handler;
  readonly identify: (presented: string | undefined) => Caller;
  /** No keys are configured. */
  readonly open: boolean;
  readonly clock: Clock;
  readonly random: Random;
  listModels(): Promise<ModelListing>;
  /** Undefined when calls can be served and booked, else why not. */
  unready(): string | undefined;
  ledgerHealth(): LedgerHealth;
  /** Resolves once everything that has ended is in the books. */
  flush(): Promise<void>;
  /** Writes the books to their end and lets go of sockets and files. Calls must be over by then. */
  close(): Promise<void>;
}

/** Builds everything from the configuration: the one place where areas meet. Throws StorageError if the ledger cannot be opened. */
export async function compose(options: ComposeOptions): Promise<Gateway> {
  const { config, providers, onTrouble, clock = systemClock, random = systemRandom } = options;
  const keys = new KeyRing(
    config.keys.map(({ id, secret, labels, strict }) => ({ id, secret: secret.reveal(), labels, losses: strict })),
  );
  const ledger = await openLedger({ dataDir: config.dataDir, clock, onTrouble });
  const pins = await opened(() => openPins({ dataDir: config.dataDir, clock, onTrouble }), ledger);
  const transport = new HttpTransport({ clock });
  const models = new ModelList(providers, transport, clock);
  const { ttlMs } = config.conversations;
  const handler = chain(
    authenticate(keys),
    keepAnswers({ store: new AnswerStore(clock, { ttlMs }), references, pins, clock }),
    validateOutput,
    keepParts(new TurnStore(clock, { ttlMs })),
  )(
    dispatch({
      plan: planner(providers, pins),
      pins,
      transport,
      log: ledger,
      clock,
      random,
      retry: retryPolicy,
      timeouts: config.timeouts,
      replyBytes: config.limits.replyBytes,
    }),
  );
  return {
    handler,
    identify: identifyBy(keys),
    open: keys.size === 0,
    clock,
    random,
    listModels: () => models.all(),
    unready: () => {
      const { losing, trouble } = ledger.health();
      return losing ? (trouble ?? "the ledger is losing rows") : undefined;
    },
    ledgerHealth: () => ledger.health(),
    flush: async () => {
      await Promise.all([ledger.flush(), pins.flush()]);
    },
    close: async () => {
      await transport.close();
      await Promise.all([ledger.close(), pins.close()]);
    },
  };
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
