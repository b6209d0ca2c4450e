import { configFlag, type Definition, examples, wantsJson, withFormat } from "./command.ts";

/** `usage`. */
export const usage: Definition = (polygate, { ports, run }) => {
  withFormat(
    polygate
      .command("usage")
      .description("print what was used and what it cost, from the ledger")
      .option(...configFlag)
      .option("--since <when>", "how far back (30m, 24h, 7d), or from when on (2026-11-01, 2026-11-01T08:00)", "24h")
      .option("--until <when>", "the same, for the end (default: now)")
      .option("--by <what>", "model, provider, key, or label:NAME for a label of your keys", "model"),
  )
    .addHelpText(
      "after",
      examples(
        ["polygate usage --since 7d --by key", "who used what this week"],
        ["polygate usage --by label:team --since 2026-11-01", "what each team has cost since then"],
        ["polygate usage --json | jq .total", "for programs"],
      ),
    )
    .action(async (flags) =>
      run(
        (async () => {
          const { dataFolder } = await import("../data-folder.ts");
          const { dataDir } = await dataFolder(ports, flags.config);
          const { usageCommand } = await import("../usage.ts");
          const { since, until, by } = flags;
          return usageCommand({ dataDir, since, until, by, json: wantsJson(flags, ports), ports });
        })(),
      ),
    );
};
