/** What a line of the log says besides its event. Numbers are plain; durations in milliseconds are named `…_ms`. */
export interface LogFields {
  readonly [name: string]: string | number | boolean | undefined;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * The program's log: one event, one line. `event` is a stable name in snake_case that operators may search for; what varies
 * goes into the fields. No method waits or throws; a line that cannot be written is dropped and counted.
 */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Whether lines of this level are written at all: for those whose fields are not to be had for nothing. */
  enabled(level: LogLevel): boolean;
}

/** Takes secrets out of a text before it goes anywhere. Never throws; the text itself where there is nothing to take out. */
export type Redact = (text: string) => string;
