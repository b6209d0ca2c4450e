import { Command, CommanderError, InvalidArgumentError } from "commander";
import { loadConfig } from "../config/load.ts";
import { ConfigError } from "../config/problems.ts";
import { closing } from "../config/suggest.ts";
import { callShowCommand } from "./call.ts";
import { checkConfigCommand } from "./check-config.ts";
import { explainFailure } from "./failure.ts";
import type { Ports } from "./ports.ts";
import { simulateCommand } from "./simulate.ts";
import { startCommand } from "./start.ts";
import { usageCommand } from "./usage.ts";

const help = `
Examples:
  polygate                                   start on http://127.0.0.1:4000 with what is found
  polygate start --config prod.yaml          start with a configuration
  polygate start --port 8080                 the port is taken? take another
  polygate usage --since 7d --by key         who used what this week
  polygate call show call_0193…              what became of one call, and what of it was lost
  polygate simulate --port 9000              a provider without a model, for tests

Point an SDK at it:
  OPENAI_BASE_URL=http://127.0.0.1:4000/v1   models are named provider/model, e.g. openai/gpt-4.1-mini
  ANTHROPIC_BASE_URL=http://127.0.0.1:4000
  GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:4000
`;

/** Runs one command line (without the program's name). Resolves to the exit code. */
export async function runCli(argv: readonly string[], ports: Ports): Promise<number> {
  let code = 0;
  const ended = async (command: Promise<number> | number): Promise<void> => {
    code = await command;
  };
  const polygate = program(ports, ended);
  const [first] = argv;
  const commands = ["help", ...polygate.commands.map((command) => command.name())];
  // `start` being the default, commander would take a misspelt command for an argument of it.
  if (first !== undefined && !first.startsWith("-") && !commands.includes(first)) {
    ports.err(`There is no command ${JSON.stringify(first)}${closing(first, commands)} Known: ${commands.join(", ")}.`);
    return 2;
  }
  try {
    await polygate.parseAsync([...argv], { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode;
    const sentences = explainFailure(thrown);
    if (sentences === undefined) throw thrown;
    for (const sentence of sentences) ports.err(sentence);
    return thrown instanceof ConfigError ? 2 : 1;
  }
}

function program(ports: Ports, ended: (command: Promise<number> | number) => Promise<void>): Command {
  const polygate = new Command("polygate")
    .description("One gateway for every AI model: keep your SDK, change one base URL, get exact books.")
    .version(ports.version, "-v, --version")
    .addHelpText("after", help)
    .showSuggestionAfterError()
    .showHelpAfterError("(polygate --help shows how)")
    .exitOverride()
    .configureOutput({ writeOut: (text) => ports.out(text.trimEnd()), writeErr: (text) => ports.err(text.trimEnd()) });
  const configFlag = ["-c, --config <file>", "configuration (default: $POLYGATE_CONFIG, then ./polygate.yaml)"] as const;

  polygate
    .command("start", { isDefault: true })
    .description("serve until told to stop (the default command)")
    .option(...configFlag)
    .option("--host <host>", "address to listen on (default: the configuration's, else 127.0.0.1)")
    .option(
      "-p, --port <port>",
      "port to listen on (default: the configuration's, else 4000; 0: any free one)",
      wholeNumber(65_535),
    )
    .option("--no-discover", "without a configuration, do not look for Ollama and LM Studio on this machine")
    .action(async (options) => ended(startCommand(options, ports)));

  polygate
    .command("check-config")
    .description("read and check the configuration, start nothing")
    .option(...configFlag)
    .action(async (options) => ended(checkConfigCommand(options, ports)));

  polygate
    .command("usage")
    .description("print what was used, from the ledger")
    .option(...configFlag)
    .option("--since <span>", "how far back: 30m, 24h, 7d", "24h")
    .option("--by <what>", "model, provider or key", "model")
    .option("--json", "as JSON", false)
    .action(async ({ config, since, by, json }) => ended(usage(ports, config, { since, by, json })));

  polygate
    .command("call")
    .description("look at single calls in the ledger")
    .command("show <id>")
    .description("print a call's attempts and what of it was lost, where and why (the id is in x-polygate-call-id)")
    .option(...configFlag)
    .option("--json", "as JSON", false)
    .action(async (id, { config, json }) =>
      ended(callShowCommand({ id, json, dataDir: dataDirOf(ports, config), out: (line) => ports.out(line) })),
    );

  polygate
    .command("simulate")
    .description("run a provider without a model: for tests, CI and trying things out")
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("-p, --port <port>", "port to listen on (0: any free one)", wholeNumber(65_535), 4001)
    .option("--pace <ms>", "milliseconds between the events of a stream", wholeNumber(60_000), 0)
    .option("--journal <file>", "write what it received and served, one JSON line per call")
    .option("--replay <path>", "a recorded exchange or a directory of them, served by model recording:<id>")
    .option("--specs <dir>", "official specifications that requests are checked against")
    .option("--seed <text>", "what its made-up values depend on")
    .option("--list", "show its models and faults, start nothing", false)
    .action(async (options) => ended(simulateCommand(options, ports)));

  return polygate;
}

interface UsageFlags {
  readonly since: string;
  readonly by: string;
  readonly json: boolean;
}

function usage(ports: Ports, config: string | undefined, flags: UsageFlags): Promise<number> {
  return usageCommand({ ...flags, dataDir: dataDirOf(ports, config), out: (line) => ports.out(line), nowMs: ports.wall() });
}

function dataDirOf(ports: Ports, config: string | undefined): string {
  const { env, cwd, known } = ports;
  return loadConfig({ argvPath: config, env, cwd, readFile: (path) => ports.readFile(path), known }).dataDir;
}

const wholeNumber =
  (most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${most}.`);
  };
