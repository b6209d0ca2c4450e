import { type Command, InvalidArgumentError, Option } from "commander";
import type { Config } from "../../config/config.ts";
import type { Ports } from "../ports.ts";

/** What the definition of a command is given. Definitions are light: what a command needs, it imports when it runs. */
export interface Cli {
  readonly ports: Ports;
  /** Takes the exit code that a command's work resolves to. */
  run(work: Promise<number> | number): Promise<void>;
}

/** Adds a command, or several, to its parent. */
export type Definition = (parent: Command, cli: Cli) => void;

/** The end of a command's help: command lines to copy, with what they do. Every command has one to three. */
export function examples(...lines: readonly (readonly [line: string, does: string])[]): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  return `\nExamples:\n${lines.map(([line, does]) => `  ${line.padEnd(width)}   ${does}`).join("\n")}`;
}

export const configFlag = ["-c, --config <file>", "configuration (default: $POLYGATE_CONFIG, then ./polygate.yaml)"] as const;

/** How output is laid out. */
export interface FormatFlags {
  readonly format?: "table" | "json" | undefined;
  readonly json?: boolean | undefined;
}

/** `--format` and its short form. */
export const withFormat = (command: Command): Command =>
  command
    .addOption(new Option("--format <format>", "default: table on a terminal, json in a pipe").choices(["table", "json"]))
    .option("--json", "the same as --format json");

/** Whether JSON is wanted: where nothing was said, in a pipe. */
export const wantsJson = ({ format, json }: FormatFlags, { terminal }: Ports): boolean =>
  json === true || (format === undefined ? !terminal.out : format === "json");

/** Reads the configuration as `serve` would. Throws ConfigError. */
export async function loadFor(ports: Ports, argvPath: string | undefined): Promise<Config> {
  const [{ loadConfig }, { known }] = await Promise.all([import("../../config/load.ts"), ports.engine()]);
  const { env, cwd } = ports;
  return loadConfig({ argvPath, env, cwd, readFile: (path) => ports.readFile(path), known });
}

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
