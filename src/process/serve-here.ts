import { toGatewayError } from "../canonical/error.ts";
import type { InvariantError } from "../canonical/invariant.ts";
import { exitCodes } from "../cli/exit-codes.ts";
import type { ConfigSource, Running } from "../cli/ports.ts";
import type { Settings } from "../compose.ts";
import type { RunningGateway } from "../server.ts";
import { serve } from "../server.ts";
import { failureFields } from "../telemetry/failure-fields.ts";
import { openProcessLog } from "../telemetry/process-log.ts";
import { systemClock } from "../transport/clock.ts";
import { catchFaults } from "./faults.ts";
import { onHangUp } from "./hang-up.ts";
import type { SettingsSource } from "./settings-source.ts";

export interface ServeHereOptions extends Settings {
  readonly source: ConfigSource;
  /** Throws ProviderError. */
  readonly resolve: (config: Settings["config"]) => Settings["providers"];
  readonly version: string;
}

/** Serves in this very process, which it takes charge of: its log, the signal to reload, faults that nobody caught. */
export async function serveHere(options: ServeHereOptions): Promise<Running> {
  const { config, providers, version } = options;
  const { log, redactor, format } = openProcessLog(config.log, config.environment, systemClock);
  const onTrouble = (message: string): void => log.warn("trouble", { message });
  let running: RunningGateway | undefined;
  const onBroken = (broken: InvariantError): void => {
    log.error("invariant_broken", { message: broken.message, exit_code: exitCodes.broken });
    const end = (): never => process.exit(exitCodes.broken);
    systemClock.after(lastRowsMs, end);
    void running?.gateway.flush().then(end, end);
  };
  let faults = 0;
  const forgetFaults = catchFaults({
    fail: (thrown) => running?.fail(thrown),
    tell: (thrown, callId) => {
      faults++;
      log.error("uncaught", failureFields(callId ?? "none", toGatewayError(thrown)));
    },
    onBroken,
  });
  try {
    running = await serve({ config, providers, version, log, redactor, onTrouble, onBroken, source: settingsSource(options) });
  } catch (thrown) {
    forgetFaults();
    throw thrown;
  }
  const { address, gateway, adminKey, reload, close } = running;
  gateway.telemetry.metrics?.add([
    { name: "polygate_uncaught_total", help: "Faults that no call's code caught.", kind: "counter", read: () => faults },
  ]);
  const forgetHangUp = onHangUp(() => void reload("signal"));
  // Who sits at the terminal is told on stdout.
  if (format === "json") log.info("listening", { address, version });
  return {
    address,
    adminKey: adminKey.file === undefined ? "POLYGATE_ADMIN_KEY" : `${adminKey.file}${adminKey.made ? " (made just now)" : ""}`,
    listModels: () => gateway.listModels(),
    ...(format === "json" && { note: (event: string, message: string) => log.info(event, { message }) }),
    close: async (drainMs, windowMs) => {
      forgetHangUp();
      const cut = await close(drainMs, windowMs);
      forgetFaults();
      return cut;
    },
  };
}

/** For the books, when the process is about to end without a drain. */
const lastRowsMs = 1000;

export function settingsSource({ source, resolve }: Pick<ServeHereOptions, "source" | "resolve">): SettingsSource {
  const { inForce, instead } = source;
  return {
    inForce,
    instead,
    read: () => source.read(),
    settings: (text) => {
      const said = source.parse(text);
      const found = resolve(said);
      const settings = found.size > 0 ? { config: said, providers: found } : fallen({ ...said, providers: source.fallback });
      source.check(settings.config, [...settings.providers.values()]);
      return settings;
    },
  };

  function fallen(config: Settings["config"]): Settings {
    return { config, providers: resolve(config) };
  }
}
