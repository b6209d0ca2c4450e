import { configFlag, type Definition, examples, wantsJson, wholeNumber, withFormat } from "./command.ts";

/** `tail`. */
export const tail: Definition = (polygate, { ports, run }) => {
  withFormat(
    polygate
      .command("tail")
      .description("show calls as they end, one line per attempt, until told to stop")
      .option(...configFlag)
      .option("--key <id>", "only calls of this key")
      .option("--model <text>", "only models whose name has this in it, as asked for or as served")
      .option("--errors", "only what failed", false)
      .option("-n, --lines <count>", "begin with so many of the latest", wholeNumber(0, 1000), 10),
  )
    .addHelpText(
      "after",
      examples(
        ["polygate tail", "the last ten, then each as it ends"],
        ["polygate tail --errors", "only what fails"],
        ["polygate tail --json -n 0 | jq -c '{callId, costNano}'", "one line of JSON per attempt"],
      ),
    )
    .action(async (flags) =>
      run(
        (async () => {
          const { dataFolder } = await import("../data-folder.ts");
          const { dataDir } = await dataFolder(ports, flags.config);
          const { tailCommand } = await import("../tail.ts");
          const { key, model, errors, lines } = flags;
          return tailCommand({ dataDir, filter: { key, model, errors }, lines, json: wantsJson(flags, ports), ports });
        })(),
      ),
    );
};
