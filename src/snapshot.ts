import type { Call } from "./canonical/call.ts";
import type { Clock, Random } from "./canonical/ports.ts";
import type { Handler } from "./canonical/reply.ts";
import type { Config } from "./config/config.ts";
import type { AnswerStore } from "./conversations/answer-store.ts";
import type { PinStore } from "./conversations/pin-store.ts";
import type { TurnStore } from "./conversations/turn-store.ts";
import { chain } from "./gateway.ts";
import { KeyRing } from "./identity/keys.ts";
import type { LedgerWriter } from "./ledger/attempt-log.ts";
import { authenticate, type Identify, identifyBy } from "./policy/authenticate.ts";
import { guard } from "./policy/guard/guard.ts";
import { keepAnswers } from "./policy/keep-answers.ts";
import { keepParts } from "./policy/keep-parts.ts";
import { mediaUrls } from "./policy/media-urls.ts";
import { retiredModels } from "./policy/retired-models.ts";
import { validateOutput } from "./policy/validate-output.ts";
import type { EgressGuard, WaysOut } from "./providers/egress-guard.ts";
import type { ConfiguredProvider } from "./providers/index.ts";
import { withSafety } from "./providers/safety.ts";
import { dispatch } from "./router/dispatch.ts";
import type { InlineMedia } from "./router/inline-media.ts";
import { ModelList } from "./router/list-models.ts";
import { planner } from "./router/plan.ts";
import { retryPolicy } from "./router/retry.ts";
import { withPrices } from "./router/with-prices.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import type { HttpTransport } from "./transport/http-transport.ts";
import { references } from "./wires/openai-responses/references.ts";

/** A configuration, and the providers that were resolved from it. */
export interface Settings {
  readonly config: Config;
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
}

/** What outlives configurations: opened once, closed with the gateway. */
export interface Standing {
  /** Told of what the operator should know, in sentences. */
  readonly onTrouble: (message: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: LedgerWriter;
  readonly pins: PinStore;
  readonly telemetry: Telemetry;
  readonly transport: HttpTransport;
  readonly egress: EgressGuard;
  readonly answers: AnswerStore;
  readonly turns: TurnStore;
}

/**
 * Everything that follows from one configuration. Immutable; a call keeps the one that was in force when it came, so that no
 * call is served by halves of two.
 */
export interface Snapshot extends Settings {
  readonly handler: Handler;
  readonly identify: Identify;
  /** No keys are configured. */
  readonly open: boolean;
  readonly models: ModelList;
}

const inlining = ({ fetch, maxBytes, timeoutMs }: Config["media"], { fetcher }: WaysOut): InlineMedia | undefined =>
  fetch === "never" ? undefined : { get: (asked) => fetcher.get(asked), maxBytes, totalMs: timeoutMs };

/** Builds a snapshot: the policies in their order, around dispatch. Opens nothing, so a snapshot that is not used costs nothing. */
export function snapshot({ config, providers: configured }: Settings, standing: Standing): Snapshot {
  const { onTrouble, clock, random, ledger, pins, telemetry, transport, egress, answers, turns } = standing;
  const keys = new KeyRing(
    config.keys.map(({ id, secret, labels, strict }) => ({ id, secret: secret.reveal(), labels, losses: strict })),
  );
  const own = new Map(config.providers.flatMap(({ name, prices }) => (prices === undefined ? [] : [[name, prices]])));
  const providers = withSafety(withPrices(configured, own), config.guards);
  const secrets = [...config.keys.map(({ secret }) => secret), ...[...providers.values()].map(({ credential }) => credential)];
  const ownSecrets = secrets
    .flatMap((secret) => (secret === undefined ? [] : [secret.reveal()]))
    .filter((text) => text.length >= 16);
  const waysOut = egress.waysOut({ providers: configured, allow: config.egress.allow });
  const sender = transport.under(waysOut.towardsProviders);
  const plan = planner(providers, pins, config.aliases);
  const fromInside = async (call: Call): Promise<boolean> => {
    const inside = await Promise.all(plan(call).candidates.map(({ base }) => waysOut.isInside(base)));
    return inside.includes(true);
  };
  const handler = chain(
    telemetry.step,
    authenticate(keys),
    mediaUrls(waysOut.callerUrls, fromInside),
    keepAnswers({ store: answers, references, pins, clock }),
    retiredModels(clock),
    validateOutput,
    guard({ ...config.guards, ownSecrets }, { onTrouble }),
    keepParts(turns),
  )(
    dispatch({
      plan,
      pins,
      transport: sender,
      media: inlining(config.media, waysOut),
      log: telemetry.attempts(ledger),
      redact: telemetry.redactor.redact,
      clock,
      random,
      retry: retryPolicy,
      timeouts: config.timeouts,
      replyBytes: config.limits.replyBytes,
    }),
  );
  return {
    config,
    providers,
    handler,
    identify: identifyBy(keys),
    open: keys.size === 0,
    models: new ModelList(providers, sender, clock),
  };
}
