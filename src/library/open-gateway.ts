import { compose } from "../compose.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/problems.ts";
import { openCaller } from "../identity/keys.ts";
import { resolveProviders } from "../providers/index.ts";
import { ProviderError } from "../providers/resolve.ts";
import type { Gateway } from "./gateway.ts";
import { LiveGateway } from "./live-gateway.ts";
import type { GatewayOptions } from "./options.ts";
import { readSettings } from "./settings.ts";

/** See createGateway. Everything that it loads is loaded with this module. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const config = readSettings(options);
  const { key, onTrouble = () => {} } = options;
  // Keys are for those who come from outside; who holds this object is inside.
  const keys = key === undefined ? [] : config.keys.filter(({ secret }) => secret.reveal() === key);
  if (key !== undefined && keys.length === 0)
    throw new ConfigError([{ message: "key: no key of the configuration has this secret" }]);
  // Nobody could read its metrics: it has no route.
  const settled: Config = { ...config, keys, observe: { ...config.observe, metrics: "off" } };
  const core = await compose({
    config: settled,
    providers: providersOf(settled),
    onTrouble,
    yields: true,
  });
  const caller = key === undefined ? openCaller : core.current().identify(key);
  const losses = (caller.kind === "key" ? caller.losses : undefined) ?? settled.strict;
  return new LiveGateway(core, {
    caller,
    clock: core.clock,
    random: core.random,
    losses,
    totalMs: settled.timeouts.totalMs,
  });
}

function providersOf({ providers, environment }: Config): ReturnType<typeof resolveProviders> {
  try {
    return resolveProviders(providers, environment);
  } catch (thrown) {
    throw thrown instanceof ProviderError ? new ConfigError([{ message: thrown.message }]) : thrown;
  }
}
