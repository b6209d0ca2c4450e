import pino from "pino";
import type { Log, LogFields, LogLevel, Redact } from "../canonical/log.ts";
import type { Clock } from "../canonical/ports.ts";
import { LogSampler, type SamplerLimits } from "./log-sampler.ts";
import type { LogSettings } from "./log-settings.ts";
import { LogSink, type LogTarget } from "./log-sink.ts";
import { capped, plainJson } from "./log-text.ts";
import { prettyLine } from "./pretty-line.ts";

export interface LogOptions extends Pick<LogSettings, "level" | "format"> {
  readonly target: LogTarget;
  readonly clock: Clock;
  /** Stands before every line. */
  readonly redact: Redact;
  /** Of the pretty format. */
  readonly colours?: boolean | undefined;
  readonly limits?: Partial<SamplerLimits> | undefined;
  /** See LogSink. */
  readonly mostWaiting?: number | undefined;
}

/** In lines since the start. */
export interface LogCounts {
  readonly written: number;
  /** Lost because nobody reads them. */
  readonly dropped: number;
  /** Left out because they said what others said. */
  readonly suppressed: number;
}

export interface ProcessLog extends Log {
  counts(): LogCounts;
}

/** A line as it goes out, newline included. Its fields are fit to be shown. */
type WriteLine = (level: LogLevel, event: string, fields: LogFields) => string;

const rank = { debug: 20, info: 30, warn: 40, error: 50, silent: 100 } as const satisfies {
  [level in LogSettings["level"]]: number;
};

/**
 * The log of a process. Every value is freed of secrets and capped at 4 KB, every line is one line of whatever format;
 * floods are thinned out; a reader that does not read is never waited for.
 */
export function createLog(options: LogOptions): ProcessLog {
  return new LineLog(options);
}

class LineLog implements ProcessLog {
  readonly #least: number;
  readonly #clock: Clock;
  readonly #redact: Redact;
  readonly #sampler: LogSampler;
  readonly #sink: LogSink;
  readonly #line: WriteLine;
  #timing = false;

  constructor({ level, format, target, clock, redact, colours, limits, mostWaiting }: LogOptions) {
    this.#least = rank[level];
    this.#clock = clock;
    this.#redact = redact;
    this.#sampler = new LogSampler(clock, limits);
    this.#sink = new LogSink({ target, clock, mostWaiting });
    this.#line = format === "json" ? jsonLines(clock) : (...given) => prettyLine(clock.wall(), colours === true, ...given);
  }

  debug(event: string, fields?: LogFields): void {
    if (this.#least <= rank.debug) this.#write("debug", event, fields ?? {});
  }

  info(event: string, fields?: LogFields): void {
    if (this.#least <= rank.info) this.#write("info", event, fields ?? {});
  }

  warn(event: string, fields?: LogFields): void {
    if (this.#least <= rank.warn) this.#sampled("warn", event, fields ?? {});
  }

  error(event: string, fields?: LogFields): void {
    if (this.#least <= rank.error) this.#sampled("error", event, fields ?? {});
  }

  enabled(level: LogLevel): boolean {
    return this.#least <= rank[level];
  }

  counts(): LogCounts {
    return { written: this.#sink.written, dropped: this.#sink.dropped, suppressed: this.#sampler.suppressed };
  }

  #sampled(level: "warn" | "error", event: string, fields: LogFields): void {
    if (this.#sampler.admit(event, String(fields["message"] ?? fields["code"] ?? ""))) this.#write(level, event, fields);
    else if (!this.#timing) this.#reportLater();
  }

  #reportLater(): void {
    this.#timing = true;
    this.#clock.after(this.#sampler.intervalMs, () => {
      this.#timing = false;
      for (const { event, message, count } of this.#sampler.takeRepeated())
        this.#write("warn", "repeated", { of: event, message, count });
    });
  }

  #write(level: LogLevel, event: string, fields: LogFields): void {
    this.#sink.write(this.#line(level, event, this.#clean(fields)), (missed) =>
      this.#line("warn", "log_lines_lost", { count: missed, message: "Nobody read the log, so lines were lost." }),
    );
  }

  #clean(fields: LogFields): LogFields {
    const clean: { [name: string]: LogFields[string] } = {};
    for (const name in fields) {
      const value = fields[name];
      if (typeof value === "string")
        clean[name] = capped(this.#redact((value.length > mostRead ? value.slice(0, mostRead) : value).toWellFormed()));
      else if (value !== undefined) clean[name] = value;
    }
    return clean;
  }
}

/** Of a field: what goes out is less, and what is cut here is behind that. */
const mostRead = 16_384;

function jsonLines(clock: Clock): WriteLine {
  let line = "";
  const logger = pino(
    {
      base: null,
      level: "debug",
      timestamp: () => `,"time":"${new Date(clock.wall()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (text: string) => {
        line = text;
      },
    },
  );
  return (level, event, fields) => {
    logger[level]({ event, ...fields });
    return plainJson(line);
  };
}
