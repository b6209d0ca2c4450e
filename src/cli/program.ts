import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/problems.ts";
import { closing } from "../config/suggest.ts";
import type { Cli } from "./commands/command.ts";
import { definitions } from "./commands/index.ts";
import { explainFailure, Misuse } from "./failure.ts";
import type { Ports } from "./ports.ts";

const help = `
Point an SDK at it:
  OPENAI_BASE_URL=http://127.0.0.1:4000/v1   models are named provider/model, e.g. openai/gpt-4.1-mini
  ANTHROPIC_BASE_URL=http://127.0.0.1:4000
  GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:4000

Examples:
  polygate                               start on http://127.0.0.1:4000 with what is found
  polygate serve --port 8080             the port is taken? take another
  polygate usage --since 7d --by key     who used what this week

polygate COMMAND --help tells more about each. Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong.
`;

/** Runs one command line (without the program's name). Resolves to the exit code: 0 done, 1 failed, 2 misused or misconfigured. */
export async function runCli(argv: readonly string[], ports: Ports): Promise<number> {
  let code = 0;
  const run = async (work: Promise<number> | number): Promise<void> => {
    code = await work;
  };
  const polygate = program({ ports, run });
  const [first] = argv;
  const names = polygate.commands.map((command) => command.name());
  // `serve` being the default, commander would take a misspelt command for an argument of it.
  if (first !== undefined && !first.startsWith("-") && first !== "help" && !names.includes(first)) {
    const shown = [
      "help",
      ...polygate
        .createHelp()
        .visibleCommands(polygate)
        .map((command) => command.name()),
    ];
    const known = [...new Set(shown)];
    ports.err(`There is no command ${JSON.stringify(first)}${closing(first, known)} Known: ${known.join(", ")}.`);
    return 2;
  }
  try {
    await polygate.parseAsync([...argv], { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const sentences = explainFailure(thrown);
    if (sentences === undefined) throw thrown;
    for (const sentence of sentences) ports.err(sentence);
    return thrown instanceof ConfigError || thrown instanceof Misuse ? 2 : 1;
  }
}

/** The tree of commands. */
export function program(cli: Cli): Command {
  const { ports } = cli;
  const polygate = new Command("polygate")
    .description("One gateway for every AI model: keep your SDK, change one base URL, get exact books.")
    .version(ports.version, "-v, --version")
    .addHelpText("after", help)
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help to see how)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => ports.out(text.trimEnd()),
      writeErr: (text) => ports.err(text.trimEnd()),
      getOutHelpWidth: () => (ports.terminal.out ? ports.terminal.columns : 110),
    });
  for (const define of definitions) define(polygate, cli);
  return polygate;
}
