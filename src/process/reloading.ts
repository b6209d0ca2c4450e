import { hash } from "node:crypto";
import type { Gateway } from "../compose.ts";
import type { Config } from "../config/config.ts";
import { keepLastKnownGood } from "../config/last-known-good.ts";
import type { ConfigText } from "../config/load.ts";
import { needsRestart } from "../config/needs-restart.ts";
import { Reloader } from "../config/reloader.ts";
import { refuseAdminKey, refuseOpening, type SettingsSource } from "./settings-source.ts";

export interface ReloadingOptions {
  readonly gateway: Pick<Gateway, "apply" | "current" | "clock">;
  /** What the gateway was started with. */
  readonly started: Config;
  readonly source: SettingsSource;
  readonly admin: { matches(presented: string): boolean };
  readonly onTrouble: (message: string) => void;
}

/** Keeps a running gateway in step with its configuration's file, not watching yet. */
export function reloading({ gateway, started, source, admin, onTrouble }: ReloadingOptions): Reloader {
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
    clock: gateway.clock,
    inForce: source.inForce,
    instead: source.instead,
    read: () => source.read(),
    apply: (text) => {
      const settings = source.settings(text);
      refuseOpening(started, gateway.current().config, settings.config);
      refuseAdminKey(settings.config, admin);
      gateway.apply(settings);
      keep(text);
      return needsRestart(started, settings.config);
    },
    digest: (text) => hash("sha256", text, "hex").slice(0, 16),
    onAttempt: onTrouble,
  });
}
