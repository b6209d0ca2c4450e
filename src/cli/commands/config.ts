import { configFlag, type Definition, examples, wantsJson, withFormat } from "./command.ts";

/** `config check`, its old name, and `config show`. */
export const config: Definition = (polygate, { ports, run }) => {
  const parent = polygate
    .command("config")
    .description("check the configuration, or show where each value comes from")
    .addHelpText(
      "after",
      examples(
        ["polygate config check", "is it good? what is wrong, and on which line?"],
        ["polygate config show", "every value and its source"],
      ),
    );
  for (const [above, name] of [
    [parent, "check"],
    [polygate, "check-config"],
  ] as const) {
    above
      .command(name, { hidden: name === "check-config" })
      .description("read and check the configuration as `serve` would, start nothing")
      .option(...configFlag)
      .addHelpText("after", examples(["polygate config check --config prod.yaml", "before it is rolled out"]))
      .action(async (options) => run((await import("../check-config.ts")).checkConfigCommand(options, ports)));
  }
  withFormat(
    parent
      .command("show")
      .argument("[key...]", "only keys that have this in their name, e.g. timeouts")
      .description("print every value of the configuration and where it comes from; secrets are not shown")
      .option("--set", "only what was set, no defaults", false)
      .option(...configFlag),
  )
    .addHelpText(
      "after",
      examples(
        ["polygate config show", "all of it"],
        ["polygate config show --set", "what the file, the environment and .env have set"],
        ["polygate config show timeouts --json", "a part, for programs"],
      ),
    )
    .action(async (only: readonly string[], flags) =>
      run(
        (await import("../show-config.ts")).showConfigCommand(
          { config: flags.config, only, set: flags.set, json: wantsJson(flags, ports) },
          ports,
        ),
      ),
    );
};
