import { configFlag, type Definition, examples, wantsJson, wholeNumber, withFormat } from "./command.ts";

/** `call list` and `call show`. */
export const call: Definition = (polygate, { ports, run }) => {
  const parent = polygate
    .command("call")
    .description("look at single calls in the ledger")
    .addHelpText(
      "after",
      examples(
        ["polygate call list --errors", "what failed in the last 24 hours"],
        ["polygate call show call_0193…", "what became of one call"],
      ),
    );

  withFormat(
    parent
      .command("list")
      .description("print the latest calls, the newest first")
      .option(...configFlag)
      .option("--since <when>", "how far back (30m, 24h, 7d), or from when on (2026-11-01, 2026-11-01T08:00)", "24h")
      .option("--key <id>", "only calls of this key")
      .option("--model <text>", "only models whose name has this in it, as asked for or as served")
      .option("--errors", "only calls that failed", false)
      .option("-n, --limit <count>", "at most so many", wholeNumber(1, 10_000), 20),
  )
    .addHelpText(
      "after",
      examples(
        ["polygate call list", "the last 20 calls"],
        ["polygate call list --errors --since 1h", "what failed within the hour"],
        ["polygate call list --key dev --model claude -n 100 --json", "for programs"],
      ),
    )
    .action(async (flags) =>
      run(
        (async () => {
          const { dataFolder } = await import("../data-folder.ts");
          const { dataDir } = await dataFolder(ports, flags.config);
          const { callListCommand } = await import("../call-list.ts");
          const { since, key, model, errors, limit } = flags;
          return callListCommand({ dataDir, since, key, model, errors, limit, json: wantsJson(flags, ports), ports });
        })(),
      ),
    );

  withFormat(
    parent
      .command("show <id>")
      .description("print a call's attempts and what of it was lost, where and why (the id is in x-polygate-call-id)")
      .option(...configFlag),
  )
    .addHelpText("after", examples(["polygate call show call_0193…", "what became of one call"]))
    .action(async (id, flags) =>
      run(
        (async () => {
          const { dataFolder } = await import("../data-folder.ts");
          const { dataDir } = await dataFolder(ports, flags.config);
          const { callShowCommand } = await import("../call.ts");
          return callShowCommand({ id, dataDir, json: wantsJson(flags, ports), ports });
        })(),
      ),
    );
};
