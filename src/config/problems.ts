/** One thing that is wrong with the configuration, and where. */
export interface Problem {
  readonly file?: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** What is wrong and what to do; never holds a secret. */
  readonly message: string;
}

/** Every problem found, at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(format).join("\n"));
    this.problems = problems;
  }
}

function format({ file, line, column, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return place === "" ? message : `${place}: ${message}`;
}
