import type { Settings } from "../compose.ts";
import type { Config } from "../config/config.ts";
import type { ConfigText } from "../config/load.ts";
import { isLoopback } from "../config/loopback.ts";
import { ConfigError, type Problem } from "../config/problems.ts";
import type { ConfigSource } from "./contract.ts";

/** Where a gateway's configuration comes from, now and later. */
export interface SettingsSource {
  /** What it was started with. */
  readonly inForce: ConfigText;
  /** Why that is not what the file says: it is the last text that was good. */
  readonly instead?: readonly string[] | undefined;
  /** What stands in the files now. Throws ConfigError. */
  read(): ConfigText;
  /** Checks a text, and resolves what it names. Throws ConfigError or ProviderError. */
  settings(text: ConfigText): Settings;
}

/** Throws ProviderError. */
export type Resolve = (config: Config) => Settings["providers"];

/** The command line's source with the providers resolved. */
export function settingsSource(source: ConfigSource, resolve: Resolve): SettingsSource {
  const settingsOf = (config: Config): Settings => ({ config, providers: resolve(config) });
  return {
    inForce: source.inForce,
    instead: source.instead,
    read: () => source.read(),
    settings: (text) => {
      const config = source.parse(text);
      const said = settingsOf(config);
      const settings = said.providers.size > 0 ? said : settingsOf({ ...config, providers: source.recipe.fallback });
      source.check(settings.config, [...settings.providers.values()]);
      return settings;
    },
  };
}

/**
 * What a configuration may not do to a gateway that runs, however good it is for one that starts. Throws ConfigError.
 * @param started the configuration that the gateway was started with, whose address it keeps
 */
export function refuseOpening(started: Config, inForce: Config, next: Config): void {
  if (next.keys.length > 0 || inForce.keys.length === 0) return;
  const whom = isLoopback(started.server.host) ? "every program on this machine" : "everybody who can reach it";
  throw new ConfigError([
    {
      file: next.file,
      message: `no keys are left, which would open the running gateway to ${whom}; if that is meant, restart it`,
    },
  ]);
}

/** The admin key opens the operator's routes alone. Throws ConfigError where it is a caller's key as well. */
export function refuseAdminKey({ keys, file }: Config, admin: { matches(presented: string): boolean }): void {
  const problems = keys.flatMap(({ id, secret }): readonly Problem[] =>
    admin.matches(secret.reveal())
      ? [{ file, message: `the key ${JSON.stringify(id)} is the admin key, too; give it a secret of its own` }]
      : [],
  );
  if (problems.length > 0) throw new ConfigError(problems);
}
