import { hash } from "node:crypto";
import type { Log } from "../canonical/log.ts";
import type { Clock } from "../canonical/ports.ts";
import type { Settings } from "../compose.ts";
import type { Config } from "../config/config.ts";
import { keepLastKnownGood } from "../config/last-known-good.ts";
import type { ConfigText } from "../config/load.ts";
import { needsRestart } from "../config/needs-restart.ts";
import { Reloader } from "../config/reloader.ts";
import { refuseAdminKey, refuseOpening, type SettingsSource } from "./settings-source.ts";

export interface ReloadingOptions {
  readonly clock: Clock;
  /** What the gateway was started with. */
  readonly started: Config;
  readonly source: SettingsSource;
  readonly admin: { matches(presented: string): boolean };
  /** All or nothing: where it throws, what was in force still is. */
  readonly apply: (settings: Settings, text: ConfigText) => void | Promise<void>;
  /** See ReloaderOptions. */
  readonly onAttempt: (line: string, taken: boolean) => void;
  readonly onTrouble: (message: string) => void;
}

/** What came of a new configuration, as a line of the log. */
export const attemptsIn =
  (log: Log): ReloadingOptions["onAttempt"] =>
  (message, taken) => {
    if (taken) log.info("config_taken", { message });
    else log.warn("config_refused", { message });
  };

/** Keeps a running gateway in step with its configuration's file, not watching yet. */
export function reloading({ clock, started, source, admin, apply, onAttempt, onTrouble }: ReloadingOptions): Reloader {
  let inForce = started;
  const keep = (text: ConfigText): void => {
    try {
      keepLastKnownGood(started.dataDir, text);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      onTrouble(`No copy of the configuration could be kept for --last-known-good: ${reason}.`);
    }
  };
  if (source.instead === undefined) keep(source.inForce);
  return new Reloader({
    clock,
    inForce: source.inForce,
    instead: source.instead,
    read: () => source.read(),
    apply: async (text) => {
      const settings = source.settings(text);
      refuseOpening(started, inForce, settings.config);
      refuseAdminKey(settings.config, admin);
      await apply(settings, text);
      inForce = settings.config;
      keep(text);
      return needsRestart(started, inForce);
    },
    digest: (text) => hash("sha256", text, "hex").slice(0, 16),
    onAttempt,
  });
}
