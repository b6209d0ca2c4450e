import type { Labels, LossPolicy } from "../canonical/call.ts";
import type { Dollars } from "../canonical/rates.ts";
import type { Secret } from "../canonical/secret.ts";
import type { Environment } from "./environment.ts";
import type { EgressOptions } from "./sections/egress.ts";
import type { GuardsOptions } from "./sections/guards.ts";
import type { LogOptions } from "./sections/log.ts";
import type { MediaOptions } from "./sections/media.ts";
import type { ObserveOptions } from "./sections/observe.ts";
import type { Workers } from "./sections/workers.ts";

/*
 * What the operator asked for, checked and complete: every default is filled in, every `${VARIABLE}` resolved, every secret
 * wrapped. Immutable. Durations are milliseconds, sizes are bytes.
 */
export interface Config {
  /** The file it was read from; absent where there was none and the defaults hold. */
  readonly file?: string | undefined;
  /** The process's variables and those of the `.env` file; also whence provider credentials come that no line names. */
  readonly environment: Environment;
  readonly server: ServerOptions;
  /** None: the gateway is open, which is allowed on loopback only. */
  readonly keys: readonly KeyOptions[];
  /** In the order of the file. */
  readonly providers: readonly ProviderOptions[];
  /** Names that callers may use → `provider/model`. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Of calls that do not say so themselves, by keys that have none of their own. */
  readonly strict: LossPolicy;
  /** Absolute path of the directory that holds the ledger. */
  readonly dataDir: string;
  /** Processes that serve, behind one port; `auto` = one for each core. */
  readonly workers: Workers;
  readonly timeouts: TimeoutOptions;
  readonly limits: LimitOptions;
  readonly conversations: ConversationOptions;
  readonly guards: GuardsOptions;
  readonly log: LogOptions;
  readonly observe: ObserveOptions;
  readonly egress: EgressOptions;
  readonly media: MediaOptions;
}

export interface ServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Names, besides those of loopback and `host`, under which callers may address the gateway in their Host header. */
  readonly hosts: readonly string[];
}

export interface KeyOptions {
  readonly id: string;
  readonly secret: Secret;
  readonly labels: Labels;
  readonly strict?: LossPolicy | undefined;
}

export interface ProviderOptions {
  readonly name: string;
  /** A provider that is not built in names the wire it speaks. */
  readonly wire?: string | undefined;
  /** What the provider's own SDK would be given. */
  readonly baseUrl?: string | undefined;
  /** `none`: the provider asks for no credential. Absent: read from the provider's usual variable. */
  readonly apiKey?: Secret | "none" | undefined;
  /** Overrules the built-in row. */
  readonly quirks?: QuirkOptions | undefined;
  /** Dollars per million tokens, by model as the provider names it: over what the catalogue says. */
  readonly prices?: { readonly [model: string]: Dollars } | undefined;
}

/** Where a provider departs from its wire; the meaning of each is told in wires/wire.ts. */
export interface QuirkOptions {
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens" | undefined;
  readonly streamUsage?: boolean | undefined;
  readonly reasoningField?: "reasoning_content" | "reasoning" | undefined;
  readonly reasoningBack?: boolean | undefined;
  readonly signedThinking?: boolean | undefined;
  readonly developerRole?: boolean | undefined;
  readonly schemaOutput?: boolean | undefined;
  readonly drop?: readonly string[] | undefined;
}

/** The four timers of a call towards its provider, and the drain at shutdown. */
export interface TimeoutOptions {
  readonly connectMs: number;
  /** From the request's last byte to the reply's first content. */
  readonly firstTokenMs: number;
  readonly betweenChunksMs: number;
  /** The whole call, retries included. */
  readonly totalMs: number;
  /** How long running calls may finish after the gateway was told to stop. */
  readonly drainMs: number;
  /** So much of it, at its beginning, calls are still taken, while `/readyz` says no: for load balancers that look now and then. */
  readonly drainWindowMs: number;
}

export interface LimitOptions {
  /** Largest request body. */
  readonly bodyBytes: number;
  /** Of all request bodies together whose calls have no reply yet. */
  readonly allBodiesBytes: number;
  /** Largest whole reply of a provider. */
  readonly replyBytes: number;
  /** Calls under way. */
  readonly concurrentCalls: number;
  /** How long work may wait for its turn before calls are turned away; infinite: as long as it takes. */
  readonly lagMs: number;
  /** Open connections of callers. */
  readonly connections: number;
  /** Of one address. */
  readonly connectionsPerAddress: number;
  /** That an address may present in a minute before it is slowed down. */
  readonly wrongKeys: number;
}

export interface ConversationOptions {
  /** How long signed reasoning waits in memory for the results of its tool calls. */
  readonly ttlMs: number;
}
