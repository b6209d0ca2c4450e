import { toGatewayError } from "../canonical/error.ts";
import type { InvariantError } from "../canonical/invariant.ts";
import type { RunningGateway, ServeOptions } from "../server.ts";
import { serve } from "../server.ts";
import { failureFields } from "../telemetry/failure-fields.ts";
import type { ProcessLog } from "../telemetry/log.ts";
import { openProcessLog } from "../telemetry/process-log.ts";
import { systemClock } from "../transport/clock.ts";
import type { ConfigSource, Running } from "./contract.ts";
import { exitCodes } from "./exit-codes.ts";
import { catchFaults } from "./faults.ts";
import { onHangUp } from "./hang-up.ts";
import { type Resolve, settingsSource } from "./settings-source.ts";

/** A gateway in a process that it has to itself. */
export interface Here {
  readonly running: RunningGateway;
  readonly log: ProcessLog;
  readonly format: "json" | "pretty";
  /** Serves to the drain's end; gives how many calls were cut. */
  close(drainMs: number, windowMs: number): Promise<number>;
}

export type HereOptions = Omit<ServeOptions, "log" | "redactor" | "onTrouble" | "onBroken">;

/** Serves in this very process, which it takes charge of: its log, and faults that nobody caught. Throws what `serve` throws. */
export async function runHere(options: HereOptions): Promise<Here> {
  const { config } = options;
  const { log, redactor, format } = openProcessLog(config.log, config.environment, systemClock);
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
    running = await serve({ ...options, log, redactor, onTrouble: (message) => log.warn("trouble", { message }), onBroken });
  } catch (thrown) {
    forgetFaults();
    throw thrown;
  }
  const { gateway, close } = running;
  gateway.telemetry.metrics?.add([
    { name: "polygate_uncaught_total", help: "Faults that no call's code caught.", kind: "counter", read: () => faults },
  ]);
  return {
    running,
    log,
    format,
    close: async (drainMs, windowMs) => {
      const cut = await close(drainMs, windowMs);
      forgetFaults();
      return cut;
    },
  };
}

/** For the books, when the process is about to end without a drain. */
const lastRowsMs = 1000;

export interface ServeHereOptions extends Pick<HereOptions, "config" | "providers"> {
  readonly source: ConfigSource;
  readonly resolve: Resolve;
  readonly version: string;
}

/** Serves as one process that follows its configuration. */
export async function serveHere({ config, providers, version, source, resolve }: ServeHereOptions): Promise<Running> {
  const here = await runHere({ config, providers, version, source: settingsSource(source, resolve) });
  const { log, format, running } = here;
  const { address, gateway, adminKey, reload } = running;
  const forgetHangUp = onHangUp(() => void reload("signal"));
  for (const { id, secret } of config.keys) {
    if (secret.reveal().length < soundLength) {
      log.warn("short_key", {
        message: `The key ${JSON.stringify(id)} is short; ${soundLength} random characters cannot be guessed.`,
      });
    }
  }
  // Who sits at the terminal is told on stdout.
  if (format === "json") log.info("listening", { address, version });
  return {
    address,
    adminKey: whereIs(adminKey),
    listModels: () => gateway.listModels(),
    timeouts: () => gateway.current().config.timeouts,
    ...(format === "json" && { note: (event: string, message: string) => log.info(event, { message }) }),
    close: (drainMs, windowMs) => {
      forgetHangUp();
      return here.close(drainMs, windowMs);
    },
  };
}

/** Characters of a key that nobody need worry about. */
const soundLength = 32;

/** For people. */
export const whereIs = ({ file, made }: RunningGateway["adminKey"]): string =>
  file === undefined ? "POLYGATE_ADMIN_KEY" : `${file}${made ? " (made just now)" : ""}`;
