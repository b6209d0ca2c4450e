import type { LogLevel } from "../canonical/log.ts";

export type LogFormat = "json" | "pretty";

export interface LogSettings {
  readonly level: LogLevel | "silent";
  readonly format: LogFormat;
  /** What of the environment was not understood, in a sentence. */
  readonly puzzled?: string | undefined;
}

interface Variables {
  get(name: string): string | undefined;
}

interface Said {
  /** The configuration's `log.level`. */
  readonly level?: LogSettings["level"] | undefined;
  /** The configuration's `log.format`. */
  readonly format: LogFormat | "auto";
}

/** As the world's loggers call them. */
const levels: ReadonlyMap<string, LogSettings["level"]> = new Map([
  ["trace", "debug"],
  ["debug", "debug"],
  ["verbose", "debug"],
  ["info", "info"],
  ["notice", "info"],
  ["warn", "warn"],
  ["warning", "warn"],
  ["error", "error"],
  ["critical", "error"],
  ["fatal", "error"],
  ["silent", "silent"],
  ["none", "silent"],
  ["off", "silent"],
]);

const levelVariables = ["POLYGATE_LOG_LEVEL", "DELOS_LOG_LEVEL"];
const stageVariables = ["POLYGATE_ENV", "DELOS_ENV", "NODE_ENV"];

/**
 * How much the log says and how. The level: the configuration's, else POLYGATE_LOG_LEVEL, else DELOS_LOG_LEVEL, else `debug` where
 * POLYGATE_ENV, DELOS_ENV or NODE_ENV (the first that is set) says `development`, else `info`. The format: the configuration's,
 * else POLYGATE_LOG_FORMAT, else pretty on a terminal and JSON elsewhere.
 */
export function logSettings(said: Said, variables: Variables, onTerminal: boolean): LogSettings {
  const puzzled: string[] = [];
  const level = said.level ?? levelFrom(variables, puzzled) ?? (isDevelopment(variables) ? "debug" : "info");
  const format = said.format === "auto" ? formatFrom(variables, puzzled) : said.format;
  return {
    level,
    format: format ?? (onTerminal ? "pretty" : "json"),
    ...(puzzled.length > 0 && { puzzled: puzzled.join(" ") }),
  };
}

function levelFrom(variables: Variables, puzzled: string[]): LogSettings["level"] | undefined {
  for (const name of levelVariables) {
    const value = variables.get(name);
    if (value === undefined) continue;
    const level = levels.get(value.trim().toLowerCase());
    if (level !== undefined) return level;
    puzzled.push(`${name} is none of debug, info, warn, error and silent.`);
  }
  return undefined;
}

function formatFrom(variables: Variables, puzzled: string[]): LogFormat | undefined {
  const value = variables.get("POLYGATE_LOG_FORMAT")?.trim().toLowerCase();
  if (value === undefined || value === "auto") return undefined;
  if (value === "json" || value === "pretty") return value;
  puzzled.push("POLYGATE_LOG_FORMAT is none of json, pretty and auto.");
  return undefined;
}

function isDevelopment(variables: Variables): boolean {
  const name = stageVariables.find((one) => variables.get(one) !== undefined);
  return name !== undefined && /^dev(?:elopment)?$/i.test(variables.get(name)?.trim() ?? "");
}
