import { type Definition, examples, wholeNumber } from "./command.ts";

/** `simulate`. */
export const simulate: Definition = (polygate, { ports, run }) => {
  polygate
    .command("simulate")
    .description("run a provider without a model: for tests, CI and trying things out")
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("-p, --port <port>", "port to listen on (0: any free one)", wholeNumber(0, 65_535), 4001)
    .option("--pace <ms>", "milliseconds between the events of a stream", wholeNumber(0, 60_000), 0)
    .option("--journal <file>", "write what it received and served, one JSON line per call")
    .option("--replay <path>", "a recorded exchange or a directory of them, served by model recording:<id>")
    .option("--specs <dir>", "official specifications that requests are checked against")
    .option("--seed <text>", "what its made-up values depend on")
    .option("--list", "show its models and faults, start nothing", false)
    .addHelpText(
      "after",
      examples(
        ["polygate simulate --port 9000", "OpenAI, Anthropic and Gemini at http://127.0.0.1:9000"],
        ["polygate simulate --list", "its models, and the faults it can make"],
      ),
    )
    .action(async (options) => run((await import("../simulate.ts")).simulateCommand(options, ports)));
};
