import type { Clock } from "../canonical/ports.ts";
import { createLog, type ProcessLog } from "./log.ts";
import { type LogFormat, logSettings } from "./log-settings.ts";
import { Redactor } from "./redact.ts";

/** The log of this process, on stderr, and the redactor in front of it. `said` is the configuration's `log`. */
export function openProcessLog(
  said: Parameters<typeof logSettings>[0],
  variables: Parameters<typeof logSettings>[1],
  clock: Clock,
): { readonly log: ProcessLog; readonly redactor: Redactor; readonly format: LogFormat } {
  const { stderr } = process;
  const { level, format, puzzled } = logSettings(said, variables, stderr.isTTY);
  const redactor = new Redactor();
  const colours = stderr.isTTY && stderr.hasColors();
  const log = createLog({ level, format, target: stderr, clock, redact: redactor.redact, colours });
  if (puzzled !== undefined) log.warn("log_settings", { message: puzzled });
  return { log, redactor, format };
}
