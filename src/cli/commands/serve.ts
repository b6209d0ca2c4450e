import { configFlag, type Definition, examples, wholeNumber } from "./command.ts";

/** `serve`, which is also what `polygate` alone does, and its old name. */
export const serve: Definition = (polygate, { ports, run }) => {
  for (const name of ["serve", "start"] as const) {
    polygate
      .command(name, { isDefault: name === "serve", hidden: name === "start" })
      .description("serve until told to stop (the default command)")
      .option(...configFlag)
      .option("--host <host>", "address to listen on (default: the configuration's, else 127.0.0.1)")
      .option(
        "-p, --port <port>",
        "port to listen on (default: the configuration's, else 4000; 0: any free one)",
        wholeNumber(0, 65_535),
      )
      .option(
        "--workers <count>",
        "processes that serve; auto: one for each core (default: the configuration's, else 1)",
        workers,
      )
      .option("--last-known-good", "where the configuration is bad, start with the last good copy of it")
      .option("--no-discover", "without a configuration, do not look for Ollama and LM Studio on this machine")
      .addHelpText(
        "after",
        examples(
          ["polygate", "on http://127.0.0.1:4000 with what is found"],
          ["polygate serve --config prod.yaml", "with a configuration"],
          ["polygate serve --port 8080", "the port is taken? take another"],
        ),
      )
      .action(async (options) => run((await import("../start.ts")).startCommand(options, ports)));
  }
};

const workers = (text: string): number | "auto" => (text === "auto" ? text : wholeNumber(1, 256)(text));
